#include "common/base/on_threads.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <latch>
#include <new>
#include <thread>

#include "common/base/check.h"

namespace unmask {
namespace {

TEST(OnThreads, IsThatManyAtATime) {
  for (const std::size_t threads : {0, 1, 4}) {
    const std::size_t expected = threads == 0 ? 1 : threads;
    std::latch all(static_cast<std::ptrdiff_t>(expected));
    std::atomic<std::size_t> calls = 0;
    OnThreads(threads, [&] {
      all.arrive_and_wait();
      ++calls;
    });
    EXPECT_EQ(calls, expected);
  }
}

TEST(OnThreads, ThrowsWhatAnotherThrewOnceAllAreDone) {
  const auto caller = std::this_thread::get_id();
  std::latch all(4);
  std::atomic<int> done = 0;
  const auto work = [&] {
    all.arrive_and_wait();
    ++done;
    if (std::this_thread::get_id() != caller) throw std::bad_alloc();
  };
  EXPECT_THROW(OnThreads(4, work), std::bad_alloc);
  EXPECT_EQ(done, 4);
}

// The stack of a thread that is not told another size.
class DefaultStack {
 public:
  explicit DefaultStack(std::size_t bytes) {
    UNMASK_CHECK(pthread_getattr_default_np(&before_) == 0);
    pthread_attr_t changed = before_;
    UNMASK_CHECK(pthread_attr_setstacksize(&changed, bytes) == 0);
    UNMASK_CHECK(pthread_setattr_default_np(&changed) == 0);
  }
  ~DefaultStack() { pthread_setattr_default_np(&before_); }
  DefaultStack(const DefaultStack&) = delete;
  DefaultStack& operator=(const DefaultStack&) = delete;

 private:
  pthread_attr_t before_{};
};

TEST(OnThreads, DoesTheWorkWhereNoThreadCanBeStarted) {
  const DefaultStack too_large(std::size_t{1} << 60);
  int calls = 0;
  OnThreads(4, [&] { ++calls; });
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace unmask

#include "common/base/on_threads.h"

#include <fmt/format.h>

#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "common/base/log.h"

namespace unmask {

void OnThreads(std::size_t threads, const std::function<void()>& work) {
  std::mutex mutex;
  std::exception_ptr first;
  const auto guarded = [&] {
    try {
      work();
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!first) first = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> others;  // joined at the end of this block
    try {
      while (others.size() + 1 < threads) others.emplace_back(guarded);
    } catch (const std::exception& error) {  // no thread, no memory: those that are there do it
      LogDebug(fmt::format("only {} threads: {}", others.size() + 1, error.what()));
    }
    guarded();
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace unmask

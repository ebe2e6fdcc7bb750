#include "coordinator/app/commit_thread.h"

#include <gtest/gtest.h>

#include <future>

namespace unmask {
namespace {

TEST(CommitThread, TellsWhatCameOfACommitOnce) {
  std::promise<void> done;
  CommitThread commits([&] { done.set_value(); });
  std::promise<void> begin;
  commits.Start([&]() -> Status {
    begin.get_future().wait();
    return InternalError("no room");
  });
  EXPECT_FALSE(commits.Result()) << "still at work";
  begin.set_value();
  done.get_future().wait();
  const auto result = commits.Result();
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->ok());
  EXPECT_FALSE(commits.Result());
}

TEST(CommitThread, WaitsOneAfterAnother) {
  CommitThread commits([] {});
  int ran = 0;
  for (int i = 1; i <= 100; ++i) {
    commits.Start([&]() -> Status {
      ++ran;
      return {};
    });
    EXPECT_TRUE(commits.Wait().ok());
    EXPECT_EQ(ran, i);
  }
}

TEST(CommitThread, EndsAfterTheCommitAtWork) {
  bool ran = false;
  {
    CommitThread commits([] {});
    commits.Start([&]() -> Status {
      ran = true;
      return {};
    });
  }
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace unmask

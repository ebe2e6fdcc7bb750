#include "coordinator/app/status_line.h"

#include <gtest/gtest.h>

namespace unmask {
namespace {

using std::chrono::seconds;

TEST(StatusLine, CountsOnlyThisRunInTheRate) {
  const RunProgress progress{.jobs = {.queued = 196, .running = 2, .done = 110}, .workers = 2};
  // 10 jobs in 5 s are 2 a second; 198 are left.
  EXPECT_EQ(FormatProgress(progress, 100, seconds(5)),
            "110/308 done, 2 running, 0 failed, 2 workers, 2.00 jobs/s, 99 s left");
}

TEST(StatusLine, SaysNoRateBeforeTheFirstJobIsDone) {
  const RunProgress progress{.jobs = {.queued = 204, .running = 1, .done = 100, .failed = 3},
                             .workers = 1};
  EXPECT_EQ(FormatProgress(progress, 100, seconds(5)),
            "100/308 done, 1 running, 3 failed, 1 worker");
}

// Its end would stand on a line of its own, which is not erased.
TEST(StatusLine, ATerminalThatIsTooNarrowCutsIt) {
  testing::internal::CaptureStderr();
  StatusLine line(StatusLine::Mode::kLive, Millis(0), 0);
  line.Update({.jobs = {.queued = 3}, .workers = 1}, Millis(0));
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_EQ(written, "\r\x1b[2K\x1b[?7l0/3 done, 0 running, 0 failed, 1 worker\x1b[?7h");
}

TEST(StatusLine, FailedJobsAreNotLeftToDo) {
  const RunProgress progress{.jobs = {.done = 9, .failed = 1}, .workers = 1};
  EXPECT_EQ(FormatProgress(progress, 0, seconds(9)),
            "9/10 done, 0 running, 1 failed, 1 worker, 1.00 jobs/s");
}

}  // namespace
}  // namespace unmask

#include "worker/agent/progress.h"

#include <gtest/gtest.h>

namespace unmask {
namespace {

constexpr HangLimits kLimits{};

TEST(ProgressTest, BeforeTheFirstStepTheLoadingLimitHolds) {
  const Progress progress{Millis(0)};
  EXPECT_FALSE(progress.Hung(kLimits, Millis(600'000)));
  EXPECT_TRUE(progress.Hung(kLimits, Millis(600'001)));
}

TEST(ProgressTest, ACheckpointEndsLoadingWhereNoHeartbeatToldOfSteps) {
  Progress progress{Millis(0)};
  progress.Wrote(Millis(1'000));
  EXPECT_FALSE(progress.Hung(kLimits, Millis(61'000)));
  EXPECT_TRUE(progress.Hung(kLimits, Millis(61'001)));
}

TEST(ProgressTest, FastStepsHaveTheFloor) {
  Progress progress{Millis(0)};
  for (int i = 1; i <= 10; ++i) progress.Report(i, i * 100, Millis(i * 1'000));
  EXPECT_EQ(progress.MedianStep(), Millis(10));
  EXPECT_FALSE(progress.Hung(kLimits, Millis(70'000)));
  EXPECT_TRUE(progress.Hung(kLimits, Millis(70'001)));
}

TEST(ProgressTest, SlowStepsHaveTwentyOfThem) {
  Progress progress{Millis(0)};
  for (int i = 1; i <= 5; ++i) {
    progress.Report(0, i, Millis(i * 10'000));
    progress.Report(0, i, Millis(i * 10'000 + 5'000));  // no news: changes nothing
  }
  EXPECT_EQ(progress.MedianStep(), Millis(10'000));
  EXPECT_FALSE(progress.Hung(kLimits, Millis(250'000)));
  EXPECT_TRUE(progress.Hung(kLimits, Millis(250'001)));
}

TEST(ProgressTest, AnOutlierDoesNotMoveTheMedian) {
  Progress progress{Millis(0)};
  Millis now{0};
  for (int i = 1; i <= 9; ++i) progress.Report(0, i, now += Millis(i == 5 ? 50'000 : 100));
  EXPECT_EQ(progress.MedianStep(), Millis(100));
}

TEST(ProgressTest, ACheckpointIsProgressToo) {
  Progress progress{Millis(0)};
  progress.Report(1, 10, Millis(100));
  progress.Moved(Millis(50'000));
  EXPECT_FALSE(progress.Hung(kLimits, Millis(100'000)));
  progress.Excuse(Millis(30'000));
  EXPECT_FALSE(progress.Hung(kLimits, Millis(140'000)));
  EXPECT_TRUE(progress.Hung(kLimits, Millis(140'001)));
}

}  // namespace
}  // namespace unmask

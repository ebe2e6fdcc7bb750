#include "common/base/time_text.h"

#include <gtest/gtest.h>

namespace unmask {
namespace {

TEST(TimeText, SaysDurationsInTheUnitThatReadsBest) {
  EXPECT_EQ(FormatDuration(0), "0 s");
  EXPECT_EQ(FormatDuration(0.001), "1 s");
  EXPECT_EQ(FormatDuration(99), "99 s");
  EXPECT_EQ(FormatDuration(100), "2 min");
  EXPECT_EQ(FormatDuration(99 * 60), "99 min");
  EXPECT_EQ(FormatDuration(125 * 60), "2 h 05 min");
}

TEST(TimeText, WallTimesAreMilliseconds) {
  EXPECT_EQ(ParseWallTime("1970-01-01T00:00:01.250Z"), 1250);
  EXPECT_EQ(ParseWallTime("2026-11-22T15:40:00.123Z"), 1795362000123);
  EXPECT_EQ(ParseWallTime("2000-02-29T00:00:00Z"), 951782400000);
  EXPECT_EQ(ParseWallTime("2001-02-29T00:00:00Z"), std::nullopt);
  EXPECT_EQ(ParseWallTime("2001-02-28T24:00:00Z"), std::nullopt);
  EXPECT_EQ(ParseWallTime("yesterday"), std::nullopt);
}

TEST(TimeText, ARateHasTwoDecimalsBelowTen) {
  EXPECT_EQ(RateText(0.456, 100), "0.46 jobs/s, 2 min left");
  EXPECT_EQ(RateText(9.5, std::nullopt), "9.50 jobs/s");
  EXPECT_EQ(RateText(1234.5, 3), "1234 jobs/s, 3 s left");
  EXPECT_EQ(RateText(std::nullopt, std::nullopt), "rate not measured yet");
}

}  // namespace
}  // namespace unmask

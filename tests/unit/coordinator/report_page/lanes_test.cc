#include "coordinator/report_page/lanes.h"

#include <gtest/gtest.h>

namespace unmask {
namespace {

SpanRow Span(std::int64_t epoch, std::int64_t worker, const char* start,
             std::optional<std::string> end) {
  SpanRow row;
  row.job_key = "abc";
  row.attempt.coordinator_epoch = epoch;
  row.attempt.worker = worker;
  row.attempt.host = "h";
  row.attempt.started_at = std::string("2026-11-22T") + start + "Z";
  if (end) row.attempt.ended_at = "2026-11-22T" + *end + "Z";
  return row;
}

TEST(Lanes, WallTimesAreMilliseconds) {
  EXPECT_EQ(ParseWallTime("1970-01-01T00:00:01.250Z"), 1250);
  EXPECT_EQ(ParseWallTime("2026-11-22T15:40:00.123Z"), 1795362000123);
  EXPECT_EQ(ParseWallTime("2000-02-29T00:00:00Z"), 951782400000);
  EXPECT_EQ(ParseWallTime("2001-02-29T00:00:00Z"), std::nullopt);
  EXPECT_EQ(ParseWallTime("yesterday"), std::nullopt);
}

TEST(Lanes, OverlappingAttemptsTakeSlots) {
  const std::vector<SpanRow> spans = {Span(1, 1, "10:00:00.000", "10:00:10.000"),
                                      Span(1, 1, "10:00:02.000", "10:00:04.000"),
                                      Span(1, 1, "10:00:05.000", "10:00:10.000")};
  const Lanes lanes = LayOutLanes(spans);
  ASSERT_EQ(lanes.workers.size(), 1U);
  const WorkerLane& lane = lanes.workers.front();
  EXPECT_EQ(lane.slots, 2U);
  EXPECT_EQ(lane.spans[0].slot, 0U);
  EXPECT_EQ(lane.spans[1].slot, 1U);
  EXPECT_EQ(lane.spans[2].slot, 1U);  // free again
  EXPECT_DOUBLE_EQ(lane.Utilisation(), 17.0 / 20.0);
}

TEST(Lanes, WhatStillRunsEndsWithItsRun) {
  const std::vector<SpanRow> spans = {Span(1, 1, "10:00:00.000", std::nullopt),
                                      Span(1, 2, "10:00:00.000", "10:00:08.000"),
                                      Span(2, 1, "11:00:00.000", "11:00:02.000")};
  const Lanes lanes = LayOutLanes(spans);
  ASSERT_EQ(lanes.runs.size(), 2U);
  ASSERT_EQ(lanes.workers.size(), 3U);
  EXPECT_EQ(lanes.workers[0].busy_ms, 8000);
  EXPECT_EQ(lanes.workers[2].epoch, 2);
  EXPECT_EQ(lanes.workers[2].busy_ms, 2000);
}

TEST(Lanes, AnAttemptEndedByTheNextCoordinatorEndsWithItsOwn) {
  const std::vector<SpanRow> spans = {Span(1, 1, "10:00:00.000", "11:00:00.000"),
                                      Span(2, 1, "10:30:00.000", "10:30:02.000")};
  const Lanes lanes = LayOutLanes(spans);
  EXPECT_EQ(lanes.workers[0].busy_ms, 30 * 60 * 1000);
}

}  // namespace
}  // namespace unmask

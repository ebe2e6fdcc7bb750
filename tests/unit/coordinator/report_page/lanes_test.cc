#include "coordinator/report_page/lanes.h"

#include <gtest/gtest.h>

#include "common/base/time_text.h"

namespace unmask {
namespace {

SpanRow Span(std::int64_t epoch, std::int64_t worker, const char* start,
             std::optional<std::string> end) {
  SpanRow row;
  row.job_key = "abc";
  row.attempt.coordinator_epoch = epoch;
  row.attempt.worker = worker;
  row.attempt.host = "h";
  row.attempt.first_epoch = 0;
  row.attempt.started_at = std::string("2026-11-22T") + start + "Z";
  if (end) row.attempt.ended_at = "2026-11-22T" + *end + "Z";
  return row;
}

SpanRow Done(const char* job, std::int64_t slots, const char* leased, const char* end) {
  SpanRow row = Span(1, 1, leased, end);
  row.job_key = job;
  row.slots = slots;
  row.attempt.outcome = AttemptOutcome::kDone;
  return row;
}

JobRow Took(const char* job, double seconds) {
  JobRow row;
  row.job_key = job;
  row.seconds = seconds;
  return row;
}

std::pair<std::int64_t, std::int64_t> Times(const LaneSpan& span) {  // since 10:00
  const std::int64_t ten = *ParseWallTime("2026-11-22T10:00:00Z");
  return {span.start_ms - ten, span.end_ms - ten};
}

TEST(Lanes, OverlappingAttemptsTakeSlots) {
  const std::vector<SpanRow> spans = {Span(1, 1, "10:00:00.000", "10:00:10.000"),
                                      Span(1, 1, "10:00:02.000", "10:00:04.000"),
                                      Span(1, 1, "10:00:05.000", "10:00:10.000")};
  const Lanes lanes = LayOutLanes(spans, {});
  ASSERT_EQ(lanes.workers.size(), 1U);
  const WorkerLane& lane = lanes.workers.front();
  EXPECT_EQ(lane.slots, 2U);
  EXPECT_EQ(lane.spans[0].slot, 0U);
  EXPECT_EQ(lane.spans[1].slot, 1U);
  EXPECT_EQ(lane.spans[2].slot, 1U);  // free again
  EXPECT_EQ(lane.busy_ms, 17000);
  EXPECT_EQ(lane.present_ms, 10000);
}

TEST(Lanes, WhatStillRunsEndsWithItsRun) {
  const std::vector<SpanRow> spans = {Span(1, 1, "10:00:00.000", std::nullopt),
                                      Span(1, 2, "10:00:00.000", "10:00:08.000"),
                                      Span(2, 1, "11:00:00.000", "11:00:02.000")};
  const Lanes lanes = LayOutLanes(spans, {});
  ASSERT_EQ(lanes.runs.size(), 2U);
  ASSERT_EQ(lanes.workers.size(), 3U);
  EXPECT_EQ(lanes.workers[0].busy_ms, 8000);
  EXPECT_EQ(lanes.workers[2].epoch, 2);
  EXPECT_EQ(lanes.workers[2].busy_ms, 2000);
}

TEST(Lanes, AnAttemptEndedByTheNextCoordinatorEndsWithItsOwn) {
  const std::vector<SpanRow> spans = {Span(1, 1, "10:00:00.000", "11:00:00.000"),
                                      Span(2, 1, "10:30:00.000", "10:30:02.000")};
  const Lanes lanes = LayOutLanes(spans, {});
  EXPECT_EQ(lanes.workers[0].busy_ms, 30 * 60 * 1000);
}

TEST(Lanes, WaitingForASlotIsNoWork) {
  const std::vector<SpanRow> spans = {Done("a", 2, "10:00:00.000", "10:00:04.000"),
                                      Done("b", 2, "10:00:00.000", "10:00:05.000"),
                                      Done("c", 2, "10:00:01.000", "10:00:08.000")};
  const std::vector<JobRow> jobs = {Took("a", 4), Took("b", 4.5), Took("c", 3.5)};
  const Lanes lanes = LayOutLanes(spans, jobs);
  const WorkerLane& lane = lanes.workers.at(0);
  EXPECT_EQ(lane.slots, 2U);
  EXPECT_EQ(lane.spans[2].slot, 0U);
  EXPECT_EQ(Times(lane.spans[2]), std::pair(4500L, 8000L));
  EXPECT_EQ(lane.busy_ms, 12000);
  EXPECT_EQ(lane.present_ms, 8000);
}

TEST(Lanes, ResultsOfOneCommitFollowOneAnother) {
  const std::vector<SpanRow> spans = {
      Done("a", 1, "10:00:00.000", "10:00:01.000"), Done("b", 1, "10:00:00.100", "10:00:01.000"),
      Done("c", 1, "10:00:00.200", "10:00:01.000"), Done("d", 1, "10:00:00.900", "10:00:01.000")};
  const std::vector<JobRow> jobs = {Took("a", 0.3), Took("b", 0.2), Took("c", 0.1), Took("d", 0)};
  const Lanes lanes = LayOutLanes(spans, jobs);
  const WorkerLane& lane = lanes.workers.at(0);
  EXPECT_EQ(lane.slots, 1U);
  EXPECT_EQ(Times(lane.spans[0]), std::pair(400L, 700L));
  EXPECT_EQ(Times(lane.spans[1]), std::pair(700L, 900L));
  EXPECT_EQ(Times(lane.spans[2]), std::pair(900L, 1000L));
  EXPECT_EQ(lane.busy_ms, 600);
}

// A checkpoint was resumed, and its attempt leased ahead: how long it worked nobody says.
TEST(Lanes, WhatIsNotKnownBeginsWhenASlotIsFree) {
  std::vector<SpanRow> spans = {Done("a", 1, "10:00:00.000", "10:00:04.000"),
                                Done("b", 1, "10:00:01.000", "10:00:06.000"),
                                Done("c", 1, "10:00:01.000", "10:00:09.000")};
  spans[1].attempt.first_epoch = 3;
  const Lanes lanes = LayOutLanes(spans, {Took("a", 3), Took("b", 5), Took("c", 2)});
  const WorkerLane& lane = lanes.workers.at(0);
  EXPECT_EQ(lane.slots, 1U);
  EXPECT_EQ(Times(lane.spans[1]), std::pair(4000L, 6000L));
  EXPECT_EQ(lane.busy_ms, 7000);
}

TEST(Lanes, WhatIsNotKnownIsNotCutShort) {
  const std::vector<SpanRow> spans = {Span(1, 1, "10:00:00.000", "10:01:00.000"),
                                      Done("b", 1, "10:00:30.000", "10:00:31.000")};
  const Lanes lanes = LayOutLanes(spans, {Took("b", 1)});
  EXPECT_EQ(lanes.workers.at(0).slots, 2U);
  EXPECT_EQ(lanes.workers.at(0).busy_ms, 61000);
}

// Leased ahead of a slot, and given back or still waiting.
TEST(Lanes, WhatNeverBeganIsNoWork) {
  std::vector<SpanRow> spans = {Done("a", 1, "10:00:00.000", "10:00:08.000"),
                                Span(1, 1, "10:00:00.000", "10:00:06.000"),
                                Span(1, 1, "10:00:00.000", std::nullopt)};
  for (std::size_t i : {1U, 2U}) spans[i].attempt.first_epoch = std::nullopt;
  spans[1].attempt.outcome = AttemptOutcome::kYielded;
  const Lanes lanes = LayOutLanes(spans, {Took("a", 8)});
  const WorkerLane& lane = lanes.workers.at(0);
  EXPECT_EQ(lane.slots, 1U);
  EXPECT_EQ(lane.busy_ms, 8000);
  EXPECT_EQ(lane.present_ms, 8000);
  EXPECT_EQ(lane.spans.size(), 3U);  // a trace has a span for each
}

TEST(Lanes, ASpanNeverBeginsBeforeItsLease) {
  const std::vector<SpanRow> spans = {Done("a", 1, "10:00:01.000", "10:00:02.000")};
  const Lanes lanes = LayOutLanes(spans, {Took("a", 5)});
  EXPECT_EQ(Times(lanes.workers.at(0).spans[0]), std::pair(1000L, 2000L));
}

TEST(Lanes, SecondsOfAnotherAttemptAreNotItsOwn) {
  std::vector<SpanRow> spans = {Done("a", 1, "10:00:00.000", "10:00:08.000"),
                                Done("b", 1, "10:00:10.000", "10:00:18.000")};
  spans[0].attempt.first_epoch = 3;  // from a checkpoint
  spans[1].attempt.outcome = AttemptOutcome::kLost;
  const Lanes lanes = LayOutLanes(spans, {Took("a", 2), Took("b", 2)});
  EXPECT_EQ(lanes.workers.at(0).busy_ms, 16000);
}

}  // namespace
}  // namespace unmask

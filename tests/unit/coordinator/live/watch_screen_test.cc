#include "coordinator/live/watch_screen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/display_width.h"

namespace unmask {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

LivePoint Point(const std::string& label, const std::string& folds, LiveScore score) {
  LivePoint point;
  point.experiment = "dsid";
  point.label = label;
  point.folds = folds;
  point.folds_total = static_cast<std::int64_t>(folds.size());
  point.folds_done = std::ranges::count(folds, kFoldDone);
  point.folds_dead = std::ranges::count(folds, kFoldDead);
  point.scores = {score};
  return point;
}

LiveSnapshot Sample() {
  LiveSnapshot snapshot;
  snapshot.sweep = "demo-1";
  snapshot.jobs = {.queued = 4, .running = 1, .done = 6, .failed = 1, .quarantined = 0};
  snapshot.subjects = {"01", "02", "03", "04"};
  snapshot.points = {Point("alpha 0", "####", {Task::kTer, 254, 648}),
                     Point("alpha 1", "##>x", {Task::kTer, 20, 60}),
                     Point("alpha 2", "....", {Task::kTer, 0, 0})};
  LiveWorker worker;
  worker.id = 2;
  worker.host = "node\x1b[31m";
  LiveJob& job = worker.jobs.emplace_back();
  job.experiment = "dsid";
  job.label = "alpha 1";
  job.held_out = "03";
  job.seconds = 61;
  job.started = true;
  snapshot.workers = {worker};
  LiveFailure failure;
  failure.experiment = "dsid";
  failure.label = "alpha 1";
  failure.held_out = "04";
  failure.error_class = "nan";
  failure.message = "loss is\x1b[2J nan";
  failure.at = "2026-11-22T15:40:00.123Z";
  failure.job_state = "failed";
  snapshot.failures = {failure};
  return snapshot;
}

TEST(WatchScreen, ShowsPointsWorkersAndFailures) {
  const ScreenShape shape{.columns = 80, .rows = 24, .color = false, .unicode = false};
  EXPECT_THAT(
      DrawScreen(Sample(), shape),
      ElementsAre("demo-1  rate not measured yet",
                  "########################################xxxxxx>>>>>>>..........................",
                  "6 of 12 done, 1 failed, 1 running, 4 queued", "",
                  "dsid alpha 0 ####     4/4  TER .392 [.355, .430]  ",
                  // Never a figure that looks final.
                  "dsid alpha 1 ##>x     2/4  TER      [.227, .459]  ",
                  "dsid alpha 2 ....     0/4  TER -                  ", "",
                  "worker 2 on node\\x1b[31m: dsid alpha 1, held out 03, 61 s", "",
                  "15:40:00 nan: dsid alpha 1, held out 04, now failed: loss is\\x1b[2J nan"));
}

TEST(WatchScreen, AShortenedLabelKeepsThePointAndTheMark) {
  LiveSnapshot snapshot = Sample();
  snapshot.points[0].experiment = "an-experiment-with-a-rather-long-name";
  snapshot.points[0].leaky = true;
  const std::string line = DrawScreen(snapshot, {60, 24, false, true}).at(4);
  EXPECT_THAT(line, testing::StartsWith("an-"));
  EXPECT_THAT(line, HasSubstr("alpha 0 LEAKY "));
}

// The paper's study on a terminal of the usual width.
TEST(WatchScreen, AnAccuracyIsWorthMoreThanALongLabel) {
  LiveSnapshot snapshot = Sample();
  snapshot.subjects.assign(22, "01");
  snapshot.points = {
      Point("alpha 0.5, beta 0.1", std::string(22, kFoldDone), {Task::kTer, 254, 648})};
  EXPECT_THAT(DrawScreen(snapshot, {80, 24, false, true}).at(4),
              testing::AllOf(HasSubstr("TER .392 [.355, .430]"), HasSubstr("beta 0.1 ")));
}

// Whatever the window: nothing wraps, nothing scrolls.
TEST(WatchScreen, FitsEveryWindow) {
  LiveSnapshot snapshot = Sample();
  for (int i = 0; i < 60; ++i) snapshot.points.push_back(snapshot.points[i % 3]);
  for (int i = 0; i < 30; ++i) snapshot.workers.push_back(snapshot.workers[0]);
  snapshot.points[5].label = "感情 かくれた 表情 の とても 長い 名前 を もつ 点";
  for (int columns = 20; columns < 200; columns += 7) {
    for (int rows = 4; rows < 60; rows += 5) {
      const auto lines = DrawScreen(snapshot, {columns, rows, false, true});
      EXPECT_LT(static_cast<int>(lines.size()), rows);
      EXPECT_GE(lines.size(), 3U);
      for (const std::string& line : lines) {
        EXPECT_LT(DisplayWidth(line), columns) << columns << "x" << rows << ": " << line;
      }
    }
  }
}

TEST(WatchScreen, WhatRunsOrFailedIsKeptLongest) {
  LiveSnapshot snapshot = Sample();
  snapshot.workers.clear();
  snapshot.failures.clear();
  for (int i = 0; i < 60; ++i) snapshot.points.insert(snapshot.points.begin(), snapshot.points[0]);
  std::string all;
  for (const auto& line : DrawScreen(snapshot, {80, 8, false, false})) all += line + "\n";
  EXPECT_THAT(all, HasSubstr("alpha 1 ##>x"));
  EXPECT_THAT(all, HasSubstr("and 60 more points"));
}

TEST(WatchScreen, ColourIsOnlyAddedWhenAskedFor) {
  const auto has_escape = [](const std::vector<std::string>& lines) {
    return std::ranges::any_of(
        lines, [](const std::string& line) { return line.find('\x1b') != std::string::npos; });
  };
  EXPECT_FALSE(has_escape(DrawScreen(Sample(), {80, 24, false, true})));
  EXPECT_TRUE(has_escape(DrawScreen(Sample(), {80, 24, true, true})));
}

TEST(WatchScreen, SaysWhatHasNotStarted) {
  LiveSnapshot snapshot = Sample();
  LiveWorker& worker = snapshot.workers[0];
  LiveJob& job = worker.jobs[0];
  const auto line = [&] { return DrawScreen(snapshot, {80, 24, false, false}).at(8); };
  job.started = false;
  EXPECT_THAT(line(), HasSubstr(", 61 s, loading or next"));  // the store knows no slots
  worker.slots = 1;
  EXPECT_THAT(line(), testing::EndsWith(", 61 s, loading"));
  job.next = true;
  EXPECT_THAT(line(), testing::EndsWith(", 61 s, next"));
}

TEST(WatchScreen, AFeatureJobHoldsOutNobody) {
  LiveSnapshot snapshot = Sample();
  LiveJob& job = snapshot.workers[0].jobs[0];
  LiveFailure& failure = snapshot.failures[0];
  job.experiment = job.label = job.held_out = "";
  failure.experiment = failure.label = failure.held_out = "";
  const auto lines = DrawScreen(snapshot, {80, 24, false, false});
  EXPECT_EQ(lines.at(8), "worker 2 on node\\x1b[31m: features, 61 s");
  EXPECT_THAT(lines.at(10), HasSubstr("nan: features, now failed: "));
}

TEST(WatchScreen, SaysWhenNobodyWorks) {
  LiveSnapshot snapshot = Sample();
  snapshot.jobs_per_second = 0.5;
  snapshot.eta_seconds = 100;
  EXPECT_THAT(DrawScreen(snapshot, {})[0], HasSubstr("0.50 jobs/s, 2 min left"));
  snapshot.phase = LivePhase::kUnattended;
  EXPECT_THAT(DrawScreen(snapshot, {})[0], HasSubstr("nobody works on it"));
  EXPECT_THAT(DrawScreen(snapshot, {})[0], Not(HasSubstr("left")));
  snapshot.left_by = StoreLock::Owner{"node17", 123, "another", "", 0};
  EXPECT_THAT(DrawScreen(snapshot, {.columns = 120})[0],
              HasSubstr("left locked by process 123 on host node17"));
}

}  // namespace
}  // namespace unmask

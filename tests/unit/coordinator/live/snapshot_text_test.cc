#include "coordinator/live/snapshot_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>

namespace unmask {
namespace {

using testing::HasSubstr;

LiveSnapshot Sample() {
  LiveSnapshot snapshot;
  snapshot.sweep = "s\"-\\1";
  snapshot.at = "2026-11-22T15:40:00.123Z";
  snapshot.jobs = {.queued = 3, .running = 1, .done = 2, .failed = 1, .quarantined = 0};
  snapshot.subjects = {"01", "<b>\xff"};
  LivePoint point;
  point.experiment = "dsid";
  point.point = "{}";
  point.folds = "#.";
  point.folds_total = 2;
  point.folds_done = 1;
  point.scores = {{Task::kTer, 254, 648}, {Task::kDer, 0, 0}};
  snapshot.points = {point};
  LiveWorker worker;
  worker.id = 1;
  worker.slots = 2;
  worker.jobs.emplace_back().epoch = 7;
  LiveWorker lost = worker;
  lost.lost = true;
  snapshot.workers = {worker, lost};
  snapshot.failed_attempts = {{"killed", 2}};
  snapshot.jobs_per_second = 0.5;
  snapshot.eta_seconds = 8;
  return snapshot;
}

TEST(SnapshotText, JsonHasTheFiguresAndTheirInterval) {
  const auto json = nlohmann::json::parse(SnapshotJson(Sample()));
  EXPECT_EQ(json["jobs"]["total"], 7);
  EXPECT_EQ(json["phase"], "running");
  EXPECT_EQ(json["points"][0]["folds"], "#.");
  EXPECT_EQ(json["points"][0]["complete"], false);
  const auto& ter = json["points"][0]["scores"][0];
  EXPECT_EQ(ter["k"], 254);
  EXPECT_NEAR(ter["wilson_low"].get<double>(), 0.355, 0.001);  // the paper's cell
  EXPECT_NEAR(ter["wilson_high"].get<double>(), 0.430, 0.001);
  EXPECT_FALSE(json["points"][0]["scores"][1].contains("accuracy"));  // nothing to divide by
  EXPECT_EQ(json["subjects"][1], "<b>\xEF\xBF\xBD");
  EXPECT_EQ(json["workers"][0]["jobs"][0]["epoch"], 7);
  EXPECT_TRUE(json["workers"][0]["jobs"][0]["epoch_max"].is_null());
}

TEST(SnapshotText, MetricsFollowPrometheusTextFormat) {
  const std::string text = SnapshotMetrics(Sample());
  EXPECT_THAT(text, HasSubstr("unmask_jobs{sweep=\"s\\\"-\\\\1\",state=\"queued\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("unmask_workers{sweep=\"s\\\"-\\\\1\"} 1\n"));  // the lost one not
  EXPECT_THAT(text, HasSubstr("unmask_worker_slots_busy{sweep=\"s\\\"-\\\\1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("class=\"killed\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("unmask_eta_seconds"));
  static const std::regex kLine(
      R"-(# (HELP|TYPE) unmask_[a-z_]+ .+|unmask_[a-z_]+\{([a-z]+="([^"\\]|\\.)*",?)+\} [0-9.]+)-");
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t end = text.find('\n', from);
    const std::string line = text.substr(from, end - from);
    EXPECT_TRUE(std::regex_match(line, kLine)) << line;
    from = end + 1;
  }
}

TEST(SnapshotText, WhatIsLeasedAheadKeepsNoSlotBusy) {
  LiveSnapshot snapshot = Sample();
  snapshot.workers[0].jobs.resize(3);
  snapshot.workers[0].jobs[2].next = true;
  EXPECT_THAT(SnapshotMetrics(snapshot),
              HasSubstr("unmask_worker_slots_busy{sweep=\"s\\\"-\\\\1\"} 2\n"));
  const auto json = nlohmann::json::parse(SnapshotJson(snapshot));
  EXPECT_EQ(json["workers"][0]["busy"], 2);
  EXPECT_EQ(json["workers"][0]["jobs"][1]["next"], false);
  EXPECT_EQ(json["workers"][0]["jobs"][2]["next"], true);
}

TEST(SnapshotText, MetricsLeaveOutWhatIsNotKnown) {
  LiveSnapshot snapshot = Sample();
  snapshot.jobs_per_second.reset();
  snapshot.eta_seconds.reset();
  const std::string text = SnapshotMetrics(snapshot);
  EXPECT_EQ(text.find("eta"), std::string::npos);
  EXPECT_EQ(text.find("per_second"), std::string::npos);
}

}  // namespace
}  // namespace unmask

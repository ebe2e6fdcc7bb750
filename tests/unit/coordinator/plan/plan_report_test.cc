#include "coordinator/plan/plan_report.h"

#include <gtest/gtest.h>

#include "common/config/study.h"
#include "common/data/dataset.h"

namespace unmask {
namespace {

constexpr char kStudy[] = R"(
dataset.synth: 4
model: {adapter: 10, stream: 3}
grid: {alpha: [0, 1]}
experiments:
  dsid: {}
  no-hsic: {grid: false, loss.alpha: 0}
  one: {grid: false, model.kind: single-task}
)";

PlanOutput Plan(const std::vector<std::string>& overrides = {}) {
  auto study = ParseStudy(kStudy, "s.yaml", overrides);
  EXPECT_TRUE(study.ok());
  auto plan = MakePlan(*study, {});
  EXPECT_TRUE(plan.ok());
  return *std::move(plan);
}

std::int64_t BlobBytes(const PlanOutput& output) {
  std::int64_t bytes = 0;
  for (const auto& [sha256, blob] : output.blobs) bytes += static_cast<std::int64_t>(blob.size());
  return bytes;
}

TEST(PlanReportTest, CountsDistinctSharedAndFinished) {
  const PlanOutput output = Plan();
  StoreHistory history;
  history.done = {output.plan.jobs[0].key, output.plan.jobs[5].key, "another sweep's job"};
  const PlanReport report = ReportPlan(output, history);
  EXPECT_EQ(report.folds, 16);
  EXPECT_EQ(report.jobs, 12);
  EXPECT_EQ(report.shared, 4);
  EXPECT_EQ(report.done, 2);
  EXPECT_EQ(report.kinds.at("train").jobs, 12);
  EXPECT_EQ(report.kinds.at("train").done, 2);
  EXPECT_EQ(report.remaining, 10);
  EXPECT_FALSE(report.remaining_seconds);
}

TEST(PlanReportTest, WhatHasFailedWaits) {
  const PlanOutput output = Plan();
  StoreHistory history;
  history.dead = {output.plan.jobs[0].key, "another sweep's job"};
  EXPECT_EQ(ReportPlan(output, history).dead, 1);
  EXPECT_EQ(ReportPlan(output, history).remaining, 11);
  for (const PlannedJob& job : output.plan.jobs) history.dead.insert(job.key);
  EXPECT_EQ(ReportPlan(output, history).remaining, 0);
  EXPECT_EQ(ReportPlan(output, history).remaining_bytes, 0);
}

TEST(PlanReportTest, TimeComesFromJobsThatAreAlike) {
  const PlanOutput output = Plan();
  StoreHistory history;
  history.paces[PaceKey(output.plan.jobs.front().spec)] = 2;
  const PlanReport some = ReportPlan(output, history);
  EXPECT_FALSE(some.remaining_seconds);  // no single task measured
  EXPECT_EQ(some.least_seconds, 8 * 2.0);
  EXPECT_EQ(some.unlike, 4);
  history.paces[PaceKey(output.plan.jobs.back().spec)] = 0.5;
  EXPECT_EQ(ReportPlan(output, history).remaining_seconds, 8 * 2.0 + 4 * 0.5);
  for (const PlannedJob& job : output.plan.jobs) history.done.insert(job.key);
  EXPECT_EQ(ReportPlan(output, history).remaining_seconds, 0);
  EXPECT_EQ(ReportPlan(output, history).remaining_bytes, 0);
}

TEST(PlanReportTest, JobsOfAnotherSizeAreNotAlike) {
  StoreHistory history;
  for (const PlannedJob& job : Plan().plan.jobs) history.paces[PaceKey(job.spec)] = 0.01;
  EXPECT_TRUE(ReportPlan(Plan({"seeds=7", "grid.alpha=2", "train.lr=0.1"}), history)
                  .remaining_seconds.has_value());
  for (const char* larger : {"train.max_epochs=9", "model.adapter=11", "model.stream=4",
                             "train.batch=3", "train.engine=reference", "dataset.synth=5"}) {
    EXPECT_FALSE(ReportPlan(Plan({larger}), history).remaining_seconds) << larger;
  }
}

// Worked out by hand: a Linear has in * out + out floats, a BatchNorm four for each output.
TEST(PlanReportTest, BytesAreThoseOfTheParameters) {
  const auto inputs = static_cast<std::int64_t>(FacsVocabulary().size());
  const std::int64_t trunk = inputs * 10 + 10 + 40;
  const std::int64_t stream = 10 * 3 + 3 + 12;
  const std::int64_t head = 3 * 6 + 6;
  const std::int64_t dsid = 4 * (trunk + 2 * (stream + head));
  const std::int64_t one = 4 * (trunk + stream + head);
  const PlanOutput output = Plan();
  const PlanReport report = ReportPlan(output, {});
  const PlanReport bare = ReportPlan(Plan({"store.keep=none"}), {});
  EXPECT_EQ(report.remaining_bytes, bare.remaining_bytes + 8 * dsid + 4 * one);
  EXPECT_EQ(report.checkpoint_bytes, 2 * 4 * dsid);
}

std::int64_t BytesBesideBlobs(const std::vector<std::string>& overrides,
                              const StoreHistory& history = {}) {
  std::vector<std::string> all = overrides;
  all.emplace_back("store.keep=none");
  const PlanOutput output = Plan(all);
  return ReportPlan(output, history).remaining_bytes - BlobBytes(output);
}

// Eight jobs of two tasks and four of one, each with two splits but where nothing validates.
TEST(PlanReportTest, RowsAreThoseOfTheEpochsThatAreLikely) {
  const std::int64_t eight = BytesBesideBlobs({"train.max_epochs=8"});
  constexpr double kEpoch = 1.2 * 20 * 30;  // of one split, in all jobs
  const auto expect_epochs = [&](const std::vector<std::string>& overrides, double more) {
    EXPECT_NEAR(static_cast<double>(BytesBesideBlobs(overrides) - eight), more * kEpoch, 12);
  };
  expect_epochs({"train.max_epochs=9"}, 2);
  expect_epochs({}, 2 * 92);  // twice the patience
  expect_epochs({"train.patience=200"}, 2 * 192);
  EXPECT_LT(BytesBesideBlobs({"train.validation=none"}), BytesBesideBlobs({"train.patience=200"}));
}

TEST(PlanReportTest, RowsAreThoseOfTheClipsThatAreHeldOut) {
  const PlanOutput output = Plan();
  const auto clips = static_cast<double>(output.datasets.begin()->second.clips.size());
  const double predictions = clips * (12 * 6 + 2) + 4 * 2 * 6 * 6;  // in each of the tasks' columns
  const double curves = 4 * 2 * (50 + 30 * 8);
  // A fold is of one subject, so all folds of a point predict every clip once.
  EXPECT_NEAR(static_cast<double>(BytesBesideBlobs({"train.max_epochs=8"})),
              200'000 + 12 * 1'200 + 1.2 * 5 * (predictions + curves), 12);
}

TEST(PlanReportTest, AStoreIsMadeOnce) {
  StoreHistory history;
  const std::int64_t fresh = BytesBesideBlobs({}, history);
  history.done = {"another sweep's job"};
  EXPECT_EQ(BytesBesideBlobs({}, history), fresh - 200'000);
}

TEST(PlanReportTest, JsonHasTheCountsAndTheResolvedConfiguration) {
  const PlanOutput output = Plan({"train.batch=8"});
  const nlohmann::json json = PlanReportJson(output, ReportPlan(output, {}));
  EXPECT_EQ(json["sweep"], output.plan.sweep);
  EXPECT_EQ(json["jobs"], 12);
  EXPECT_EQ(json["remaining"], 12);
  EXPECT_TRUE(json["remaining_seconds"].is_null());
  EXPECT_EQ(json["config"]["experiments"]["dsid"]["train"]["batch"], 8);
}

}  // namespace
}  // namespace unmask

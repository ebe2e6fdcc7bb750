#include <SQLiteCpp/Database.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "tests/testing/store_env.h"

namespace unmask {
namespace {

class Collector final : public RowSink {
 public:
  void Columns(const std::vector<std::string>& names) override { columns = names; }
  void Row(const std::vector<SqlValue>& values) override { rows.push_back(values); }
  std::vector<std::string> columns;
  std::vector<std::vector<SqlValue>> rows;
};

// Two sweeps that share the jobs of alpha 0.5; the first has alpha 1 besides.
class ReportReads : public ::testing::Test {
 protected:
  ReportReads() {
    env.Register(big);
    env.Register(small);
    env.FinishAll(big);
  }

  StoreEnv env;
  SweepPlan big = MakeTestPlan("big-00000001", {{.alphas = {0.5, 1}}});
  SweepPlan small = MakeTestPlan("small-00000002", {{.alphas = {0.5}}});
};

TEST_F(ReportReads, PredictionsAreOfTheSweepAlone) {
  const auto reader = env.Reader();
  const auto all = reader->Predictions(big.sweep);
  const auto some = reader->Predictions(small.sweep);
  ASSERT_TRUE(all.ok() && some.ok());
  EXPECT_EQ(all->rows.size(), 12U);  // 2 alphas, 3 folds, 2 tasks
  EXPECT_EQ(some->rows.size(), 6U);
  EXPECT_EQ(some->folds.size(), 3U);  // both tasks have the same clips and labels here
  for (const PredictionRow& row : some->rows) {
    const FoldContent& fold = some->folds.at(row.fold);
    EXPECT_EQ(fold.classes, (std::vector<std::string>{"an", "ha"}));
    EXPECT_EQ(fold.labels, (std::vector<std::int32_t>{0, 1}));
    EXPECT_EQ(row.predicted, (std::vector<std::int32_t>{0, 0}));
    EXPECT_EQ(fold.samples.size(), 2U);
    EXPECT_TRUE(std::ranges::any_of(small.jobs, [&](const auto& job) {
      return job.key == row.job_key && fold.samples.front() == job.spec.held_out + "_a";
    }));
  }
}

TEST_F(ReportReads, PredictionsOfSomeJobs) {
  const auto reader = env.Reader();
  const auto all = reader->Predictions(big.sweep);
  const auto shared = reader->Predictions(small.sweep);
  ASSERT_TRUE(all.ok() && shared.ok());
  std::set<std::string> keys;
  for (const auto& job : small.jobs) keys.insert(job.key);
  const auto some = reader->Predictions(big.sweep, keys);
  ASSERT_TRUE(some.ok());
  const auto named = [](const SweepPredictions& predictions) {
    std::set<std::tuple<std::string, Task, std::int64_t, std::vector<std::int32_t>>> rows;
    for (const PredictionRow& row : predictions.rows) {
      rows.emplace(row.job_key, row.task, row.fold, row.predicted);
    }
    return rows;
  };
  EXPECT_EQ(named(*some), named(*shared));
  EXPECT_EQ(some->rows.size(), 6U);
  EXPECT_EQ(some->folds.size(), 3U);
  for (const auto& job : big.jobs) keys.insert(job.key);
  EXPECT_EQ(named(*reader->Predictions(big.sweep, keys)), named(*all));
  EXPECT_EQ(reader->Predictions(small.sweep, keys)->rows.size(), 6U);  // of the sweep all the same
  EXPECT_TRUE(reader->Predictions(big.sweep, std::set<std::string>())->rows.empty());
}

// As a disk or a hand left them: one line, no crash.
TEST_F(ReportReads, AnswersThatDoNotFitTheirClipsAreDamage) {
  for (const char* damage :
       {"UPDATE answer SET ter_predicted='[99,0]'", "UPDATE answer SET ter_predicted='[0]'",
        "UPDATE fold SET samples='[]'", "UPDATE fold SET labels='[-1,0]'"}) {
    StoreEnv store;
    store.Register(big);
    store.FinishAll(big);
    SQLite::Database(store.paths().database().string(), SQLite::OPEN_READWRITE).exec(damage);
    const auto read = store.Reader()->Predictions(big.sweep);
    ASSERT_FALSE(read.ok()) << damage;
    EXPECT_NE(FormatError(read.error()).find("do not fit its clips"), std::string::npos) << damage;
  }
  SQLite::Database(env.paths().database().string(), SQLite::OPEN_READWRITE)
      .exec("UPDATE answer SET ter_confusion='[1]', ter_logits='[[n'");
  const auto folds = env.Reader()->Folds(big.sweep);
  ASSERT_FALSE(folds.ok());
  EXPECT_EQ(folds.error().code, ErrorCode::kData);
  EXPECT_TRUE(env.Reader()->ResultOf(big.jobs.front().key).ok());  // no logit is read past the end
}

TEST_F(ReportReads, TasksOfAJobWithDifferentClipsAreDamage) {
  SQLite::Database database(env.paths().database().string(), SQLite::OPEN_READWRITE);
  database.exec(R"(INSERT INTO fold VALUES (99, 'x', '["an"]', '["02_a"]', '[0]'))");
  database.exec(
      "UPDATE answer SET der_fold = 99, der_predicted = '[0]' WHERE job_id ="
      " (SELECT job_id FROM answer ORDER BY job_id LIMIT 1)");
  const auto read = env.Reader()->Predictions(big.sweep);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, ErrorCode::kData);
  EXPECT_NE(FormatError(read.error()).find("different clips"), std::string::npos);
}

// What SQLite ended by itself is not ended once more, and the next snapshot is a new one.
TEST_F(ReportReads, ASnapshotTellsTheErrorOfItsBody) {
  const auto reader = env.Reader();
  const Status status = reader->InSnapshot([]() -> Status { throw std::runtime_error("odd row"); });
  ASSERT_FALSE(status.ok());
  EXPECT_NE(FormatError(status.error()).find("odd row"), std::string::npos);
  EXPECT_TRUE(reader->InSnapshot([] { return Status(); }).ok());
}

TEST_F(ReportReads, CurvesComeInThePlansOrder) {
  std::vector<std::string> keys;
  const auto reader = env.Reader();
  ASSERT_TRUE(reader
                  ->ForEachCurve(small.sweep,
                                 [&](const std::string& key, const auto& points) {
                                   keys.push_back(key);
                                   EXPECT_EQ(points.size(), 12U);  // 3 epochs, 2 tasks, 2 splits
                                 })
                  .ok());
  std::vector<std::string> planned;
  planned.reserve(small.jobs.size());
  for (const PlannedJob& job : small.jobs) planned.push_back(job.key);
  EXPECT_EQ(keys, planned);
}

TEST_F(ReportReads, SpansKnowTheirWorker) {
  const auto reader = env.Reader();
  const auto spans = reader->Spans(small.sweep);
  ASSERT_TRUE(spans.ok());
  ASSERT_EQ(spans->size(), 3U);
  EXPECT_EQ(spans->front().slots, 2);
  EXPECT_EQ(spans->front().attempt.host, "host-a");
  EXPECT_EQ(spans->front().attempt.outcome, AttemptOutcome::kDone);
  EXPECT_EQ(spans->front().attempt.started_at, kStoreNow);
}

TEST_F(ReportReads, RunsAreByEpoch) {
  env.Open();  // a coordinator comes back
  env.Register(big);
  const auto runs = env.Reader()->Runs(big.sweep);
  ASSERT_TRUE(runs.ok());
  ASSERT_EQ(runs->size(), 2U);
  EXPECT_LT(runs->front().epoch, runs->back().epoch);
  EXPECT_EQ(runs->front().build, "test");
}

TEST_F(ReportReads, ViewsAreCutToTheSweep) {
  const auto reader = env.Reader();
  const auto count = [&](const char* view, const SweepPlan& plan) {
    Collector rows;
    EXPECT_TRUE(reader->ForEachRow(view, plan.sweep, rows).ok()) << view;
    EXPECT_FALSE(rows.columns.empty()) << view;
    return rows.rows.size();
  };
  EXPECT_EQ(count("sweeps", small), 1U);
  EXPECT_EQ(count("jobs", small), 3U);
  EXPECT_EQ(count("attempts", small), 3U);
  EXPECT_EQ(count("cells", small), 2U);
  EXPECT_EQ(count("predictions", small), 12U);
  EXPECT_EQ(count("curves", small), 36U);
  EXPECT_EQ(count("checkpoints", small), 0U);
  EXPECT_EQ(count("jobs", big), 6U);
  Collector none;
  EXPECT_FALSE(reader->ForEachRow("job", small.sweep, none).ok());  // a table, not a view
}

TEST_F(ReportReads, ValuesKeepTheirTypes) {
  Collector rows;
  ASSERT_TRUE(env.Reader()->ForEachRow("cells", small.sweep, rows).ok());
  const auto at = [&](const char* name) {
    const auto column = std::ranges::find(rows.columns, name) - rows.columns.begin();
    return rows.rows.front().at(static_cast<std::size_t>(column));
  };
  EXPECT_EQ(at("k"), SqlValue(std::int64_t{3}));
  EXPECT_EQ(at("accuracy"), SqlValue(0.5));
  EXPECT_EQ(at("experiment"), SqlValue(std::string("dsid")));
}

}  // namespace
}  // namespace unmask

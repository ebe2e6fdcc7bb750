// The public views, column by column, as any user reads them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/text.h"
#include "common/metrics/metrics.h"
#include "sql/query.h"
#include "tests/testing/store_env.h"

namespace unmask {
namespace {

using testing::ElementsAre;

// Every row as its values joined by '|'; NULL stays "NULL".
class Lines final : public RowSink {
 public:
  void Columns(const std::vector<std::string>& columns) override { names = columns; }
  void Row(const std::vector<SqlValue>& values) override {
    std::vector<std::string> texts;
    for (const SqlValue& value : values) texts.push_back(Text(value));
    lines.push_back(Join(texts, "|"));
  }

  std::vector<std::string> names;
  std::vector<std::string> lines;

 private:
  static std::string Text(const SqlValue& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
    if (const auto* real = std::get_if<double>(&value)) return ShortestReal(*real);
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    return "NULL";
  }
};

class Views : public testing::Test, protected StoreEnv {
 protected:
  std::vector<std::string> Query(const std::string& sql) {
    Lines lines;
    const Status status = RunQuery(paths(), sql, std::chrono::seconds(60), lines);
    EXPECT_TRUE(status.ok()) << (status.ok() ? "" : FormatError(status.error()));
    return lines.lines;
  }
  std::vector<std::string> ColumnsOf(const std::string& view) {
    std::vector<std::string> names = Query("SELECT name FROM pragma_table_info('" + view + "')");
    return names;
  }
};

TEST_F(Views, HaveTheColumnsOfTheContract) {
  const std::vector<std::pair<std::string, std::string>> contract = {
      {"sweeps", "sweep, config_sha256, created_at, jobs, done, failed, quarantined, name, number"},
      {"jobs",
       "sweep, experiment, job_key, kind, model, task, features, engine, alpha, beta, hsic, point, "
       "validation, seed, held_out, state, attempts, seconds, epochs, best_epoch, held_out_hsic, "
       "stream_cosine, images_forwarded, error, weights_sha256"},
      {"attempts",
       "job_key, attempt, coordinator_epoch, worker, host, device, numerics_class, first_epoch, "
       "started_at, ended_at, outcome, error_class"},
      {"predictions",
       "sweep, experiment, job_key, alpha, beta, seed, sample, subject, task, label, predicted, "
       "logits"},
      {"cells",
       "sweep, experiment, alpha, beta, hsic, point, validation, seed, task, folds_done, "
       "folds_total, k, n, accuracy, wilson_low, wilson_high, macro_f1, weighted_f1, uar, "
       "fold_mean_accuracy, leaky, uf1"},
      {"curves", "job_key, epoch, split, task, loss, accuracy"},
      {"checkpoints", "job_key, attempt, epoch, sha256, bytes"}};
  for (const auto& [view, columns] : contract) {
    // Columns may be added, but these come first and in this order.
    EXPECT_TRUE(Join(ColumnsOf(view), ", ").starts_with(columns)) << view;
  }
}

// 0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1.
TEST_F(Views, AMeanOverFoldsIsTheSameInWhateverOrderTheyWereDone) {
  SweepPlan plan = MakeTestPlan("s-1", {{"single", ModelKind::kSingleTask}});
  SweepPlan backwards = MakeTestPlan(
      "s-2", {{"single", ModelKind::kSingleTask, Task::kTer, {1}, Validation::kLeaky}});
  std::ranges::reverse(backwards.jobs);
  for (const SweepPlan& one : {plan, backwards}) {
    Register(one);
    for (const PlannedJob& job : one.jobs) {
      JobResult result = TestResult(job.spec);
      TaskPredictions& predictions = result.predictions.front();
      const std::int32_t right = job.spec.held_out.back() - '0';  // of 10
      predictions.samples.clear();
      for (int i = 0; i < 10; ++i) {
        predictions.samples.push_back(job.spec.held_out + "_" + std::to_string(i));
      }
      predictions.labels.assign(10, 0);
      predictions.predicted.assign(10, 1);
      std::fill_n(predictions.predicted.begin(), right, 0);
      predictions.logits.assign(20, 0);
      Lease(LeaseOf(job.key));
      Apply(RecordResult{LeaseOf(job.key), result});
    }
    Commit();
  }
  const auto means = Query("SELECT fold_mean_accuracy FROM cells ORDER BY sweep");
  ASSERT_EQ(means.size(), 2U);
  EXPECT_EQ(means[0], means[1]);
}

TEST_F(Views, SweepsCountDistinctJobs) {
  // Both experiments ask for the same jobs.
  TestExperiment again;
  again.name = "again";
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}, again});
  ASSERT_EQ(plan.jobs.size(), 3U);
  ASSERT_EQ(plan.uses.size(), 6U);
  Register(plan);
  Finish(plan.jobs[0]);
  const LeaseId lease = LeaseOf(plan.jobs[1].key);
  Lease(lease);
  Apply(RecordAttemptEnd{lease, AttemptOutcome::kFailed, "nan", "not a number", JobState::kFailed,
                         0, 0, false});
  Commit();
  EXPECT_THAT(
      Query("SELECT sweep, config_sha256, created_at, jobs, done, failed, quarantined FROM sweeps"),
      ElementsAre("s-1|" + plan.config_sha256 + "|" + kStoreNow + "|3|1|1|0"));
}

TEST_F(Views, JobsShowEveryUse) {
  TestExperiment single{"single", ModelKind::kSingleTask, Task::kDer};
  TestExperiment without{"without", ModelKind::kDsid, Task::kTer, {0}};
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}, single, without});
  Register(plan);
  FinishAll(plan);
  EXPECT_THAT(
      Query("SELECT sweep, experiment, kind, model, task, features, engine, alpha, beta, hsic,"
            " point, validation, seed, held_out, state, attempts, seconds, epochs, best_epoch,"
            " held_out_hsic, stream_cosine, images_forwarded, error FROM jobs"
            " WHERE held_out = '01' ORDER BY experiment"),
      ElementsAre("s-1|dsid|train|dsid|NULL|action-units|core|0.5|1|paper|"
                  "{\"loss.alpha\":0.500000}|inner-subject|0|01|done|1|1.5|3|2|0.0625|0.5|0|NULL",
                  "s-1|single|train|single-task|der|action-units|core|NULL|NULL|NULL|"
                  "{}|inner-subject|0|01|done|1|1.5|3|2|NULL|NULL|0|NULL",
                  "s-1|without|train|dsid|NULL|action-units|core|0|1|NULL|"
                  "{\"loss.alpha\":0.000000}|inner-subject|0|01|done|1|1.5|3|2|0.0625|0.5|0|NULL"));
}

TEST_F(Views, JobsLeadToTheirKeptWeights) {
  SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  const PlannedJob view = AddViewJob(plan);
  Register(plan);
  JobResult result = TestResult(plan.jobs[1].spec);
  result.output_sha256 = Sha256Hex("weights");
  for (const PlannedJob& job : {view, plan.jobs[1]}) {
    Lease(LeaseOf(job.key));
    Apply(RecordResult{LeaseOf(job.key), result});
  }
  Commit();
  Finish(plan.jobs[2]);  // keeps none
  EXPECT_THAT(Query("SELECT kind, state, weights_sha256 FROM jobs ORDER BY kind, held_out"),
              ElementsAre("features|done|NULL", "train|done|" + Sha256Hex("weights"),
                          "train|done|NULL", "train|queued|NULL"));
  const auto reader = Reader();
  EXPECT_EQ(reader->FindJob(plan.jobs[1].key)->weights_sha256, Sha256Hex("weights"));
  EXPECT_EQ(reader->FindJob(plan.jobs[2].key)->weights_sha256, std::nullopt);
  EXPECT_EQ(reader->FindJob(view.key)->weights_sha256, std::nullopt);
}

TEST_F(Views, JobThatNoExperimentNamesHasOneRow) {
  SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  std::erase_if(plan.uses, [](const JobUse& use) { return use.held_out == "02"; });
  Register(plan);
  EXPECT_THAT(Query("SELECT held_out, experiment, point, validation FROM jobs ORDER BY held_out"),
              ElementsAre("01|dsid|{\"loss.alpha\":0.500000}|inner-subject", "02|NULL|NULL|NULL",
                          "03|dsid|{\"loss.alpha\":0.500000}|inner-subject"));
}

// No training may call for it any more: then it stays queued for ever.
TEST_F(Views, AQueuedFeatureJobIsNoneTriedOrNot) {
  SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  const PlannedJob view = AddViewJob(plan);
  Register(plan);
  const std::string shown = "SELECT state, attempts FROM jobs WHERE kind = 'features'";
  const std::string counted = "SELECT jobs FROM sweeps";
  EXPECT_THAT(Query(shown), ElementsAre());
  EXPECT_THAT(Query(counted), ElementsAre("3"));
  Lease(LeaseOf(view.key));
  Commit();
  EXPECT_THAT(Query(shown), ElementsAre("running|1"));
  EXPECT_THAT(Query(counted), ElementsAre("4"));
  Apply(RecordAttemptEnd{LeaseOf(view.key), AttemptOutcome::kYielded, "", "", JobState::kQueued, 0,
                         0, false});
  Commit();
  EXPECT_THAT(Query(shown), ElementsAre());
  EXPECT_THAT(Query(counted), ElementsAre("3"));
}

TEST_F(Views, AttemptsTellWhoTriedAndHowItEnded) {
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  Register(plan);
  const std::string& key = plan.jobs[0].key;
  Lease(LeaseOf(key, 1));
  Apply(RecordStarted{LeaseOf(key, 1), 0});
  Apply(RecordAttemptEnd{LeaseOf(key, 1), AttemptOutcome::kFailed, "killed", "signal 9",
                         JobState::kQueued, 1, 0, false});
  Lease(LeaseOf(key, 2));
  Apply(RecordStarted{LeaseOf(key, 2), 7});
  Commit();
  const std::string rest = "|1|1|host-a|cpu: test|cpu-avx2|";
  const std::string now = kStoreNow;
  EXPECT_THAT(Query("SELECT attempt, coordinator_epoch, worker, host, device, numerics_class,"
                    " first_epoch, started_at, ended_at, outcome, error_class, message"
                    " FROM attempts WHERE job_key = '" +
                    key + "' ORDER BY attempt"),
              ElementsAre("1" + rest + "0|" + now + "|" + now + "|failed|killed|signal 9",
                          "2" + rest + "7|" + now + "|NULL|NULL|NULL|NULL"));
}

TEST_F(Views, AGangsAttemptIsOneRowThatNamesItsMembers) {
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  Register(plan);
  Apply(RecordLease{LeaseOf(plan.jobs[0].key), TestWorker(), {WorkerId{3}, WorkerId{7}}});
  Lease(LeaseOf(plan.jobs[1].key));  // the same worker alone
  Commit();
  EXPECT_THAT(Query("SELECT worker, device FROM attempts ORDER BY device DESC"),
              ElementsAre("1|cpu: test with workers 3, 7", "1|cpu: test"));
}

TEST_F(Views, PredictionsAreUnpacked) {
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  Register(plan);
  Finish(plan.jobs[1]);
  const std::string head = "s-1|dsid|" + plan.jobs[1].key + "|0.5|1|0|";
  EXPECT_THAT(
      Query("SELECT sweep, experiment, job_key, alpha, beta, seed, sample, subject, task, label,"
            " predicted, logits FROM predictions ORDER BY task, sample"),
      ElementsAre(head + "02_a|02|der|an|an|{\"an\":1.5,\"ha\":-0.25}",
                  head + "02_b|02|der|ha|an|{\"an\":0.1,\"ha\":0.05}",
                  head + "02_a|02|ter|an|an|{\"an\":1.5,\"ha\":-0.25}",
                  head + "02_b|02|ter|ha|an|{\"an\":0.1,\"ha\":0.05}"));
}

TEST_F(Views, AnyNamesSurvive) {
  SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  Register(plan);
  JobResult result = TestResult(plan.jobs[0].spec);
  for (TaskPredictions& predictions : result.predictions) {
    predictions.classes = {"a \"b\", c", "<script>é\n"};
    predictions.samples = {"x'y\\", "größe;--"};
  }
  const LeaseId lease = LeaseOf(plan.jobs[0].key);
  Lease(lease);
  Apply(RecordResult{lease, result});
  Commit();
  EXPECT_THAT(Query("SELECT sample, label, logits, json_valid(logits) FROM predictions"
                    " WHERE task = 'ter' ORDER BY sample"),
              ElementsAre("größe;--|<script>é\n|{\"a \\\"b\\\", "
                          "c\":0.1,\"<script>é\\n\":0.05}|1",
                          "x'y\\|a \"b\", c|{\"a \\\"b\\\", c\":1.5,\"<script>é\\n\":-0.25}|1"));
}

TEST_F(Views, CellsStayNullUntilAllFoldsAreDone) {
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  Register(plan);
  Finish(plan.jobs[0]);
  Finish(plan.jobs[1]);
  const std::string cells =
      "SELECT task, folds_done, folds_total, k, n, accuracy, wilson_low, wilson_high, macro_f1,"
      " weighted_f1, uar, fold_mean_accuracy, uf1, leaky FROM cells ORDER BY task";
  const std::string nulls = "NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL";
  EXPECT_THAT(Query(cells), ElementsAre("der|2|3|" + nulls + "|0", "ter|2|3|" + nulls + "|0"));

  Finish(plan.jobs[2]);
  // Three folds of one right and one wrong clip: the first class is always predicted.
  const Interval wilson = WilsonInterval(3, 6);
  const std::string metrics = "3|6|0.5|" + ShortestReal(wilson.low) + "|" +
                              ShortestReal(wilson.high) + "|" + ShortestReal(1.0 / 3) + "|" +
                              ShortestReal(1.0 / 3) + "|0.5|0.5|" + ShortestReal(1.0 / 3);
  EXPECT_THAT(Query(cells), ElementsAre("der|3|3|" + metrics + "|0", "ter|3|3|" + metrics + "|0"));
}

TEST_F(Views, CellsOfASingleTaskModelHaveItsTaskAlone) {
  TestExperiment single{"single", ModelKind::kSingleTask, Task::kDer};
  single.validation = Validation::kLeaky;
  const SweepPlan plan = MakeTestPlan("s-1", {single});
  Register(plan);
  FinishAll(plan);
  EXPECT_THAT(Query("SELECT sweep, experiment, alpha, beta, hsic, point, validation, seed, task,"
                    " folds_done, folds_total, k, n, leaky FROM cells"),
              ElementsAre("s-1|single|NULL|NULL|NULL|{}|leaky|0|der|3|3|3|6|1"));
}

TEST_F(Views, SweepOfFinishedJobsIsCompleteWhenItIsRegistered) {
  const SweepPlan first = MakeTestPlan("s-1", {TestExperiment{}});
  Register(first);
  FinishAll(first);
  TestExperiment other;
  other.name = "other";
  Register(MakeTestPlan("s-2", {other}));
  EXPECT_THAT(Query("SELECT sweep, experiment, task, folds_done, k, n FROM cells"
                    " ORDER BY sweep, task"),
              ElementsAre("s-1|dsid|der|3|3|6", "s-1|dsid|ter|3|3|6", "s-2|other|der|3|3|6",
                          "s-2|other|ter|3|3|6"));
  // A shared job has a row for each sweep that uses it.
  EXPECT_THAT(Query("SELECT sweep, count(*), count(DISTINCT job_key) FROM jobs GROUP BY sweep"),
              ElementsAre("s-1|3|3", "s-2|3|3"));
  EXPECT_THAT(Query("SELECT sweep, count(*) FROM predictions GROUP BY sweep"),
              ElementsAre("s-1|12", "s-2|12"));
}

TEST_F(Views, CurvesAreUnpackedAndGapsStayGaps) {
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  Register(plan);
  JobResult result = TestResult(plan.jobs[0].spec);
  result.curves = {{4, CurveSplit::kTrain, Task::kTer, 1.25, 0.5},
                   {1, CurveSplit::kTrain, Task::kTer, 2.5, 0.25},
                   {0, CurveSplit::kTrain, Task::kTer, 3.5, 0.125},
                   {0, CurveSplit::kValidation, Task::kDer, 0.1, 1}};
  const LeaseId lease = LeaseOf(plan.jobs[0].key);
  Lease(lease);
  Apply(RecordResult{lease, result});
  Commit();
  const std::string& key = plan.jobs[0].key;
  EXPECT_THAT(Query("SELECT job_key, epoch, split, task, loss, accuracy FROM curves"
                    " ORDER BY split, epoch"),
              ElementsAre(key + "|0|train|ter|3.5|0.125", key + "|1|train|ter|2.5|0.25",
                          key + "|4|train|ter|1.25|0.5", key + "|0|validation|der|0.1|1"));
  EXPECT_THAT(Query("SELECT DISTINCT typeof(epoch), typeof(loss), typeof(accuracy) FROM curves"),
              ElementsAre("integer|real|real"));
}

// The same clips and classes: only the labels tell the tasks' folds apart.
TEST_F(Views, TasksHaveTheirOwnLabels) {
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  Register(plan);
  JobResult result = TestResult(plan.jobs[0].spec);
  ASSERT_EQ(result.predictions.size(), 2U);
  result.predictions[1].labels = {1, 1};
  const LeaseId lease = LeaseOf(plan.jobs[0].key);
  Lease(lease);
  Apply(RecordResult{lease, result});
  Commit();
  EXPECT_THAT(Query("SELECT task, label FROM predictions ORDER BY task, sample"),
              ElementsAre("der|ha", "der|ha", "ter|an", "ter|ha"));
}

TEST_F(Views, CheckpointsAreTheNewestTwo) {
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  Register(plan);
  const std::string& key = plan.jobs[0].key;
  Lease(LeaseOf(key));
  for (const char* content : {"a", "b", "c"}) {
    Apply(RecordCheckpoint{LeaseOf(key), {Sha256Hex(content), *content - 'a' + 1, 100, "cpu"}});
  }
  Commit();
  EXPECT_THAT(
      Query("SELECT job_key, attempt, epoch, sha256, bytes FROM checkpoints ORDER BY epoch"),
      ElementsAre(key + "|1|2|" + Sha256Hex("b") + "|100",
                  key + "|1|3|" + Sha256Hex("c") + "|100"));
}

TEST_F(Views, AreIntact) {
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  Register(plan);
  FinishAll(plan);
  EXPECT_THAT(Query("PRAGMA integrity_check"), ElementsAre("ok"));
}

}  // namespace
}  // namespace unmask

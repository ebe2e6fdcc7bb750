// The writer: what survives, what is fenced off, what is refused.
#include "sql/results_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>

#include "sql/database.h"
#include "sql/load_jobs.h"
#include "tests/testing/store_env.h"
#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class ResultsStoreTest : public testing::Test, protected StoreEnv {
 protected:
  ResultsStoreTest() : plan(MakeTestPlan("s-1", {TestExperiment{}})) { Register(plan); }

  std::vector<StoredJob> Load(const std::string& sweep = "s-1") {
    Database database(paths().database(), Database::Access::kWrite);
    return LoadJobs(database, sweep).jobs;
  }

  // SQL beside the store, as a test's view of its tables.
  std::int64_t Number(const std::string& sql) {
    Database database(paths().database(), Database::Access::kWrite);
    return database.Number(sql);
  }

  static CheckpointRef Checkpoint(const std::string& content, std::int64_t epoch) {
    return {Sha256Hex(content), epoch, 10, "cpu-avx2"};
  }

  SweepPlan plan;
};

TEST_F(ResultsStoreTest, NewJobsAreQueuedInThePlansOrder) {
  const std::vector<StoredJob> jobs = Load();
  ASSERT_EQ(jobs.size(), plan.jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    EXPECT_EQ(jobs[i].key, plan.jobs[i].key);
    EXPECT_EQ(jobs[i].state, JobState::kQueued);
    EXPECT_EQ(jobs[i].last_attempt.value, 0);
    EXPECT_THAT(jobs[i].checkpoints, IsEmpty());
    EXPECT_EQ(jobs[i].numerics_class, "");
  }
  EXPECT_THAT(Load("another"), IsEmpty());
}

TEST_F(ResultsStoreTest, AFolderMayBeCalledLikeAnAddress) {
  const TempFolder temp;
  const fs::path before = fs::current_path();
  fs::current_path(temp.path());
  fs::create_directory("file:y");
  {
    Database database(fs::path("file:y") / "unmask.db", Database::Access::kCreate);
    (void)database.Number("PRAGMA user_version");
  }
  fs::current_path(before);
  EXPECT_TRUE(fs::exists(temp.path() / "file:y" / "unmask.db"));
}

TEST_F(ResultsStoreTest, ReregisteringTakesThePlansNewOrder) {
  std::swap(plan.jobs[0], plan.jobs[2]);
  Register(plan);
  EXPECT_EQ(Load()[0].key, plan.jobs[0].key);
  EXPECT_EQ(Number("SELECT count(*) FROM job"), 3);
  EXPECT_EQ(Number("SELECT count(*) FROM fold_use"), 3);
}

// A grid over paths: the sweep's name tells what lies there, its points where that was.
TEST_F(ResultsStoreTest, TheSameStudyFromAnotherFolderHasThePointsOnce) {
  FinishAll(plan);
  for (JobUse& use : plan.uses) use.point = R"({"dataset.manifest":"../a.csv"})";
  Register(plan);
  EXPECT_EQ(Number("SELECT count(*) FROM point"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM fold_use"), 3);
  EXPECT_EQ(Number("SELECT count(*) FROM jobs WHERE point LIKE '%a.csv%'"), 3);
  EXPECT_EQ(Number("SELECT count(*) FROM cells WHERE accuracy IS NOT NULL"), 2);
  SweepPlan part = MakeTestPlan("s-1", {TestExperiment{"other"}});  // run --experiment other
  Register(part);
  EXPECT_EQ(Number("SELECT count(*) FROM point"), 2);
}

TEST_F(ResultsStoreTest, AResultComesBackAsItWas) {
  JobResult result = TestResult(plan.jobs[0].spec);
  result.output_sha256 = Sha256Hex("weights");
  const LeaseId lease = LeaseOf(plan.jobs[0].key);
  Lease(lease);
  Apply(RecordResult{lease, result});
  Commit();
  const auto stored = Reader()->ResultOf(plan.jobs[0].key);
  ASSERT_TRUE(stored.ok()) << FormatError(stored.error());
  // Curves come back by split, task and epoch.
  std::ranges::sort(result.curves, {}, [](const CurvePoint& point) {
    return std::tuple(point.split, point.task, point.epoch);
  });
  EXPECT_EQ(*stored, result);
}

TEST_F(ResultsStoreTest, WhatWasLostAfterwardsIsQueuedAgainAndRecordedAgain) {
  const std::string& key = plan.jobs[0].key;
  Lease(LeaseOf(key, 1));
  Apply(RecordResult{LeaseOf(key, 1), TestResult(plan.jobs[0].spec)});
  Commit();
  ASSERT_EQ(Load()[0].state, JobState::kDone);
  ASSERT_TRUE(store->QueueAgain({key}).ok());
  EXPECT_EQ(Load()[0].state, JobState::kQueued);
  EXPECT_EQ(Load()[0].last_attempt.value, 1);
  Lease(LeaseOf(key, 2));
  Apply(RecordResult{LeaseOf(key, 2), TestResult(plan.jobs[0].spec)});
  Commit();
  EXPECT_EQ(Load()[0].state, JobState::kDone);
  EXPECT_EQ(Number("SELECT count(*) FROM attempt WHERE outcome = 'done'"), 1);
}

TEST_F(ResultsStoreTest, FoldsAreStoredOnceForAllGridPoints) {
  TestExperiment lines{"lines", ModelKind::kDsid, Task::kTer, {0, 0.1, 1, 10}};
  const SweepPlan more = MakeTestPlan("s-2", {lines});
  Register(more);
  FinishAll(more);
  EXPECT_EQ(Number("SELECT count(*) FROM prediction"), 24);
  EXPECT_EQ(Number("SELECT count(*) FROM fold"), 3);  // both tasks hold the same labels here
}

TEST_F(ResultsStoreTest, StaleRecordsChangeNothing) {
  const std::string& key = plan.jobs[0].key;
  Finish(plan.jobs[1]);
  Lease(LeaseOf(key, 2));
  Commit();
  LeaseId other_epoch = LeaseOf(key, 2);
  --other_epoch.epoch.value;
  const std::vector<Record> stale = {
      RecordResult{LeaseOf(key, 1), TestResult(plan.jobs[0].spec)},
      RecordResult{LeaseOf(key, 3), TestResult(plan.jobs[0].spec)},
      RecordResult{other_epoch, TestResult(plan.jobs[0].spec)},
      RecordResult{LeaseOf(plan.jobs[1].key), TestResult(plan.jobs[1].spec)},  // done already
      RecordResult{LeaseOf(plan.jobs[2].key), TestResult(plan.jobs[2].spec)},  // never leased
      RecordStarted{LeaseOf(key, 1), 0},
      RecordCheckpoint{LeaseOf(key, 1), Checkpoint("a", 1)},
      RecordAttemptEnd{LeaseOf(key, 1), AttemptOutcome::kFailed, "hang", "", JobState::kQueued, 1,
                       0, false},
      RecordLease{LeaseOf(key, 3), TestWorker()},               // it runs already
      RecordLease{LeaseOf(plan.jobs[1].key, 2), TestWorker()},  // it is done
      RecordLease{other_epoch, TestWorker()},
      RecordLease{LeaseOf(std::string(64, 'f')), TestWorker()},  // no such job
      RecordJobFailed{key, "needs x"}};
  for (std::size_t i = 0; i < stale.size(); ++i) {
    EXPECT_FALSE(store->Apply(stale[i], kStoreNow).ok()) << "record " << i;
    EXPECT_FALSE(store->InTransaction());
  }
  EXPECT_EQ(Number("SELECT count(*) FROM prediction"), 2);
  EXPECT_EQ(Number("SELECT count(*) FROM attempt"), 2);
  EXPECT_EQ(Number("SELECT count(*) FROM checkpoint"), 0);
  EXPECT_EQ(Number("SELECT attempts FROM job WHERE state = 'running'"), 2);
}

TEST_F(ResultsStoreTest, AnAttemptNumberNeverComesBack) {
  const std::string& key = plan.jobs[0].key;
  Lease(LeaseOf(key, 3));
  Apply(RecordAttemptEnd{LeaseOf(key, 3), AttemptOutcome::kYielded, "", "", JobState::kQueued, 0, 0,
                         false});
  Commit();
  EXPECT_FALSE(store->Apply(RecordLease{LeaseOf(key, 3), TestWorker()}, kStoreNow).ok());
  EXPECT_FALSE(store->Apply(RecordLease{LeaseOf(key, 2), TestWorker()}, kStoreNow).ok());
  EXPECT_TRUE(store->Apply(RecordLease{LeaseOf(key, 4), TestWorker()}, kStoreNow).ok());
}

TEST_F(ResultsStoreTest, PredictionsThatDoNotFitTogetherAreAnError) {
  const auto broken = [&](auto change) {
    JobResult result = TestResult(plan.jobs[0].spec);
    change(result.predictions[0]);
    const LeaseId lease = LeaseOf(plan.jobs[0].key);
    Lease(lease);
    EXPECT_FALSE(store->Apply(RecordResult{lease, result}, kStoreNow).ok());
    EXPECT_FALSE(store->InTransaction());
  };
  broken([](TaskPredictions& p) { p.logits.pop_back(); });
  broken([](TaskPredictions& p) { p.labels[0] = 2; });
  broken([](TaskPredictions& p) { p.predicted[1] = -1; });
  broken([](TaskPredictions& p) { p.samples.pop_back(); });
  broken([](TaskPredictions& p) { p.classes.clear(); });
}

TEST_F(ResultsStoreTest, ACellThatLacksATaskIsAnErrorNotAFigure) {
  Finish(plan.jobs[0]);
  Finish(plan.jobs[1]);
  JobResult result = TestResult(plan.jobs[2].spec);
  result.predictions.pop_back();
  const LeaseId lease = LeaseOf(plan.jobs[2].key);
  Lease(lease);
  EXPECT_FALSE(store->Apply(RecordResult{lease, result}, kStoreNow).ok());
}

TEST_F(ResultsStoreTest, WhatWasNotCommittedIsGone) {
  Finish(plan.jobs[0]);
  Lease(LeaseOf(plan.jobs[1].key));
  EXPECT_TRUE(store->InTransaction());
  store->Rollback();
  EXPECT_FALSE(store->InTransaction());
  Lease(LeaseOf(plan.jobs[2].key));
  Open();  // without a commit
  const std::vector<StoredJob> jobs = Load();
  EXPECT_EQ(jobs[0].state, JobState::kDone);
  EXPECT_EQ(jobs[1].last_attempt.value, 0);
  EXPECT_EQ(jobs[2].last_attempt.value, 0);
}

TEST_F(ResultsStoreTest, OpeningMarksWhatDeadCoordinatorsLeft) {
  const std::string& key = plan.jobs[0].key;
  Lease(LeaseOf(key));
  Apply(RecordCheckpoint{LeaseOf(key), Checkpoint("a", 4)});
  Commit();
  const CoordinatorEpoch before = store->epoch();
  Open();
  EXPECT_GT(store->epoch(), before);
  const StoredJob job = Load()[0];
  EXPECT_EQ(job.state, JobState::kQueued);
  EXPECT_EQ(job.last_attempt.value, 1);
  EXPECT_EQ(job.losses, 0);
  EXPECT_EQ(job.crashes, 0);
  EXPECT_EQ(job.numerics_class, "cpu-avx2");
  EXPECT_THAT(job.checkpoints, ElementsAre(Checkpoint("a", 4)));
  const auto attempts = Reader()->Attempts(key);
  ASSERT_TRUE(attempts.ok());
  ASSERT_EQ(attempts->size(), 1U);
  EXPECT_EQ(attempts->at(0).outcome, AttemptOutcome::kLost);
  EXPECT_EQ(attempts->at(0).error_class, "lost");
  EXPECT_EQ(attempts->at(0).ended_at, kStoreNow);
}

TEST_F(ResultsStoreTest, CountersSurviveARestart) {
  const std::string& key = plan.jobs[0].key;
  Lease(LeaseOf(key));
  Apply(RecordAttemptEnd{LeaseOf(key), AttemptOutcome::kFailed, "killed", "", JobState::kQueued, 2,
                         1, true});
  Commit();
  Open();
  StoredJob job = Load()[0];
  EXPECT_EQ(job.crashes, 2);
  EXPECT_EQ(job.losses, 1);
  EXPECT_TRUE(job.alone);
  // A checkpoint is progress: both counts start again.
  Lease(LeaseOf(key, 2));
  Apply(RecordCheckpoint{LeaseOf(key, 2), Checkpoint("a", 1)});
  Commit();
  Open();
  job = Load()[0];
  EXPECT_EQ(job.crashes, 0);
  EXPECT_EQ(job.losses, 0);
}

TEST_F(ResultsStoreTest, SupersededCheckpointsAreDeadAfterTheCommit) {
  const std::string& key = plan.jobs[0].key;
  Lease(LeaseOf(key));
  for (const char* content : {"a", "b", "c"}) {
    Apply(RecordCheckpoint{LeaseOf(key), Checkpoint(content, *content - 'a')});
  }
  Commit();
  EXPECT_THAT(store->TakeDeadBlobs(), ElementsAre(Sha256Hex("a")));
  EXPECT_THAT(store->TakeDeadBlobs(), IsEmpty());
  Apply(RecordCheckpoint{LeaseOf(key), Checkpoint("d", 4)});
  store->Rollback();
  EXPECT_THAT(store->TakeDeadBlobs(), IsEmpty());
  Apply(RecordResult{LeaseOf(key), TestResult(plan.jobs[0].spec)});
  Commit();
  EXPECT_THAT(store->TakeDeadBlobs(), UnorderedElementsAre(Sha256Hex("b"), Sha256Hex("c")));
}

// Deterministic training writes equal checkpoints: of another attempt, or (as here) another job.
TEST_F(ResultsStoreTest, ABlobThatSomethingNeedsIsNotDead) {
  const std::string& key = plan.jobs[0].key;
  const std::string& other = plan.jobs[1].key;
  Lease(LeaseOf(key));
  Lease(LeaseOf(other));
  Apply(RecordCheckpoint{LeaseOf(key), Checkpoint("shared", 1)});
  Apply(RecordCheckpoint{LeaseOf(other), Checkpoint("shared", 1)});
  Apply(RecordCheckpoint{LeaseOf(key), Checkpoint("a", 2)});
  Apply(RecordCheckpoint{LeaseOf(key), Checkpoint("a", 2)});  // told twice
  Apply(RecordCheckpoint{LeaseOf(key), Checkpoint("b", 3)});
  Commit();
  EXPECT_THAT(store->TakeDeadBlobs(), IsEmpty());
  EXPECT_THAT(Load()[0].checkpoints, ElementsAre(Checkpoint("b", 3), Checkpoint("a", 2)));
  JobResult result = TestResult(plan.jobs[0].spec);
  result.output_sha256 = Sha256Hex("b");
  Apply(RecordResult{LeaseOf(key), result});
  Commit();
  EXPECT_THAT(store->TakeDeadBlobs(), ElementsAre(Sha256Hex("a")));
}

TEST_F(ResultsStoreTest, AStartIsOnRecordWithItsEndOrWithoutIt) {
  const auto first_epochs = [&] {
    return Number(
        "SELECT group_concat(first_epoch, '') FROM (SELECT first_epoch FROM attempt"
        " ORDER BY job_id)");
  };
  Lease(LeaseOf(plan.jobs[0].key));
  Apply(RecordStarted{LeaseOf(plan.jobs[0].key), 3});
  Commit();
  EXPECT_EQ(first_epochs(), 3);  // while it runs
  Apply(RecordResult{LeaseOf(plan.jobs[0].key), TestResult(plan.jobs[0].spec)});
  Lease(LeaseOf(plan.jobs[1].key));
  Apply(RecordStarted{LeaseOf(plan.jobs[1].key), 4});
  Apply(RecordResult{LeaseOf(plan.jobs[1].key), TestResult(plan.jobs[1].spec)});
  Lease(LeaseOf(plan.jobs[2].key));
  Apply(RecordStarted{LeaseOf(plan.jobs[2].key), 5});
  Apply(RecordAttemptEnd{LeaseOf(plan.jobs[2].key), AttemptOutcome::kFailed, "hang", "",
                         JobState::kQueued, 1, 0, false});
  Commit();
  EXPECT_EQ(first_epochs(), 345);
}

// The writer counts down which folds a point waits for.
TEST_F(ResultsStoreTest, APointIsCompleteAfterARollbackToo) {
  Finish(plan.jobs[0]);
  for (const std::size_t i : {1U, 2U}) Lease(LeaseOf(plan.jobs[i].key));
  Commit();
  const auto finish = [&](std::size_t i) {
    Apply(RecordResult{LeaseOf(plan.jobs[i].key), TestResult(plan.jobs[i].spec)});
  };
  finish(1);
  store->Rollback();
  finish(1);
  Commit();
  EXPECT_EQ(Number("SELECT count(*) FROM cell WHERE k IS NOT NULL"), 0);
  finish(2);
  Commit();
  EXPECT_EQ(Number("SELECT count(*) FROM cell WHERE k IS NOT NULL"), 2);
}

TEST_F(ResultsStoreTest, APointIsCompleteByTheFirstResultAfterARestart) {
  Finish(plan.jobs[0]);
  Finish(plan.jobs[1]);
  Open();
  Finish(plan.jobs[2]);
  EXPECT_EQ(Number("SELECT count(*) FROM cell WHERE k IS NOT NULL"), 2);
}

TEST_F(ResultsStoreTest, ACellOfASharedJobIsFilledInEverySweep) {
  Finish(plan.jobs[0]);
  Register(MakeTestPlan("s-2", {TestExperiment{"other"}}));
  for (const std::size_t i : {1U, 2U}) Finish(plan.jobs[i]);
  EXPECT_EQ(Number("SELECT count(*) FROM cell WHERE k IS NOT NULL"), 4);
}

// Jobs and attempts are read side by side, past those of other sweeps.
TEST_F(ResultsStoreTest, JobsAreLoadedWithTheirOwnNewestAttempt) {
  const SweepPlan others =
      MakeTestPlan("s-2", {TestExperiment{"lines", ModelKind::kDsid, Task::kTer, {0.1, 0.5, 9}}});
  Register(others);
  for (const PlannedJob& job : {others.jobs[0], others.jobs[8]}) Finish(job);
  const std::string& crashed = plan.jobs[1].key;
  Lease(LeaseOf(crashed, 1));
  Apply(RecordAttemptEnd{LeaseOf(crashed, 1), AttemptOutcome::kFailed, "hang", "",
                         JobState::kQueued, 1, 0, false});
  Lease(LeaseOf(crashed, 2));
  Apply(RecordAttemptEnd{LeaseOf(crashed, 2), AttemptOutcome::kFailed, "hang", "",
                         JobState::kQueued, 2, 0, false});
  Lease(LeaseOf(plan.jobs[2].key, 5));
  Commit();
  const std::vector<StoredJob> jobs = Load();
  EXPECT_EQ(jobs[0].last_attempt.value, 0);
  EXPECT_EQ(jobs[1].last_attempt.value, 2);
  EXPECT_EQ(jobs[1].state, JobState::kQueued);
  EXPECT_EQ(jobs[1].crashes, 2);
  EXPECT_EQ(jobs[2].last_attempt.value, 5);
  EXPECT_EQ(jobs[2].state, JobState::kRunning);
  EXPECT_EQ(Load("s-2")[0].state, JobState::kDone);
  EXPECT_EQ(Load("s-2")[8].state, JobState::kDone);
  // As the view has it.
  EXPECT_EQ(Number("SELECT attempts FROM job WHERE job_key = '" + crashed + "'"), 2);
  EXPECT_EQ(Number("SELECT attempts FROM job WHERE state = 'running'"), 5);
  EXPECT_EQ(Number("SELECT count(*) FROM job WHERE state = 'done'"), 2);
  Open();
  EXPECT_EQ(Number("SELECT attempts FROM job WHERE job_key = '" + plan.jobs[2].key + "'"), 5);
  EXPECT_EQ(Number("SELECT count(*) FROM job"), 9);
}

// SQLite does not look references up at each write: the writer has them right.
TEST_F(ResultsStoreTest, ReferencesHold) {
  Finish(plan.jobs[0]);
  Lease(LeaseOf(plan.jobs[1].key));
  Apply(RecordCheckpoint{LeaseOf(plan.jobs[1].key), Checkpoint("a", 1)});
  Commit();
  Open();
  EXPECT_EQ(Number("SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

TEST_F(ResultsStoreTest, RetryPutsDeadJobsBackAndKeepsTheirAttempts) {
  const std::string& failed = plan.jobs[0].key;
  const std::string& quarantined = plan.jobs[1].key;
  Lease(LeaseOf(failed));
  Apply(RecordAttemptEnd{LeaseOf(failed), AttemptOutcome::kFailed, "nan", "the loss is nan",
                         JobState::kFailed, 0, 0, false});
  Lease(LeaseOf(quarantined));
  Apply(RecordAttemptEnd{LeaseOf(quarantined), AttemptOutcome::kFailed, "killed", "",
                         JobState::kQuarantined, 3, 2, true});
  Apply(RecordJobFailed{plan.jobs[2].key, "needs job x, which failed"});
  Commit();
  auto dead = Reader()->DeadJobs("s-1", 10);
  ASSERT_TRUE(dead.ok());
  ASSERT_EQ(dead->size(), 3U);
  EXPECT_EQ(dead->at(0).error, "the loss is nan");
  EXPECT_EQ(dead->at(1).error, "killed");
  EXPECT_EQ(dead->at(2).error, "needs job x, which failed");

  std::int64_t put_back = 0;
  Expect(store->Retry("another", &put_back));
  EXPECT_EQ(put_back, 0);
  Expect(store->Retry("s-1", &put_back));
  EXPECT_EQ(put_back, 3);
  for (const StoredJob& job : Load()) {
    EXPECT_EQ(job.state, JobState::kQueued);
    EXPECT_EQ(job.crashes + job.losses, 0);
    EXPECT_FALSE(job.alone);
  }
  EXPECT_EQ(Load()[0].last_attempt.value, 1);
  EXPECT_EQ(Number("SELECT count(*) FROM job WHERE error IS NOT NULL"), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM attempt"), 2);
}

TEST_F(ResultsStoreTest, AnotherEpochInTheStoreEndsThisCoordinator) {
  Number("UPDATE meta SET value = value + 1 WHERE key = 'epoch' RETURNING value");
  Lease(LeaseOf(plan.jobs[0].key));
  const Status committed = store->Commit();
  ASSERT_FALSE(committed.ok());
  EXPECT_NE(FormatError(committed.error()).find("another coordinator"), std::string::npos);
  EXPECT_FALSE(store->InTransaction());
  EXPECT_EQ(Number("SELECT count(*) FROM attempt"), 0);
  std::int64_t put_back = 0;
  EXPECT_FALSE(store->Retry("s-1", &put_back).ok());
  EXPECT_FALSE(store->RegisterSweep(MakeTestPlan("s-2", {{}}), "{}", kStoreNow).ok());
  EXPECT_EQ(Number("SELECT count(*) FROM sweep"), 1);
  // A record that it refuses, such as of an attempt that the other one has replaced, tells the
  // same.
  const Status stale = store->Apply(
      RecordResult{LeaseOf(plan.jobs[0].key, 2), TestResult(plan.jobs[0].spec)}, kStoreNow);
  ASSERT_FALSE(stale.ok());
  EXPECT_NE(FormatError(stale.error()).find("another coordinator"), std::string::npos);
}

// Else results would go into a file that nobody finds, and the run end well.
TEST_F(ResultsStoreTest, ADatabaseThatWasReplacedEndsThisCoordinator) {
  StoreEnv::Expect(store->CheckInPlace());
  const fs::path copy = paths().root / "copy";
  fs::copy_file(paths().database(), copy);
  fs::rename(copy, paths().database());
  Lease(LeaseOf(plan.jobs[0].key));
  const Status committed = store->Commit();
  ASSERT_FALSE(committed.ok());
  EXPECT_NE(FormatError(committed.error()).find("removed or replaced"), std::string::npos);
  store.reset();  // and leaves what lies there now as it is
  EXPECT_EQ(Number("SELECT count(*) FROM sweep"), 1);
}

TEST_F(ResultsStoreTest, ADatabaseThatWasRemovedOrCutIsNotInPlace) {
  fs::resize_file(paths().database(), 0);
  EXPECT_FALSE(store->CheckInPlace().ok());
  fs::remove(paths().database());
  EXPECT_FALSE(store->CheckInPlace().ok());
}

TEST_F(ResultsStoreTest, TheSameSweepAgainIsCompleteAgain) {
  const int folds = Number("SELECT count(*) FROM fold_use");
  for (const char* sql : {"SELECT 1", "DELETE FROM fold_use WHERE job_id = 1",
                          "DELETE FROM sweep_job WHERE job_id = 1"}) {
    Database(paths().database(), Database::Access::kWrite).RunScript(sql);
    StoreEnv::Expect(store->RegisterSweep(plan, "{}", kStoreNow));
    EXPECT_EQ(Number("SELECT count(*) FROM fold_use"), folds) << sql;
    EXPECT_EQ(Number("SELECT count(*) FROM sweep_job"), std::ssize(plan.jobs)) << sql;
  }
}

TEST_F(ResultsStoreTest, AnotherExperimentWithTheSameJobsIsAdded) {
  for (const JobUse& use : std::vector<JobUse>(plan.uses)) {
    JobUse other = use;
    other.experiment = "twin";
    plan.uses.push_back(std::move(other));
  }
  const int folds = Number("SELECT count(*) FROM fold_use");
  StoreEnv::Expect(store->RegisterSweep(plan, "{}", kStoreNow));
  EXPECT_EQ(Number("SELECT count(*) FROM fold_use"), 2 * folds);
}

TEST_F(ResultsStoreTest, ProvenanceOfEveryRunIsKept) {
  Open();
  StoreEnv::Expect(store->RegisterSweep(plan, "{\"host\":\"b\"}", kStoreNow));
  EXPECT_EQ(Number("SELECT count(*) FROM run"), 2);
  const auto texts = Reader()->Texts("s-1");
  ASSERT_TRUE(texts.ok());
  EXPECT_EQ(texts->provenance_json, "{\"host\":\"b\"}");
  EXPECT_EQ(texts->config_json, plan.config_json);
  EXPECT_EQ(texts->name, "s");
}

TEST_F(ResultsStoreTest, TheTokenProvesThatOneSeesThisStore) {
  const std::string first = store->token();
  EXPECT_EQ(ReadFile(paths().token()).value(), first);
  EXPECT_EQ(first.size(), 32U);
  Open();
  EXPECT_NE(store->token(), first);
}

std::set<std::string> FilesIn(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}

TEST_F(ResultsStoreTest, ACleanExitLeavesOneFile) {
  Finish(plan.jobs[0]);
  EXPECT_TRUE(fs::exists(paths().database().string() + "-wal"));
  store.reset();
  EXPECT_EQ(FilesIn(paths().root),
            (std::set<std::string>{"blobs", "lock", "logs", "token", "unmask.db"}));
  EXPECT_EQ(Number("SELECT count(*) FROM job WHERE state = 'done'"), 1);
}

// The umask alone decides who may go on with a store.
TEST_F(ResultsStoreTest, AGroupMayWriteWhereTheUmaskLetsIt) {
  store.reset();
  fs::remove(paths().database());
  const mode_t before = umask(0002);
  Open();
  Register(plan);
  umask(before);
  for (const char* end : {"", "-wal", "-shm"}) {
    struct stat status{};
    ASSERT_EQ(stat((paths().database().string() + end).c_str(), &status), 0) << end;
    EXPECT_EQ(status.st_mode & 0777, 0664U) << end;
  }
}

TEST_F(ResultsStoreTest, AGroupsFolderStaysTheGroups) {
  store.reset();
  fs::remove(paths().database());
  ASSERT_EQ(chmod(paths().root.c_str(), 02770), 0);
  const mode_t before = umask(0077);
  Open();
  umask(before);
  for (const fs::path& file : {paths().database(), paths().token()}) {
    struct stat status{};
    ASSERT_EQ(stat(file.c_str(), &status), 0) << file;
    EXPECT_EQ(status.st_mode & 0777, 0660U) << file;
  }
}

TEST_F(ResultsStoreTest, NetworkFileSystemsGetARollbackJournal) {
  Open({false, "test", kStoreNow, /*network_file_system=*/true});
  Finish(plan.jobs[0]);
  EXPECT_FALSE(fs::exists(paths().database().string() + "-wal"));
  EXPECT_EQ(Number("SELECT count(*) FROM job WHERE state = 'done'"), 1);
  Open();  // and back
  EXPECT_EQ(Load()[0].state, JobState::kDone);
}

TEST_F(ResultsStoreTest, ReadersSeeCommittedStatesWhileItWrites) {
  const auto reader = Reader();
  const auto done = [&] { return reader->Progress("s-1")->jobs.done; };
  EXPECT_EQ(done(), 0);
  const LeaseId lease = LeaseOf(plan.jobs[0].key);
  Lease(lease);
  Apply(RecordResult{lease, TestResult(plan.jobs[0].spec)});
  EXPECT_EQ(done(), 0);
  Commit();
  EXPECT_EQ(done(), 1);
  Expect(reader->InSnapshot([&]() -> Status {
    EXPECT_EQ(done(), 1);
    Finish(plan.jobs[1]);
    EXPECT_EQ(done(), 1);
    return {};
  }));
  EXPECT_EQ(done(), 2);
}

}  // namespace
}  // namespace unmask

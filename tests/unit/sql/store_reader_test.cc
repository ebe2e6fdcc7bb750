#include "sql/store_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include "tests/testing/store_env.h"

namespace unmask {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class StoreReaderTest : public testing::Test, protected StoreEnv {
 protected:
  // A result committed at this second of a minute.
  void FinishAt(const PlannedJob& job, const std::string& second, double seconds = 1.5) {
    const std::string now = "2026-11-22T15:40:" + second + ".000Z";
    const LeaseId lease = LeaseOf(job.key);
    JobResult result = TestResult(job.spec);
    result.seconds = seconds;
    Expect(store->Apply(RecordLease{lease, TestWorker()}, kStoreNow));
    Expect(store->Apply(RecordResult{lease, result}, now));
    Commit();
  }
  void RegisterAt(const SweepPlan& plan, const std::string& now) {
    Expect(store->RegisterSweep(plan, "{}", now));
  }
};

TEST_F(StoreReaderTest, FindsSweepsByNamePrefixOrAge) {
  EXPECT_THAT(FormatError(Reader()->FindSweep("").error()), HasSubstr("no sweep yet"));
  EXPECT_EQ(Reader()->FindSweep("").error().code, ErrorCode::kData);
  RegisterAt(MakeTestPlan("paper-12345678", {{}}), "2026-11-22T10:00:00.000Z");
  RegisterAt(MakeTestPlan("paper", {{}}), "2026-11-22T12:00:00.000Z");
  RegisterAt(MakeTestPlan("paper-abcdef00", {{}}), "2026-11-22T11:00:00.000Z");  // a clock behind
  const auto reader = Reader();
  const auto find = [&](std::string_view name) {
    const auto found = reader->FindSweep(name);
    return found.ok() ? found->sweep : FormatError(found.error());
  };
  EXPECT_EQ(find(""), "paper-abcdef00");
  EXPECT_EQ(find("paper-1"), "paper-12345678");
  EXPECT_EQ(find("paper"), "paper");  // exact, though a prefix of others
  EXPECT_THAT(find("pap"), HasSubstr("not unique"));
  EXPECT_THAT(find("paper-12345679"), HasSubstr("did you mean 'paper-12345678'?"));
  EXPECT_EQ(reader->FindSweep("other").error().code, ErrorCode::kUsage);
  std::vector<std::string> names;
  const auto sweeps = reader->Sweeps();
  ASSERT_TRUE(sweeps.ok());
  for (const SweepRow& row : *sweeps) names.push_back(row.sweep);
  EXPECT_THAT(names, ElementsAre("paper-abcdef00", "paper", "paper-12345678"));
  // Going on with an old sweep does not make it the newest.
  RegisterAt(MakeTestPlan("paper-12345678", {{}}), "2026-11-22T13:00:00.000Z");
  EXPECT_EQ(find(""), "paper-abcdef00");
}

TEST_F(StoreReaderTest, FindsJobsByTheirFirstDigits) {
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  Register(plan);
  const auto reader = Reader();
  const std::string& key = plan.jobs[1].key;
  EXPECT_EQ(reader->FindJob(key)->job_key, key);
  EXPECT_EQ(reader->FindJob(key.substr(0, 12))->job_key, key);
  EXPECT_EQ(reader->FindJob(key)->spec_json, CanonicalText(plan.jobs[1].spec));
  EXPECT_FALSE(reader->FindJob("").ok());
  EXPECT_FALSE(reader->FindJob(key + "0").ok());
  EXPECT_FALSE(reader->FindJob("zzz").ok());
  EXPECT_FALSE(reader->FindJob("'; DROP TABLE job; --").ok());
}

TEST_F(StoreReaderTest, AnAmbiguousPrefixIsSaid) {
  TestExperiment many{"many", ModelKind::kDsid, Task::kTer, {0, 1, 2, 3, 4, 5, 6}};
  Register(MakeTestPlan("s-1", {many}));  // 21 keys, 16 first digits
  const auto reader = Reader();
  int ambiguous = 0;
  for (const char digit : std::string("0123456789abcdef")) {
    const auto job = reader->FindJob(std::string(1, digit));
    if (!job.ok() && FormatError(job.error()).find("not unique") != std::string::npos) ++ambiguous;
  }
  EXPECT_GT(ambiguous, 0);
}

TEST_F(StoreReaderTest, ProgressCountsStatesFoldsAndFailures) {
  TestExperiment other{"other", ModelKind::kSingleTask, Task::kDer};
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}, other});
  Register(plan);
  FinishAt(plan.jobs[0], "10");
  const auto lease = LeaseOf(plan.jobs[3].key);
  Lease(lease);
  Apply(RecordAttemptEnd{lease, AttemptOutcome::kFailed, "hang", "", JobState::kQuarantined, 3, 0,
                         false});
  Lease(LeaseOf(plan.jobs[1].key));
  Commit();
  const SweepProgress progress = Reader()->Progress("s-1").value();
  EXPECT_EQ(progress.jobs.total(), 6);
  EXPECT_EQ(progress.jobs.done, 1);
  EXPECT_EQ(progress.jobs.running, 1);
  EXPECT_EQ(progress.jobs.queued, 3);
  EXPECT_EQ(progress.jobs.quarantined, 1);
  EXPECT_EQ(progress.jobs.failed, 0);
  ASSERT_EQ(progress.experiments.size(), 2U);
  EXPECT_EQ(progress.experiments[0].experiment, "dsid");
  EXPECT_EQ(progress.experiments[0].folds_done, 1);
  EXPECT_EQ(progress.experiments[0].folds_total, 3);
  EXPECT_EQ(progress.experiments[1].folds_dead, 1);
  ASSERT_EQ(progress.failures.size(), 1U);
  EXPECT_EQ(progress.failures[0].error_class, "hang");
  EXPECT_EQ(progress.failures[0].attempts, 1);
  EXPECT_FALSE(progress.jobs_per_second.has_value());  // one job gives no rate
}

TEST_F(StoreReaderTest, ASweepThatIsFoundIsCountedAsInTheView) {
  TestExperiment other{"other", ModelKind::kSingleTask, Task::kDer};
  SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}, other});
  AddViewJob(plan);  // queued: not counted
  Register(plan);
  Register(MakeTestPlan("s-2", {TestExperiment{}}));
  Register(MakeTestPlan("s-3", {}));
  FinishAt(plan.jobs[1], "10");
  const auto end = [&](const PlannedJob& job, JobState state) {
    Lease(LeaseOf(job.key));
    Apply(RecordAttemptEnd{LeaseOf(job.key), AttemptOutcome::kFailed, "hang", "", state, 3, 0,
                           false});
  };
  end(plan.jobs[2], JobState::kQuarantined);
  end(plan.jobs[4], JobState::kFailed);
  Commit();
  const auto reader = Reader();
  const auto sweeps = reader->Sweeps();
  ASSERT_TRUE(sweeps.ok());
  ASSERT_EQ(sweeps->size(), 3U);
  for (const SweepRow& row : *sweeps) {
    const SweepRow found = reader->FindSweep(row.sweep).value();
    EXPECT_EQ(found.config_sha256, row.config_sha256);
    EXPECT_EQ(found.created_at, row.created_at);
    EXPECT_EQ(found.jobs, row.jobs);
    EXPECT_EQ(found.done, row.done);
    EXPECT_EQ(found.failed, row.failed);
    EXPECT_EQ(found.quarantined, row.quarantined);
  }
  const SweepRow first = reader->FindSweep("s-1").value();
  EXPECT_EQ(first.jobs, 6);
  EXPECT_EQ(first.done, 1);
  EXPECT_EQ(first.failed, 1);
  EXPECT_EQ(first.quarantined, 1);
  EXPECT_EQ(reader->FindSweep("")->jobs, 0);
}

TEST_F(StoreReaderTest, AViewThatWasGivenUpIsNotLeftToDo) {
  SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  const SweepPlan trainings = plan;
  const PlannedJob view = AddViewJob(plan);
  Register(plan);
  FinishAll(trainings);
  Lease(LeaseOf(view.key));
  Commit();
  EXPECT_EQ(Reader()->Progress("s-1")->jobs.running, 1);
  Apply(RecordAttemptEnd{LeaseOf(view.key), AttemptOutcome::kYielded, "", "", JobState::kQueued, 0,
                         0, false});
  Commit();
  const SweepProgress progress = Reader()->Progress("s-1").value();
  EXPECT_EQ(progress.jobs.total(), 3);
  EXPECT_EQ(progress.jobs.done, 3);
  EXPECT_EQ(progress.jobs.queued, 0);
  EXPECT_EQ(Reader()->Jobs("s-1")->size(), 3U);
}

TEST_F(StoreReaderTest, RateIsOfTheNewestRun) {
  TestExperiment many{"many", ModelKind::kDsid, Task::kTer, {0, 1, 2}};
  const SweepPlan plan = MakeTestPlan("s-1", {many});
  Register(plan);
  FinishAt(plan.jobs[0], "00");
  Open();
  Register(plan);
  FinishAt(plan.jobs[1], "40");
  FinishAt(plan.jobs[2], "42");
  FinishAt(plan.jobs[3], "44");
  const SweepProgress progress = Reader()->Progress("s-1").value();
  ASSERT_TRUE(progress.jobs_per_second.has_value());
  constexpr double kSeconds = 44 - 0.123;  // since the first lease
  EXPECT_NEAR(*progress.jobs_per_second, 3 / kSeconds, 1e-4);
  EXPECT_NEAR(progress.eta_seconds.value(), 5 * kSeconds / 3, 1e-2);  // 5 of 9 jobs are left
}

TEST_F(StoreReaderTest, RateLeavesOutEndsOfAClockThatWasWrong) {
  const SweepPlan plan =
      MakeTestPlan("s-1", {TestExperiment{"many", ModelKind::kDsid, Task::kTer, {0, 1}}});
  Register(plan);
  const auto finish_at = [&](const PlannedJob& job, const std::string& now) {
    const LeaseId lease = LeaseOf(job.key);
    Lease(lease);
    Expect(store->Apply(RecordResult{lease, TestResult(job.spec)}, now));
    Commit();
  };
  finish_at(plan.jobs[0], "2199-01-01T00:00:00.000Z");
  finish_at(plan.jobs[1], "2001-01-01T00:00:00.000Z");
  FinishAt(plan.jobs[2], "51");
  FinishAt(plan.jobs[3], "52");
  EXPECT_NEAR(Reader()->Progress("s-1")->jobs_per_second.value(), 2 / (52 - 0.123), 1e-4);
}

TEST_F(StoreReaderTest, RateOfJobsThatEndTogetherCountsTheTimeThatTheyTook) {
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  Register(plan);
  FinishAt(plan.jobs[0], "51");
  FinishAt(plan.jobs[1], "52");
  EXPECT_NEAR(Reader()->Progress("s-1")->jobs_per_second.value(), 2 / (52 - 0.123), 1e-4);
}

TEST_F(StoreReaderTest, CellsAndFolds) {
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  Register(plan);
  Finish(plan.jobs[0]);
  auto cells = Reader()->Cells("s-1").value();
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_EQ(cells[0].task, Task::kDer);
  EXPECT_EQ(cells[0].folds_done, 1);
  EXPECT_EQ(cells[0].folds_failed, 0);
  EXPECT_EQ(cells[0].folds_total, 3);
  EXPECT_EQ(cells[0].features, "action-units");
  EXPECT_EQ(cells[0].job_keys,
            (std::vector<std::string>{plan.jobs[0].key, plan.jobs[1].key, plan.jobs[2].key}));
  EXPECT_FALSE(cells[0].metrics.has_value());
  EXPECT_FALSE(cells[0].commonest.has_value());
  const auto folds = Reader()->Folds("s-1").value();
  ASSERT_EQ(folds.size(), 6U);
  EXPECT_EQ(folds[0].held_out, "01");
  EXPECT_EQ(folds[0].state, JobState::kDone);
  EXPECT_EQ(folds[0].confusion.classes, (std::vector<std::string>{"an", "ha"}));
  EXPECT_EQ(folds[0].confusion.counts, (std::vector<std::int64_t>{1, 0, 1, 0}));
  EXPECT_EQ(folds[1].state, JobState::kQueued);
  EXPECT_TRUE(folds[1].confusion.classes.empty());
  Finish(plan.jobs[1]);
  Finish(plan.jobs[2]);
  cells = Reader()->Cells("s-1").value();
  ASSERT_TRUE(cells[1].metrics.has_value());
  EXPECT_EQ(cells[1].metrics->k, 3);
  EXPECT_EQ(cells[1].metrics->n, 6);
  ASSERT_TRUE(cells[1].commonest.has_value());
  EXPECT_EQ(cells[1].commonest->name, "an");  // as many are "ha"
  EXPECT_EQ(cells[1].commonest->clips, 3);
  EXPECT_FALSE(cells[1].leaky);
  EXPECT_TRUE(Reader()->Cells("another").value().empty());
}

TEST_F(StoreReaderTest, JobsInThePlansOrder) {
  SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  std::swap(plan.jobs[0], plan.jobs[2]);
  Register(plan);
  const auto jobs = Reader()->Jobs("s-1").value();
  ASSERT_EQ(jobs.size(), 3U);
  EXPECT_EQ(jobs[0].job_key, plan.jobs[0].key);
  EXPECT_EQ(jobs[0].held_out, "03");
  EXPECT_EQ(jobs[0].alpha, 0.5);
  EXPECT_EQ(jobs[0].hsic, "paper");
  EXPECT_EQ(jobs[0].seconds, std::nullopt);
}

TEST_F(StoreReaderTest, UsesAndDoneSpecs) {
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  Register(plan);
  Register(MakeTestPlan("s-2", {TestExperiment{}}));
  Finish(plan.jobs[0]);
  const auto uses = Reader()->Uses(plan.jobs[0].key).value();
  ASSERT_EQ(uses.size(), 2U);
  EXPECT_EQ(uses[0].sweep, "s-1");
  EXPECT_EQ(uses[1].sweep, "s-2");
  EXPECT_EQ(uses[1].experiment, "dsid");
  std::vector<std::string> specs;
  Expect(Reader()->ForEachDoneSpec([&](const DoneSpecRow& row) {
    specs.push_back(row.spec);
    EXPECT_EQ(row.seconds, TestResult(plan.jobs[0].spec).seconds);
  }));
  EXPECT_THAT(specs, ElementsAre(CanonicalText(plan.jobs[0].spec)));
  const auto of_fold = [&](const std::string& held_out, std::int64_t seed) {
    specs.clear();
    Expect(Reader()->ForEachDoneSpecOf(held_out, seed,
                                       [&](const DoneSpecRow& row) { specs.push_back(row.spec); }));
    return specs;
  };
  const JobSpec& done = plan.jobs[0].spec;
  EXPECT_THAT(of_fold(done.held_out, done.seed), ElementsAre(CanonicalText(done)));
  EXPECT_TRUE(of_fold(done.held_out, done.seed + 1).empty());
  EXPECT_TRUE(of_fold(plan.jobs[1].spec.held_out, done.seed).empty());
  EXPECT_FALSE(Reader()->ResultOf(plan.jobs[1].key).ok());
}

TEST_F(StoreReaderTest, ReferencedBlobs) {
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  Register(plan);
  JobResult result = TestResult(plan.jobs[0].spec);
  result.output_sha256 = Sha256Hex("weights");
  Lease(LeaseOf(plan.jobs[0].key));
  Apply(RecordResult{LeaseOf(plan.jobs[0].key), result});
  Lease(LeaseOf(plan.jobs[1].key));
  Apply(RecordCheckpoint{LeaseOf(plan.jobs[1].key), {Sha256Hex("checkpoint"), 1, 10, "cpu"}});
  Commit();
  EXPECT_THAT(
      Reader()->ReferencedBlobs().value(),
      UnorderedElementsAre(Sha256Hex("dataset"), Sha256Hex("weights"), Sha256Hex("checkpoint")));
}

// Of a run at whose end somebody read: the database says that it has a write-ahead log.
TEST_F(StoreReaderTest, ACopyOfTheDatabaseAloneIsReadWhereNothingCanBeMade) {
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  Register(plan);
  FinishAll(plan);
  store->Rollback();
  auto reader = Reader();
  ASSERT_TRUE(reader
                  ->InSnapshot([&]() -> Status {
                    EXPECT_TRUE(reader->Sweeps().ok());
                    store.reset();
                    return {};
                  })
                  .ok());
  reader.reset();
  TempFolder elsewhere;
  const StorePaths copy{elsewhere.path() / "a#b?%20"};
  fs::create_directories(copy.root);
  fs::copy_file(paths().database(), copy.database());
  fs::permissions(elsewhere.path(), fs::perms(0755));
  fs::permissions(copy.root, fs::perms(0555));
  fs::permissions(copy.database(), fs::perms(0444));
  constexpr uid_t kNobody = 65534;
  const bool root = geteuid() == 0;  // which may make files anywhere
  if (root) setfsuid(kNobody);
  const auto read = StoreReader::Open(copy);
  EXPECT_TRUE(read.ok()) << FormatError(read.error());
  if (read.ok()) {
    EXPECT_EQ((*read)->FindSweep("s-1")->sweep, "s-1");
  }
  if (root) setfsuid(0);
  fs::permissions(copy.root, fs::perms(0755));
}

TEST_F(StoreReaderTest, AStoreThatIsNotThereIsADataError) {
  const StorePaths nowhere{paths().root / "nowhere"};
  EXPECT_FALSE(StoreReader::Exists(nowhere));
  EXPECT_TRUE(StoreReader::Exists(paths()));
  const auto reader = StoreReader::Open(nowhere);
  ASSERT_FALSE(reader.ok());
  EXPECT_EQ(reader.error().code, ErrorCode::kData);
  EXPECT_FALSE(fs::exists(nowhere.root));
}

// Else `plan` would tell of a store that it may not enter that nothing in it is finished.
TEST_F(StoreReaderTest, AStoreThatCannotBeReachedIsNotAbsent) {
  const StorePaths beneath_a_file{paths().database()};
  EXPECT_TRUE(StoreReader::Exists(beneath_a_file));
  const auto reader = StoreReader::Open(beneath_a_file);
  ASSERT_FALSE(reader.ok());
  EXPECT_EQ(ExitCode(reader.error().code), 3);
  EXPECT_THAT(FormatError(reader.error()), HasSubstr("cannot open the database: Not a directory"));
}

}  // namespace
}  // namespace unmask

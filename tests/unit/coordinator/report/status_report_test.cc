#include "coordinator/report/status_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/testing/store_env.h"

namespace unmask {
namespace {

using testing::HasSubstr;
using testing::Not;

class StatusReport : public testing::Test, protected StoreEnv {
 protected:
  StatusReport() : plan(MakeTestPlan("s-1", {TestExperiment{}})) { Register(plan); }

  SweepStatus Read() {
    auto status = ReadStatus(*Reader(), paths(), "s-1");
    EXPECT_TRUE(status.ok());
    return std::move(status).value();
  }

  SweepPlan plan;
};

TEST_F(StatusReport, TellsWhatFailedAndHow) {
  Finish(plan.jobs[0]);
  const LeaseId lease = LeaseOf(plan.jobs[1].key);
  Lease(lease);
  Apply(RecordAttemptEnd{lease, AttemptOutcome::kFailed, "nan", "loss is \x1b[31mnan\u202E",
                         JobState::kFailed, 0, 0, false});
  Commit();
  const SweepStatus status = Read();
  const std::string text = StatusText(status);
  EXPECT_THAT(text, HasSubstr("1 of 3 done, 0 running, 1 queued, 1 failed, 0 quarantined"));
  EXPECT_THAT(text, HasSubstr("failures  1 nan"));
  EXPECT_THAT(text, HasSubstr("dsid  1/3 folds, 1 failed"));
  EXPECT_THAT(text, HasSubstr(plan.jobs[1].key.substr(0, 12) + " failed, 02 held out: loss is "
                                                               "\\x1b[31mnan\\u202E"));
  EXPECT_THAT(text, HasSubstr("in use by process " + std::to_string(getpid())));
  EXPECT_THAT(text, Not(HasSubstr("more")));
  SweepStatus longer = status;
  longer.progress.jobs.failed += 3;
  EXPECT_THAT(StatusText(longer), HasSubstr("  and 3 more\n"));
  EXPECT_FALSE(status.Finished());
  const auto json = StatusJson(status);
  EXPECT_EQ(json["done"], 1);
  EXPECT_EQ(json["failures"]["nan"], 1);
  EXPECT_EQ(json["experiments"][0]["folds_total"], 3);
  EXPECT_EQ(json["experiments"][0]["folds_failed"], 1);
  EXPECT_EQ(json["failed_jobs"][0]["job_key"], plan.jobs[1].key);
  EXPECT_EQ(json["coordinator"]["pid"], getpid());
  EXPECT_TRUE(json["eta_seconds"].is_null());
}

TEST_F(StatusReport, SaysThatNobodyWorks) {
  store.reset();
  SweepStatus status = Read();
  status.progress.eta_seconds = 9;  // as things went
  EXPECT_TRUE(StatusJson(status)["eta_seconds"].is_null());
  EXPECT_THAT(StatusText(status), HasSubstr("nobody works on it"));
  EXPECT_THAT(StatusText(status), Not(HasSubstr("command")));  // the test's plan is of no file
  EXPECT_TRUE(StatusJson(status)["coordinator"].is_null());
}

// Two sweeps of one store; the second has a job of the first's.
TEST_F(StatusReport, AnotherSweepsCoordinatorDoesNotWorkOnIt) {
  Finish(plan.jobs[0]);
  Apply(RecordLease{LeaseOf(plan.jobs[1].key), TestWorker()});
  Apply(RecordStarted{LeaseOf(plan.jobs[1].key), 0});
  Expect(store->Apply(RecordResult{LeaseOf(plan.jobs[1].key), TestResult(plan.jobs[1].spec)},
                      "2026-11-22T15:41:00.123Z"));
  Commit();
  EXPECT_THAT(StatusOneLine(Read()), HasSubstr("left"));
  Open();
  Register(MakeTestPlan("s-2", {TestExperiment{}}));
  const SweepStatus status = Read();
  EXPECT_THAT(StatusText(status), HasSubstr("nobody works on it"));
  EXPECT_THAT(StatusText(status), HasSubstr("in use by process"));
  EXPECT_TRUE(StatusJson(status)["eta_seconds"].is_null());
  EXPECT_EQ(StatusJson(status)["coordinator"]["pid"], getpid());
  Lease(LeaseOf(plan.jobs[2].key, 1));
  Commit();
  EXPECT_THAT(StatusText(Read()), Not(HasSubstr("nobody works on it")));
}

TEST_F(StatusReport, SaysWhoLeftTheStoreLockedElsewhere) {
  store.reset();
  std::ofstream(paths().lock()) << R"({"host":"node17","pid":123,"boot_id":"another"})";
  const std::string text = StatusText(Read());
  EXPECT_THAT(text, HasSubstr("left locked by process 123 on host node17: --take-over"));
  EXPECT_THAT(text, Not(HasSubstr("nobody works")));
}

TEST_F(StatusReport, SaysThatItIsFinished) {
  FinishAll(plan);
  const SweepStatus status = Read();
  EXPECT_TRUE(status.Finished());
  EXPECT_EQ(StatusOneLine(status),
            "s-1: 3 of 3 done, 0 running, 0 queued, 0 failed, 0 quarantined; finished");
}

}  // namespace
}  // namespace unmask

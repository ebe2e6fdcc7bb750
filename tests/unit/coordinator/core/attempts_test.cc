// How attempts end badly, and what their jobs, dependants and workers make of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/core/scheduler.h"
#include "tests/testing/scheduler_env.h"

namespace unmask {
namespace {

using testing::HasSubstr;

// Crashes job "a" on worker 1, which takes it again at once.
LeaseId CrashAndTakeAgain(SchedulerEnv& env, const LeaseId& lease, int crashes) {
  const auto end = env.Fail(1, lease, FailureClass::kCuda);
  EXPECT_EQ(end.outcome, AttemptOutcome::kFailed);
  EXPECT_EQ(end.error_class, "cuda");
  EXPECT_EQ(end.message, "it broke");
  EXPECT_EQ(end.crashes, crashes);
  EXPECT_EQ(end.job_state, JobState::kQueued);
  env.Sent<Acknowledged>(1);
  const LeaseId next = env.ExpectLease(1, "a");
  EXPECT_EQ(next.attempt.value, lease.attempt.value + 1);
  return next;
}

TEST(AttemptsTest, TheThirdCrashWithoutACheckpointQuarantines) {
  SchedulerEnv env;
  env.Add({AJob("a")});
  LeaseId a = env.JoinAndLease(AWorker(1), "a");
  a = CrashAndTakeAgain(env, a, 1);  // never started: loading crashes count too
  a = CrashAndTakeAgain(env, a, 2);
  const auto end = env.Fail(1, a, FailureClass::kHang);
  EXPECT_EQ(end.job_state, JobState::kQuarantined);
  EXPECT_EQ(end.crashes, 3);
  EXPECT_EQ(end.message,
            "3 crashes without a new checkpoint, the last (attempt 3): hang: it broke; see "
            "logs/a-3.log");
  env.Sent<Acknowledged>(1);
  EXPECT_EQ(env.scheduler.Finished(), FinishReason::kAllSettled);
  EXPECT_EQ(env.scheduler.ExitCode(FinishReason::kAllSettled), 1);
}

TEST(AttemptsTest, ACheckpointForgivesCrashesAndLosses) {
  SchedulerEnv env;
  SchedulerJob job = AJob("a");
  job.crashes = 2;
  job.losses = 4;
  env.Add({job});
  const LeaseId a = env.JoinAndLease(AWorker(1), "a");
  env.Say(1, CheckpointWritten{a, {"sha", 1, 1, "class"}});
  env.Recorded<RecordCheckpoint>();
  CrashAndTakeAgain(env, a, 1);
  env.Lose(1);
  EXPECT_EQ(env.Recorded<RecordAttemptEnd>().losses, 1);
  env.Dropped(1);
}

TEST(AttemptsTest, WhatRanAloneHasCompanyAfterItsNextCheckpoint) {
  SchedulerEnv env;
  SchedulerJob job = AJob("a");
  job.alone = true;
  env.Add({job});
  const LeaseId a = env.JoinAndLease(AWorker(1, 2), "a");
  env.Add({AJob("b")});
  env.ExpectNothing();
  env.Say(1, CheckpointWritten{a, {"sha", 1, 1, "class"}});
  env.Recorded<RecordCheckpoint>();
  env.ExpectLease(1, "b");
  const auto end = env.Fail(1, a, FailureClass::kKilled, false);
  EXPECT_EQ(end.crashes, 0) << "it is one of two suspects again";
  EXPECT_TRUE(end.alone);
  env.Sent<Acknowledged>(1);
}

TEST(AttemptsTest, NotANumberAndBadInputAreNotTriedAgain) {
  for (const FailureClass failure : {FailureClass::kNotANumber, FailureClass::kBadInput}) {
    SchedulerEnv env;
    env.Add({AJob("a")});
    const LeaseId a = env.JoinAndLease(AWorker(1), "a");
    const auto end = env.Fail(1, a, failure);
    EXPECT_EQ(end.job_state, JobState::kFailed);
    EXPECT_EQ(end.crashes, 0);
    env.Sent<Acknowledged>(1);
    EXPECT_EQ(env.scheduler.Counts().failed, 1);
  }
}

TEST(AttemptsTest, AmongOthersNobodyIsBlamedAndTheJobRunsAlone) {
  SchedulerEnv env;
  env.Add({AJob("a"), AJob("b"), AJob("c")});
  const LeaseId a = env.JoinAndLease(AWorker(1, 2), "a");
  const LeaseId b = env.ExpectLease(1, "b");
  const auto end = env.Fail(1, a, FailureClass::kKilled, false);
  EXPECT_TRUE(end.alone);
  EXPECT_EQ(end.crashes, 0);
  env.Sent<Acknowledged>(1);
  const LeaseId c = env.ExpectLease(1, "c");  // not "a": "b" runs still
  env.Finish(1, b);
  env.Sent<Acknowledged>(1);
  env.Finish(1, c);
  env.Sent<Acknowledged>(1);
  const LeaseId again = env.ExpectLease(1, "a");
  env.Add({AJob("d")});  // the other slot stays empty
  const auto blamed = env.Fail(1, again, FailureClass::kKilled, false);
  EXPECT_EQ(blamed.crashes, 1) << "it was alone: no other can be to blame";
  env.Sent<Acknowledged>(1);
  const LeaseId d = env.ExpectLease(1, "d");
  env.Finish(1, d);
  env.Sent<Acknowledged>(1);
  env.ExpectLease(1, "a");
}

TEST(AttemptsTest, ALostWorkersJobsGoToOthersAndCountAsLosses) {
  SchedulerEnv env;
  env.Add({AJob("a")});
  const LeaseId a = env.JoinAndLease(AWorker(1), "a");
  env.Join(AWorker(2));
  env.Sent<Welcome>(2);
  env.Lose(1);
  const auto end = env.Recorded<RecordAttemptEnd>();
  EXPECT_EQ(end.outcome, AttemptOutcome::kLost);
  EXPECT_EQ(end.error_class, "lost");
  EXPECT_EQ(end.losses, 1);
  EXPECT_EQ(end.crashes, 0);
  EXPECT_EQ(env.Dropped(1), "killed");
  const LeaseId again = env.ExpectLease(2, "a");
  EXPECT_EQ(again.attempt.value, 2);
  env.Say(1, ResultReady{a, {}});  // it arrives after all
  EXPECT_EQ(env.Sent<Superseded>(1).lease, a);
}

TEST(AttemptsTest, FiveLossesWithoutACheckpointQuarantine) {
  SchedulerEnv env;
  SchedulerJob job = AJob("a");
  job.losses = 4;
  env.Add({job});
  env.JoinAndLease(AWorker(1), "a");
  env.Lose(1);
  const auto end = env.Recorded<RecordAttemptEnd>();
  EXPECT_EQ(end.job_state, JobState::kQuarantined);
  EXPECT_THAT(end.message, HasSubstr("5 worker losses without a new checkpoint"));
  env.Dropped(1);
}

TEST(AttemptsTest, ADeadDependencyFailsAllThatNeedItByName) {
  SchedulerEnv env;
  env.Add({AJob("a"), AJob("b", {"a"}), AJob("c", {"b"}), AJob("d", {"a", "b"})});
  const LeaseId a = env.JoinAndLease(AWorker(1), "a");
  env.Fail(1, a, FailureClass::kBadInput);
  std::vector<std::string> dead;
  for (int i = 0; i < 3; ++i) {
    const auto failed = env.Recorded<RecordJobFailed>();
    dead.push_back(failed.job_key);
    EXPECT_THAT(failed.message,
                HasSubstr(failed.job_key == "c" ? "job b, which failed" : "job a, which failed"));
  }
  EXPECT_THAT(dead, testing::UnorderedElementsAre("b", "c", "d"));
  env.Sent<Acknowledged>(1);
  EXPECT_EQ(env.scheduler.Finished(), FinishReason::kAllSettled);
}

TEST(AttemptsTest, ADependencyThatTheStoreHasQuarantinedFailsItsDependants) {
  SchedulerEnv env;
  SchedulerJob dead = AJob("a");
  dead.state = JobState::kQuarantined;
  env.Add({dead, AJob("b", {"a"})});
  EXPECT_THAT(env.Recorded<RecordJobFailed>().message, HasSubstr("a, which is quarantined"));
  env.Add({AJob("c", {"a"})});  // later, too
  EXPECT_EQ(env.Recorded<RecordJobFailed>().job_key, "c");
}

TEST(AttemptsTest, ThreeDifferentJobsInARowDrainAWorker) {
  SchedulerEnv env;
  env.Add({AJob("a"), AJob("b"), AJob("c"), AJob("d")});
  LeaseId lease = env.JoinAndLease(AWorker(1), "a");
  for (const char* next : {"b", "c"}) {
    env.Fail(1, lease);
    env.Sent<Acknowledged>(1);
    lease = env.ExpectLease(1, next);
  }
  env.Fail(1, lease);
  env.Sent<Acknowledged>(1);
  env.Sent<StopGracefully>(1);
  env.Sent<Goodbye>(1);
  EXPECT_EQ(env.Dropped(1), "3 different jobs in a row crashed on it");
  EXPECT_EQ(env.Noted(), "worker 1 is drained: 3 different jobs in a row crashed on it");
  EXPECT_EQ(env.scheduler.Finished(), FinishReason::kNoWorkers);
  EXPECT_EQ(env.scheduler.ExitCode(FinishReason::kNoWorkers), 75);
}

TEST(AttemptsTest, ASuccessKeepsAWorker) {
  SchedulerEnv env;
  env.Add({AJob("a"), AJob("b"), AJob("c"), AJob("d"), AJob("e")});
  LeaseId lease = env.JoinAndLease(AWorker(1), "a");
  for (const char* next : {"b", "c"}) {
    env.Fail(1, lease);
    env.Sent<Acknowledged>(1);
    lease = env.ExpectLease(1, next);
  }
  env.Finish(1, lease);
  env.Sent<Acknowledged>(1);
  lease = env.ExpectLease(1, "d");
  env.Fail(1, lease);  // the third, but not in a row
  env.Sent<Acknowledged>(1);
  env.ExpectLease(1, "e");
}

TEST(AttemptsTest, BadJobsKeepAWorker) {
  SchedulerEnv env;
  env.Add({AJob("a"), AJob("b"), AJob("c"), AJob("d")});
  LeaseId lease = env.JoinAndLease(AWorker(1), "a");
  for (const char* next : {"b", "c", "d"}) {
    env.Fail(1, lease, FailureClass::kNotANumber);
    env.Sent<Acknowledged>(1);
    lease = env.ExpectLease(1, next);
  }
}

}  // namespace
}  // namespace unmask

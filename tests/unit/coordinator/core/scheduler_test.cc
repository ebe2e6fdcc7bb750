// Leases, results, and everything that is stale.
#include "coordinator/core/scheduler.h"

#include <gtest/gtest.h>

#include "tests/testing/scheduler_env.h"

namespace unmask {
namespace {

TEST(SchedulerTest, ALeaseIsRecordedBeforeItIsSent) {
  SchedulerEnv env;
  SchedulerJob job = AJob("a");
  job.last_attempt = AttemptNumber{4};
  job.checkpoint_seconds = 5;
  job.keep_best = false;
  env.Add({job});
  env.Join(AWorker(1, 2));
  EXPECT_EQ(env.Sent<Welcome>(1).epoch, CoordinatorEpoch{7});
  const LeaseId id{"a", AttemptNumber{5}, CoordinatorEpoch{7}};
  EXPECT_EQ(env.Recorded<RecordLease>().lease, id);
  const auto lease = env.Sent<Lease>(1);
  EXPECT_EQ(lease.id, id);
  EXPECT_EQ(lease.spec, "spec of a");
  EXPECT_EQ(lease.checkpoint_seconds, 5);
  EXPECT_FALSE(lease.keep_best);
  EXPECT_EQ(env.scheduler.Counts().running, 1);
}

TEST(SchedulerTest, AResultIsRecordedThenAcknowledgedAndFreesTheSlot) {
  SchedulerEnv env;
  env.Add({AJob("a"), AJob("b")});
  const LeaseId a = env.JoinAndLease(AWorker(1), "a");
  ResultReady result{a, {}};
  result.result.best_epoch = 17;
  env.Say(1, result);
  EXPECT_EQ(env.Recorded<RecordResult>().result.best_epoch, 17);
  EXPECT_EQ(env.Sent<Acknowledged>(1).lease, a);
  const LeaseId b = env.ExpectLease(1, "b");
  env.Finish(1, b);
  env.Sent<Acknowledged>(1);
  EXPECT_EQ(env.scheduler.Finished(), FinishReason::kAllSettled);
  EXPECT_EQ(env.scheduler.ExitCode(FinishReason::kAllSettled), 0);
}

TEST(SchedulerTest, ARepeatedResultIsAcknowledgedAgainAndNotRecorded) {
  SchedulerEnv env;
  env.Add({AJob("a")});
  const LeaseId a = env.JoinAndLease(AWorker(1), "a");
  env.Finish(1, a);
  env.Sent<Acknowledged>(1);
  env.Say(1, ResultReady{a, {}});
  EXPECT_EQ(env.Sent<Acknowledged>(1).lease, a);
}

TEST(SchedulerTest, AHeartbeatBehindItsResultIsNotSuperseded) {
  SchedulerEnv env;
  env.Add({AJob("a")});
  const LeaseId a = env.JoinAndLease(AWorker(1), "a");
  env.Finish(1, a);
  env.Sent<Acknowledged>(1);
  env.Say(1, Heartbeat{{{a, 3, 30}}});
}

TEST(SchedulerTest, EverythingAboutAnotherAttemptEpochWorkerOrJobIsSuperseded) {
  SchedulerEnv env;
  env.Add({AJob("a"), AJob("b")});
  const LeaseId a = env.JoinAndLease(AWorker(1), "a");
  env.JoinAndLease(AWorker(2), "b");
  LeaseId old_attempt = a, old_epoch = a, unknown = a;
  --old_attempt.attempt.value;
  --old_epoch.epoch.value;
  unknown.job_key = "no job";
  for (const LeaseId& stale : {old_attempt, old_epoch, unknown}) {
    for (const Message& message : std::vector<Message>{
             AttemptStarted{stale, 0, ""}, CheckpointWritten{stale, {}}, ResultReady{stale, {}},
             AttemptFailed{stale, FailureClass::kKilled, "", true}, Yielded{stale, 0},
             Heartbeat{{{stale, 1, 1}}}}) {
      env.Say(1, message);
      EXPECT_EQ(env.Sent<Superseded>(1).lease, stale);
    }
  }
  env.Say(2, ResultReady{a, {}});  // not its own
  env.Sent<Superseded>(2);
  EXPECT_EQ(env.scheduler.Counts().running, 2);
}

TEST(SchedulerTest, TheStartIsRecordedOnce) {
  SchedulerEnv env;
  env.Add({AJob("a")});
  const LeaseId a = env.JoinAndLease(AWorker(1), "a");
  env.Say(1, AttemptStarted{a, 12, ""});
  EXPECT_EQ(env.Recorded<RecordStarted>().first_epoch, 12);
  env.Say(1, AttemptStarted{a, 12, ""});
}

TEST(SchedulerTest, HeartbeatsMoveTheStatusOfRunningLeases) {
  SchedulerEnv env;
  env.Add({AJob("a")});
  const LeaseId a = env.JoinAndLease(AWorker(1), "a");
  env.Say(1, Heartbeat{{{a, 9, 90}}});
  const std::vector<RunningLease> running = env.scheduler.RunningLeases();
  ASSERT_EQ(running.size(), 1U);
  EXPECT_EQ(running[0].id, a);
  EXPECT_EQ(running[0].worker, WorkerId{1});
  EXPECT_EQ(running[0].epoch, 9);
  EXPECT_FALSE(running[0].started);
}

TEST(SchedulerTest, AYieldIsNoCrashAndTheJobGoesOnFromItsNewestCheckpoints) {
  SchedulerEnv env;
  env.Add({AJob("a")});
  const LeaseId a = env.JoinAndLease(AWorker(1), "a");
  for (const std::int64_t epoch : {1, 2, 3}) {
    env.Say(1, CheckpointWritten{a, {"sha" + std::to_string(epoch), epoch, 10, "class"}});
    EXPECT_EQ(env.Recorded<RecordCheckpoint>().checkpoint.epoch, epoch);
  }
  env.Say(1, CheckpointWritten{a, {"sha3", 3, 10, "class"}});  // once more: still one of two
  env.Recorded<RecordCheckpoint>();
  env.Say(1, Yielded{a, 3});
  const auto end = env.Recorded<RecordAttemptEnd>();
  EXPECT_EQ(end.outcome, AttemptOutcome::kYielded);
  EXPECT_EQ(end.job_state, JobState::kQueued);
  EXPECT_EQ(end.crashes, 0);
  EXPECT_EQ(env.Sent<Acknowledged>(1).lease, a);
  env.Recorded<RecordLease>();
  const auto lease = env.Sent<Lease>(1);
  EXPECT_EQ(lease.id.attempt.value, a.attempt.value + 1);
  ASSERT_EQ(lease.checkpoints.size(), 2U);
  EXPECT_EQ(lease.checkpoints[0].epoch, 3);
  EXPECT_EQ(lease.checkpoints[1].epoch, 2);
}

TEST(SchedulerTest, StopLeasesNothingMoreAndEndsWhenAllIsYielded) {
  SchedulerEnv env;
  env.Add({AJob("a"), AJob("b")});
  const LeaseId a = env.JoinAndLease(AWorker(1), "a");
  env.Stop();
  env.Sent<StopGracefully>(1);
  env.Stop();  // once is enough
  EXPECT_FALSE(env.scheduler.Finished());
  env.Join(AWorker(2));
  env.Sent<Welcome>(2);
  env.Sent<StopGracefully>(2);
  env.Say(1, Yielded{a, 0});
  env.Recorded<RecordAttemptEnd>();
  env.Sent<Acknowledged>(1);
  EXPECT_EQ(env.scheduler.Finished(), FinishReason::kStopped);
  EXPECT_EQ(env.scheduler.ExitCode(FinishReason::kStopped), 75);
}

TEST(SchedulerTest, WhatTheStoreHasSettledIsNotLeased) {
  SchedulerEnv env;
  SchedulerJob done = AJob("a"), failed = AJob("b"), quarantined = AJob("c");
  done.state = JobState::kDone;
  failed.state = JobState::kFailed;
  quarantined.state = JobState::kQuarantined;
  env.Add({done, failed, quarantined});
  env.Join(AWorker(1));
  env.Sent<Welcome>(1);
  EXPECT_EQ(env.scheduler.Finished(), FinishReason::kAllSettled);
  EXPECT_EQ(env.scheduler.ExitCode(FinishReason::kAllSettled), 1);
}

TEST(SchedulerTest, AMessageThatIsNotForACoordinatorChangesNothing) {
  SchedulerEnv env;
  env.Add({AJob("a")});
  env.JoinAndLease(AWorker(1), "a");
  env.Say(1, Goodbye{});
  EXPECT_EQ(env.Noted(), "worker 1 sent what is not for a coordinator");
}

}  // namespace
}  // namespace unmask

// Jobs that several workers train together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/core/scheduler.h"
#include "tests/testing/scheduler_env.h"

namespace unmask {
namespace {

SchedulerJob AGang(const std::string& key, int size) {
  SchedulerJob job = AJob(key);
  job.gang = size;
  return job;
}

class GangsTest : public testing::Test {
 protected:
  void Join(const WorkerInfo& worker) {
    env.Join(worker);
    env.Sent<Welcome>(worker.id.value);
  }
  // Every member has its seat, under one record.
  LeaseId ExpectGang(const std::string& key, const std::vector<int>& members) {
    const auto record = env.Recorded<RecordLease>();
    EXPECT_EQ(record.worker.id.value, members.front());
    EXPECT_EQ(record.others.size() + 1, members.size());
    for (std::size_t i = 0; i < members.size(); ++i) {
      const auto lease = env.Sent<Lease>(members[i]);
      EXPECT_EQ(lease.id, record.lease);
      EXPECT_EQ(lease.id.job_key, key);
      EXPECT_EQ(lease.gang.member, static_cast<std::int32_t>(i));
      EXPECT_EQ(lease.gang.size, std::ssize(members));
      if (i > 0) {
        EXPECT_EQ(record.others[i - 1].value, members[i]);
      }
      one_host = lease.gang.one_host;
    }
    return record.lease;
  }
  // Two workers with a slot each, and the gang that they are.
  LeaseId TwoAtWork(const std::string& key = "g") {
    env.Add({AGang(key, 2)});
    Join(AWorker(1));
    env.ExpectNothing();
    Join(AWorker(2));
    return ExpectGang(key, {1, 2});
  }
  void Meet(const LeaseId& lease) {
    env.Say(1, GangReady{lease, "here:7"});
    env.ExpectNothing();
    env.Say(2, GangReady{lease, ""});
    for (const int member : {1, 2}) EXPECT_EQ(env.Sent<GangGo>(member).address, "here:7");
  }

  SchedulerEnv env;
  bool one_host = false;
};

TEST_F(GangsTest, IsLeasedWholeOrNotAtAll) {
  env.Add({AGang("g", 3)});
  Join(AWorker(1, 4));  // with slots enough for all, but one worker is one member
  Join(AWorker(2));
  Join(AWorker(3, 1, "another class"));
  env.ExpectNothing();
  Join(AWorker(4));
  ExpectGang("g", {1, 2, 4});
  EXPECT_TRUE(one_host);
  EXPECT_EQ(env.scheduler.RunningLeases().size(), 3U);
  EXPECT_EQ(env.scheduler.Counts().running, 1);
}

TEST_F(GangsTest, SaysWhetherItIsOnOneHost) {
  env.Add({AGang("g", 2)});
  Join(AWorker(1));
  WorkerInfo elsewhere = AWorker(2);
  elsewhere.host = "elsewhere";
  Join(elsewhere);
  ExpectGang("g", {1, 2});
  EXPECT_FALSE(one_host);
}

TEST_F(GangsTest, OtherJobsComeFirstAndNoSlotIsKeptFree) {
  env.Add({AGang("g", 2), AJob("a"), AJob("b"), AJob("c")});
  const LeaseId a = env.JoinAndLease(AWorker(1), "a");
  const LeaseId b = env.JoinAndLease(AWorker(2), "b");
  env.Finish(1, a);
  env.Sent<Acknowledged>(1);
  const LeaseId c = env.ExpectLease(1, "c");
  env.Finish(2, b);
  env.Sent<Acknowledged>(2);
  env.ExpectNothing();  // one of two is free
  env.Finish(1, c);
  env.Sent<Acknowledged>(1);
  ExpectGang("g", {1, 2});
}

TEST_F(GangsTest, MeetsWhenAllAreReadyInWhateverOrder) {
  const LeaseId lease = TwoAtWork();
  env.Say(2, GangReady{lease, ""});
  env.ExpectNothing();
  env.Say(1, GangReady{lease, "here:7"});
  for (const int member : {1, 2}) EXPECT_EQ(env.Sent<GangGo>(member).lease, lease);
  env.Say(2, GangReady{lease, ""});  // said again
}

TEST_F(GangsTest, MemberZeroSpeaksForAll) {
  const LeaseId lease = TwoAtWork();
  Meet(lease);
  env.Say(1, AttemptStarted{lease, 0, ""});
  env.Recorded<RecordStarted>();
  env.Say(2, GangLeft{lease, ""});  // a little sooner than the result
  env.Tick(Millis(30'000));
  env.Finish(1, lease);
  EXPECT_EQ(env.Sent<Superseded>(2).lease, lease);
  EXPECT_EQ(env.Sent<Acknowledged>(1).lease, lease);
  EXPECT_EQ(env.scheduler.Finished(), FinishReason::kAllSettled);
}

TEST_F(GangsTest, ACrashOfOneMemberEndsTheAttemptForAll) {
  const LeaseId lease = TwoAtWork();
  Meet(lease);
  const RecordAttemptEnd end = env.Fail(2, lease);
  EXPECT_EQ(end.crashes, 1);
  EXPECT_EQ(end.job_state, JobState::kQueued);
  EXPECT_EQ(env.Sent<Superseded>(1).lease, lease);
  EXPECT_EQ(env.Sent<Acknowledged>(2).lease, lease);
  EXPECT_EQ(ExpectGang("g", {1, 2}).attempt.value, 2);
  env.Say(1, ResultReady{lease, {}});  // of the attempt that is over
  EXPECT_EQ(env.Sent<Superseded>(1).lease, lease);
}

TEST_F(GangsTest, ALostMemberEndsItToo) {
  const LeaseId lease = TwoAtWork();
  Meet(lease);
  env.Lose(2);
  const auto end = env.Recorded<RecordAttemptEnd>();
  EXPECT_EQ(end.outcome, AttemptOutcome::kLost);
  EXPECT_EQ(end.losses, 1);
  EXPECT_EQ(end.crashes, 0);
  EXPECT_EQ(env.Sent<Superseded>(1).lease, lease);
  env.Dropped(2);
  EXPECT_EQ(env.scheduler.Finished(), FinishReason::kNoWorkers);  // one is too few
}

TEST_F(GangsTest, WhoKnowsWhyIsHeardBeforeWhoOnlyLostTheOthers) {
  const LeaseId lease = TwoAtWork();
  Meet(lease);
  env.Say(1, GangLeft{lease, "connection reset"});
  env.ExpectNothing();
  const RecordAttemptEnd end = env.Fail(2, lease, FailureClass::kOutOfMemory);
  EXPECT_EQ(end.error_class, "out-of-memory");
  env.Sent<Superseded>(1);
  env.Sent<Acknowledged>(2);
  ExpectGang("g", {1, 2});
}

TEST_F(GangsTest, WhereNobodyKnowsWhyItIsALoss) {
  const LeaseId lease = TwoAtWork();
  Meet(lease);
  env.Say(2, GangLeft{lease, "timed out"});
  env.Tick(Millis(1));
  for (const int member : {1, 2}) env.Say(member, Heartbeat{});
  env.Tick(Millis(9'999));  // who knows why may still say it
  env.ExpectNothing();
  env.Tick(Millis(1));
  const auto end = env.Recorded<RecordAttemptEnd>();
  EXPECT_EQ(end.outcome, AttemptOutcome::kLost);
  EXPECT_EQ(end.message, "timed out");
  for (const int member : {1, 2}) EXPECT_EQ(env.Sent<Superseded>(member).lease, lease);
  ExpectGang("g", {1, 2});
}

TEST_F(GangsTest, ItIsNoLossBeforeAllAreHeardFrom) {
  const LeaseId lease = TwoAtWork();
  Meet(lease);
  env.Say(2, GangLeft{lease, "timed out"});
  env.Tick(Millis(10'001));
  env.Say(1, Heartbeat{});
  env.Tick(Millis(1));
  env.ExpectNothing();
  env.Say(2, Heartbeat{});
  env.Tick(Millis(1));
  EXPECT_EQ(env.Recorded<RecordAttemptEnd>().message, "timed out");
  for (const int member : {1, 2}) EXPECT_EQ(env.Sent<Superseded>(member).lease, lease);
  ExpectGang("g", {1, 2});
}

TEST_F(GangsTest, ASilentMemberIsLostByItsSilence) {
  const LeaseId lease = TwoAtWork();
  Meet(lease);
  env.Tick(Millis(500));
  env.Say(1, GangLeft{lease, "connection reset"});  // its trainer died with its agent
  for (int i = 0; i < 5; ++i) {
    env.Tick(Millis(10'000));
    env.ExpectNothing();  // not leased again to who may be dead
    env.Say(1, Heartbeat{});
  }
  env.Tick(Millis(10'000));
  EXPECT_THAT(env.Recorded<RecordAttemptEnd>().message, testing::HasSubstr("worker 2 on host"));
  env.Sent<Superseded>(1);
  env.Dropped(2);
}

TEST_F(GangsTest, ABrokenWorkerIsAvoidedWhereOthersAreEnough) {
  const LeaseId lease = TwoAtWork();
  Join(AWorker(3));
  env.ExpectNothing();
  Meet(lease);
  const RecordAttemptEnd end = env.Fail(2, lease);
  EXPECT_EQ(end.message, "worker 2 on host: it broke");
  env.Sent<Superseded>(1);
  env.Sent<Acknowledged>(2);
  ExpectGang("g", {1, 3});
}

TEST_F(GangsTest, ACrashedGangGoesBehindTheOthers) {
  env.Add({AGang("a", 2), AGang("b", 2)});
  Join(AWorker(1));
  Join(AWorker(2));
  const LeaseId a = ExpectGang("a", {1, 2});
  env.Fail(1, a);
  env.Sent<Superseded>(2);
  env.Sent<Acknowledged>(1);
  ExpectGang("b", {1, 2});
}

TEST_F(GangsTest, ASuccessClearsTheNameOfEveryMember) {
  env.Add({AGang("a", 2), AGang("b", 2), AGang("c", 2), AGang("d", 2)});
  Join(AWorker(1));
  Join(AWorker(2));
  const auto crash = [&](const std::string& key) {
    env.Fail(2, ExpectGang(key, {1, 2}));
    env.Sent<Superseded>(1);
    env.Sent<Acknowledged>(2);
  };
  crash("a");
  crash("b");
  const LeaseId c = ExpectGang("c", {1, 2});
  env.Finish(1, c);
  env.Sent<Superseded>(2);
  env.Sent<Acknowledged>(1);
  crash("d");  // the third in all, but not in a row
  ExpectGang("a", {1, 2});
}

TEST_F(GangsTest, AnyMemberThatYieldsEndsTheAttempt) {
  const LeaseId lease = TwoAtWork();
  env.Stop();
  for (const int member : {1, 2}) env.Sent<StopGracefully>(member);
  env.Say(2, Yielded{lease, 0});
  EXPECT_EQ(env.Recorded<RecordAttemptEnd>().outcome, AttemptOutcome::kYielded);
  env.Sent<Superseded>(1);
  env.Sent<Acknowledged>(2);
  EXPECT_EQ(env.scheduler.Finished(), FinishReason::kStopped);
}

TEST_F(GangsTest, AGangThatMustRunAloneTakesIdleWorkersAlone) {
  SchedulerJob alone = AGang("g", 2);
  alone.alone = true;
  env.Add({AJob("a"), alone});
  const LeaseId a = env.JoinAndLease(AWorker(1, 2), "a");
  Join(AWorker(2, 2));
  env.ExpectNothing();  // worker 1 has a slot free, but not nothing else to do
  env.Finish(1, a);
  env.Sent<Acknowledged>(1);
  ExpectGang("g", {1, 2});
  env.Add({AJob("b")});
  env.ExpectNothing();  // no company
}

TEST_F(GangsTest, AJobThatCrashedGoesFirstWhereverItMay) {
  env.Add({AJob("a"), AJob("b"), AGang("g", 2)});
  const LeaseId a = env.JoinAndLease(AWorker(1), "a");
  const LeaseId b = env.JoinAndLease(AWorker(2), "b");
  env.Fail(1, a);
  env.Sent<Acknowledged>(1);
  env.Finish(2, b);
  env.Sent<Acknowledged>(2);
  env.ExpectLease(2, "a");  // worker 1, which it avoids, speaks first, and would lead the gang
}

TEST_F(GangsTest, TooFewWorkersEndTheRunOnceNoneMayStillCome) {
  SchedulerConfig config;
  config.expected_workers = 2;
  SchedulerEnv late(config);
  late.Add({AGang("g", 2)});
  late.Join(AWorker(1));
  late.Sent<Welcome>(1);
  EXPECT_EQ(late.scheduler.Finished(), std::nullopt);  // the other may come
  late.Lose(2);
  EXPECT_EQ(late.scheduler.Finished(), FinishReason::kNoWorkers);
  EXPECT_EQ(late.scheduler.ExitCode(FinishReason::kNoWorkers), 75);
}

}  // namespace
}  // namespace unmask

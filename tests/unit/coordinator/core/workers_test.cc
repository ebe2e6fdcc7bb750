// Workers that fall silent, drain, come back or never come.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/core/scheduler.h"
#include "tests/testing/scheduler_env.h"

namespace unmask {
namespace {

SchedulerConfig Limits() {
  SchedulerConfig config;
  config.worker_silence_limit = Millis(1000);
  config.silence_patience = Millis(5000);
  config.join_limit = Millis(2000);
  return config;
}

TEST(WorkersTest, SilenceBeyondTheLimitLosesTheWorkerUntilItJoinsAnew) {
  SchedulerEnv env(Limits());
  env.Add({AJob("a")});
  const LeaseId a = env.JoinAndLease(AWorker(1), "a");
  for (int i = 0; i < 4; ++i) env.Tick(Millis(250));
  env.ExpectNothing();  // exactly the limit: not yet
  env.Tick(Millis(1));
  EXPECT_EQ(env.Recorded<RecordAttemptEnd>().outcome, AttemptOutcome::kLost);
  EXPECT_THAT(env.Dropped(1), testing::HasSubstr("silent"));
  env.Say(1, Heartbeat{{{a, 1, 1}}});  // it was only asleep
  EXPECT_EQ(env.Sent<Superseded>(1).lease, a);
  env.Sent<JoinAnew>(1);
  env.Say(1, Heartbeat{});                            // it is asked once
  EXPECT_EQ(env.scheduler.Finished(), std::nullopt);  // though nobody else is there
  EXPECT_EQ(env.JoinAndLease(AWorker(1), "a").attempt.value, 2);
}

TEST(WorkersTest, TheLastThatIsSilentIsWaitedForAWhile) {
  SchedulerEnv env(Limits());
  env.Add({AJob("a")});
  env.JoinAndLease(AWorker(1), "a");
  for (int i = 0; i < 5; ++i) env.Tick(Millis(250));
  env.Recorded<RecordAttemptEnd>();
  EXPECT_THAT(env.Dropped(1), testing::HasSubstr("silent"));
  for (int i = 0; i < 20; ++i) env.Tick(Millis(250));
  EXPECT_EQ(env.scheduler.Finished(), std::nullopt);
  env.Tick(Millis(250));
  EXPECT_EQ(env.scheduler.Finished(), FinishReason::kNoWorkers);
}

TEST(WorkersTest, AnyMessageEndsTheSilence) {
  SchedulerEnv env(Limits());
  env.Add({AJob("a")});
  const LeaseId a = env.JoinAndLease(AWorker(1), "a");
  for (int i = 0; i < 20; ++i) {
    env.Tick(Millis(400));
    env.Say(1, Heartbeat{{{a, i, i}}});
  }
}

TEST(WorkersTest, ACoordinatorThatWasStoppedBlamesNobody) {
  SchedulerEnv env(Limits());
  env.Add({AJob("a")});
  env.JoinAndLease(AWorker(1), "a");
  env.Tick(Millis(100));
  env.Tick(Millis(60'000));
  EXPECT_EQ(env.scheduler.connected_workers(), 1U);
}

TEST(WorkersTest, ADrainingWorkerGetsNothingNewAndLeavesWithItsLastLease) {
  SchedulerEnv env;
  env.Add({AJob("a"), AJob("b"), AJob("c")});
  const LeaseId a = env.JoinAndLease(AWorker(1, 2), "a");
  const LeaseId b = env.ExpectLease(1, "b");
  env.Say(1, Draining{});
  env.Sent<StopGracefully>(1);
  EXPECT_EQ(env.Noted(), "worker 1 is drained: stops by itself");
  env.Say(1, Yielded{a, 0});
  env.Recorded<RecordAttemptEnd>();
  env.Sent<Acknowledged>(1);
  env.Finish(1, b);
  env.Sent<Acknowledged>(1);
  env.Sent<Goodbye>(1);
  EXPECT_EQ(env.Dropped(1), "stops by itself");
}

TEST(WorkersTest, JoiningAgainLosesTheFormerSelf) {
  SchedulerEnv env;
  env.Add({AJob("a")});
  const LeaseId a = env.JoinAndLease(AWorker(1), "a");
  env.Join(AWorker(1));
  EXPECT_EQ(env.Recorded<RecordAttemptEnd>().lease, a);
  env.Dropped(1);
  env.Sent<Welcome>(1);
  EXPECT_EQ(env.ExpectLease(1, "a").attempt.value, 2);
  env.Say(1, Yielded{a, 0});
  env.Sent<Superseded>(1);
}

TEST(WorkersTest, TheRunWaitsForThoseWhoMayStillJoin) {
  SchedulerConfig config = Limits();
  config.expected_workers = 3;
  SchedulerEnv env(config);
  env.Add({AJob("a")});
  env.Lose(2);  // died before its Hello
  env.JoinAndLease(AWorker(1), "a");
  env.Lose(1);
  env.Recorded<RecordAttemptEnd>();
  env.Dropped(1);
  EXPECT_FALSE(env.scheduler.Finished()) << "worker 3 may still come";
  for (int i = 0; i < 5; ++i) env.Tick(Millis(500));
  EXPECT_FALSE(env.scheduler.Finished());
  env.Tick(Millis(1));
  EXPECT_EQ(env.scheduler.Finished(), FinishReason::kNoWorkers);
}

TEST(WorkersTest, WhereAllDieBeforeTheirHelloTheRunIsOver) {
  SchedulerConfig config = Limits();
  config.expected_workers = 2;
  SchedulerEnv env(config);
  env.Add({AJob("a")});
  env.Lose(1);
  EXPECT_FALSE(env.scheduler.Finished());
  env.Lose(2);
  EXPECT_EQ(env.scheduler.Finished(), FinishReason::kNoWorkers);
}

TEST(WorkersTest, BeforeAnyWorkerNothingIsOver) {
  SchedulerEnv env;
  env.Add({AJob("a")});
  env.Tick(Millis(100));
  EXPECT_FALSE(env.scheduler.Finished());
}

}  // namespace
}  // namespace unmask

// Who runs what, in which order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/core/scheduler.h"
#include "tests/testing/scheduler_env.h"

namespace unmask {
namespace {

CheckpointRef Checkpoint(std::int64_t epoch, const std::string& numerics_class) {
  return {"sha", epoch, 10, numerics_class};
}

TEST(LeasingTest, FeaturesThenResumedThenPlanThenCrashedThenAlone) {
  SchedulerEnv env;
  SchedulerJob alone = AJob("alone"), crashed = AJob("crashed"), resumed = AJob("resumed");
  SchedulerJob features = AJob("features");
  alone.alone = true;
  crashed.crashes = 1;
  resumed.checkpoints = {Checkpoint(3, "class")};
  features.kind = JobKind::kFeatures;
  env.Add({alone, crashed, AJob("first"), AJob("second"), resumed, features});
  LeaseId lease = env.JoinAndLease(AWorker(1), "features");
  for (const char* next : {"resumed", "first", "second", "crashed", "alone"}) {
    env.Finish(1, lease);
    env.Sent<Acknowledged>(1);
    lease = env.ExpectLease(1, next);
  }
}

TEST(LeasingTest, AHandfulOfJobsSpreadsOverTheWorkers) {
  SchedulerEnv env;
  env.Join(AWorker(1, 4));
  env.Sent<Welcome>(1);
  env.Join(AWorker(2, 4));
  env.Sent<Welcome>(2);
  env.Add({AJob("a"), AJob("b"), AJob("c")});
  env.ExpectLease(1, "a");
  env.ExpectLease(2, "b");
  env.ExpectLease(1, "c");
}

TEST(LeasingTest, ADependantWaitsForAllItsDependencies) {
  SchedulerEnv env;
  env.Add({AJob("a"), AJob("b"), AJob("c", {"a", "b"})});
  const LeaseId a = env.JoinAndLease(AWorker(1, 4), "a");
  const LeaseId b = env.ExpectLease(1, "b");
  EXPECT_EQ(env.scheduler.Counts().waiting, 1);
  env.Finish(1, a);
  env.Sent<Acknowledged>(1);
  env.Say(1, ResultReady{b, {}});
  env.Recorded<RecordResult>();
  env.Sent<Acknowledged>(1);
  env.ExpectLease(1, "c");
}

TEST(LeasingTest, ADependencyThatIsDoneInTheStoreHoldsNothingUp) {
  SchedulerEnv env;
  SchedulerJob done = AJob("a");
  done.state = JobState::kDone;
  env.Add({AJob("b", {"a"}), done});  // even one that comes later
  env.JoinAndLease(AWorker(1), "b");
}

TEST(LeasingTest, ACrashedJobGoesToAnotherWorkerIfThereIsOne) {
  SchedulerEnv env;
  env.Add({AJob("a"), AJob("b")});
  const LeaseId a = env.JoinAndLease(AWorker(1), "a");
  const LeaseId b = env.JoinAndLease(AWorker(2), "b");
  env.Fail(1, a);
  env.Sent<Acknowledged>(1);  // worker 1 idles rather than take it again
  env.Finish(2, b);
  env.Sent<Acknowledged>(2);
  env.ExpectLease(2, "a");
}

TEST(LeasingTest, ACrashedJobComesBackWhenTheOthersAreGone) {
  SchedulerEnv env;
  env.Add({AJob("a"), AJob("b")});
  const LeaseId a = env.JoinAndLease(AWorker(1), "a");
  env.JoinAndLease(AWorker(2), "b");
  env.Fail(1, a);
  env.Sent<Acknowledged>(1);
  env.Lose(2);
  env.Recorded<RecordAttemptEnd>();
  env.Dropped(2);
  const LeaseId b = env.ExpectLease(1, "b");
  env.Finish(1, b);
  env.Sent<Acknowledged>(1);
  env.ExpectLease(1, "a");
}

TEST(LeasingTest, ACellStaysWithTheClassThatItBeganIn) {
  SchedulerEnv env;
  SchedulerJob a = AJob("a"), b = AJob("b");
  a.cell = b.cell = "cell";
  env.Add({a, b});
  const LeaseId lease = env.JoinAndLease(AWorker(1, 1, "avx2"), "a");
  env.Join(AWorker(2, 1, "cuda"));
  env.Sent<Welcome>(2);  // "b" waits for avx2
  env.Finish(1, lease);
  env.Sent<Acknowledged>(1);
  env.ExpectLease(1, "b");
}

TEST(LeasingTest, ACrashedJobReturnsToTheOnlyWorkerOfItsClass) {
  SchedulerEnv env;
  env.Add({AJob("a")});
  const LeaseId a = env.JoinAndLease(AWorker(1, 1, "avx2"), "a");
  env.Join(AWorker(2, 1, "cuda"));
  env.Sent<Welcome>(2);
  env.Fail(1, a);
  env.Sent<Acknowledged>(1);
  env.ExpectLease(1, "a");
}

TEST(LeasingTest, ThePinMovesWhenItsClassIsGoneAndCheckpointsStayBehind) {
  SchedulerEnv env;
  SchedulerJob a = AJob("a");
  a.checkpoints = {Checkpoint(5, "avx2"), Checkpoint(4, "cuda")};
  a.numerics_class = "avx2";
  env.Add({a});
  env.Join(AWorker(1, 1, "cuda"));
  env.Sent<Welcome>(1);
  env.Recorded<RecordLease>();
  const auto lease = env.Sent<Lease>(1);
  ASSERT_EQ(lease.checkpoints.size(), 1U);
  EXPECT_EQ(lease.checkpoints[0].epoch, 4);
  EXPECT_THAT(env.Noted(), testing::HasSubstr("from avx2 to cuda"));
}

TEST(LeasingTest, ThePinWaitsForWhoMayStillJoin) {
  SchedulerConfig config;
  config.expected_workers = 3;
  SchedulerEnv env(config);
  SchedulerJob a = AJob("a"), c = AJob("c");
  a.checkpoints = {Checkpoint(5, "avx2")};
  a.numerics_class = c.numerics_class = "avx2";
  env.Add({a, AJob("b"), c});
  env.JoinAndLease(AWorker(1, 2, "cuda"), "b");
  EXPECT_EQ(env.JoinAndLease(AWorker(2, 1, "avx2"), "a").attempt.value, 1);
  env.Lose(2);
  env.Recorded<RecordAttemptEnd>();
  env.Dropped(2);
  env.Lose(3);  // nobody is left to wait for
  env.ExpectLease(1, "a");
  EXPECT_THAT(env.Noted(), testing::HasSubstr("from avx2 to cuda"));
  env.fake.notes.clear();
}

TEST(LeasingTest, TheStoresClassPinsACell) {
  SchedulerEnv env;
  SchedulerJob a = AJob("a"), b = AJob("b");
  a.cell = b.cell = "cell";
  a.state = JobState::kDone;
  a.numerics_class = "avx2";
  env.Add({a, b, AJob("c")});
  env.Join(AWorker(1, 1, "avx2"));
  env.Sent<Welcome>(1);
  const LeaseId lease = env.ExpectLease(1, "b");
  env.JoinAndLease(AWorker(2, 1, "cuda"), "c");
  env.Say(1, Yielded{lease, 0});
  env.Recorded<RecordAttemptEnd>();
  env.Sent<Acknowledged>(1);
  env.ExpectLease(1, "b");
}

}  // namespace
}  // namespace unmask

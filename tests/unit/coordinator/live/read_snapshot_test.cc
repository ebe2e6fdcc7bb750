#include "coordinator/live/read_snapshot.h"

#include <gtest/gtest.h>

#include "tests/testing/store_env.h"

namespace unmask {
namespace {

class ReadSnapshotTest : public testing::Test, protected StoreEnv {
 protected:
  LiveSnapshot Read(const std::string& wall_time = "2026-11-22T15:41:01.623Z") {
    auto snapshot = ReadSnapshot(*Reader(), paths(), "s-1", wall_time);
    EXPECT_TRUE(snapshot.ok());
    return *snapshot;
  }
};

TEST_F(ReadSnapshotTest, TellsWhatRunsWhereAndForHowLong) {
  const SweepPlan plan = MakeTestPlan("s-1", {{}});
  Register(plan);
  Finish(plan.jobs[0]);
  Lease(LeaseOf(plan.jobs[1].key));
  Commit();
  LiveSnapshot snapshot = Read();
  EXPECT_EQ(snapshot.phase, LivePhase::kRunning);
  EXPECT_EQ(snapshot.points.at(0).folds, "#>.");
  ASSERT_EQ(snapshot.workers.size(), 1U);
  EXPECT_EQ(snapshot.workers[0].host, "host-a");
  ASSERT_EQ(snapshot.workers[0].jobs.size(), 1U);
  EXPECT_EQ(snapshot.workers[0].jobs[0].held_out, "02");
  EXPECT_FALSE(snapshot.workers[0].jobs[0].started);
  EXPECT_DOUBLE_EQ(snapshot.workers[0].jobs[0].seconds, 61.5);  // since kStoreNow
  store.reset();
  const LiveSnapshot left = Read();
  EXPECT_EQ(left.phase, LivePhase::kUnattended);
  EXPECT_TRUE(left.workers.empty());  // killed with everything else
  EXPECT_FALSE(left.eta_seconds);
}

TEST_F(ReadSnapshotTest, AnotherSweepsCoordinatorIsNotItsOwn) {
  Register(MakeTestPlan("s-1", {{}}));
  EXPECT_EQ(Read().phase, LivePhase::kRunning);
  Open();
  Register(MakeTestPlan("s-2", {{}}));
  EXPECT_EQ(Read().phase, LivePhase::kUnattended);
}

TEST_F(ReadSnapshotTest, IsFinishedWhetherSomebodyIsThereOrNot) {
  const SweepPlan plan = MakeTestPlan("s-1", {{}});
  Register(plan);
  FinishAll(plan);
  EXPECT_EQ(Read().phase, LivePhase::kFinished);
  store.reset();
  EXPECT_EQ(Read().phase, LivePhase::kFinished);
  EXPECT_TRUE(Read().workers.empty());
}

TEST_F(ReadSnapshotTest, TheNewestErrorsComeFirst) {
  const SweepPlan plan = MakeTestPlan("s-1", {{}});
  Register(plan);
  for (std::size_t i = 0; i < plan.jobs.size(); ++i) {
    const LeaseId lease = LeaseOf(plan.jobs[i].key);
    Lease(lease);
    const RecordAttemptEnd end{
        lease, AttemptOutcome::kFailed, "killed", "it broke", JobState::kQueued, 1, 0, false};
    const std::string second = std::to_string((i + 1) % 3);  // the first job's is the second
    Expect(store->Apply(end, "2026-11-22T15:40:0" + second + ".000Z"));
  }
  Commit();
  std::vector<std::string> held_out;
  for (const LiveFailure& failure : Read().failures) held_out.push_back(failure.held_out);
  EXPECT_EQ(held_out, (std::vector<std::string>{"02", "01", "03"}));
}

TEST(SecondsBetween, ReadsTheStoresTimes) {
  EXPECT_DOUBLE_EQ(SecondsBetween("2026-11-22T23:59:59.500Z", "2026-11-23T00:00:01.000Z"), 1.5);
  EXPECT_DOUBLE_EQ(SecondsBetween("2026-11-22T15:40:01.000Z", "2026-11-22T15:40:00.000Z"), 0);
  EXPECT_DOUBLE_EQ(SecondsBetween("", "2026-11-22T15:40:00.000Z"), 0);
}

}  // namespace
}  // namespace unmask

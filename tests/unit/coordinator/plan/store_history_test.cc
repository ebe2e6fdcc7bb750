#include "coordinator/plan/store_history.h"

#include "tests/testing/store_env.h"

namespace unmask {
namespace {

class StoreHistoryTest : public testing::Test, protected StoreEnv {
 protected:
  void FinishIn(const PlannedJob& job, double seconds) {
    JobResult result = TestResult(job.spec);
    result.seconds = seconds;
    Lease(LeaseOf(job.key));
    Apply(RecordResult{LeaseOf(job.key), result});
    Commit();
  }
};

TEST_F(StoreHistoryTest, APaceIsTheMeanOfLikeJobs) {
  const TestExperiment single{"single", ModelKind::kSingleTask, Task::kDer};
  const SweepPlan plan = MakeTestPlan("s-1", {{.alphas = {0.5, 2}}, single});
  Register(plan);
  const double seconds[] = {9, 1, 2, 40};
  for (std::size_t i = 0; i < 4; ++i) FinishIn(plan.jobs[i], seconds[i]);
  FinishIn(plan.jobs[6], 7);
  const StoreHistory history = ReadStoreHistory(paths()).value();
  EXPECT_EQ(history.done.size(), 5U);
  EXPECT_TRUE(history.done.contains(plan.jobs[6].key));
  ASSERT_EQ(history.paces.size(), 2U);
  EXPECT_EQ(history.paces.at(PaceKey(plan.jobs[5].spec)), 13);
  EXPECT_EQ(history.paces.at(PaceKey(plan.jobs[7].spec)), 7);
}

TEST_F(StoreHistoryTest, WhatHasFailedIsDead) {
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  Register(plan);
  const JobState states[] = {JobState::kFailed, JobState::kQuarantined};
  for (std::size_t i = 0; i < 2; ++i) {
    Lease(LeaseOf(plan.jobs[i].key));
    Apply(RecordAttemptEnd{LeaseOf(plan.jobs[i].key), AttemptOutcome::kFailed, "nan", "", states[i],
                           0, 0, false});
  }
  Commit();
  const StoreHistory history = ReadStoreHistory(paths()).value();
  EXPECT_EQ(history.dead.size(), 2U);
  EXPECT_TRUE(history.dead.contains(plan.jobs[1].key));
}

TEST_F(StoreHistoryTest, ViewsAreAlikeAndCropsAreNot) {
  JobSpec view;
  view.kind = JobKind::kFeatures;
  JobSpec plain = view, crops = view;
  view.view = 3;
  plain.view = -1;
  crops.view = kCropsView;
  EXPECT_EQ(PaceKey(view), PaceKey(plain));
  EXPECT_NE(PaceKey(view), PaceKey(crops));
}

TEST_F(StoreHistoryTest, NoStoreHasNoHistory) {
  const StoreHistory history = ReadStoreHistory({paths().root / "none"}).value();
  EXPECT_TRUE(history.done.empty());
  EXPECT_TRUE(history.paces.empty());
}

}  // namespace
}  // namespace unmask

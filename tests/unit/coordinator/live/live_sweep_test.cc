#include "coordinator/live/live_sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/store_env.h"

namespace unmask {
namespace {

using std::chrono::seconds;

// A sweep whose store and view get the same records.
class LiveSweepTest : public testing::Test, protected StoreEnv {
 protected:
  LiveSweepTest()
      : plan(MakeTestPlan("s-1", {{.name = "dsid", .alphas = {0.5, 1}},
                                  {.name = "again", .alphas = {0.5}},
                                  {.name = "ter", .model = ModelKind::kSingleTask}})) {
    Register(plan);
  }

  LiveSweep Load() const {
    auto rows = Reader()->Live("s-1", 50);
    EXPECT_TRUE(rows.ok());
    return {"s-1", *rows};
  }

  void Both(LiveSweep& view, const Record& record) {
    Apply(record);
    Commit();
    view.Apply(record, kStoreNow, now);
  }

  static LiveSnapshot See(const LiveSweep& view, Millis at) {
    return view.Snapshot({}, kStoreNow, at);
  }

  static std::vector<std::string> FoldsOf(const LiveSnapshot& snapshot) {
    std::vector<std::string> folds;
    for (const LivePoint& point : snapshot.points) {
      folds.push_back(point.experiment + " " + point.folds);
    }
    return folds;
  }

  SweepPlan plan;
  Millis now{0};
};

TEST_F(LiveSweepTest, FillsInAsRecordsCome) {
  LiveSweep view = Load();
  EXPECT_THAT(FoldsOf(See(view, now)),
              testing::ElementsAre("dsid ...", "dsid ...", "again ...", "ter ..."));
  const LeaseId first = LeaseOf(plan.jobs[0].key);
  Both(view, RecordLease{first, TestWorker()});
  Both(view, RecordResult{first, TestResult(plan.jobs[0].spec)});
  Both(view, RecordLease{LeaseOf(plan.jobs[4].key), TestWorker()});
  const LeaseId bad = LeaseOf(plan.jobs[8].key);
  Both(view, RecordLease{bad, TestWorker()});
  Both(view, RecordAttemptEnd{bad, AttemptOutcome::kFailed, "nan", "loss is nan", JobState::kFailed,
                              0, 0, false});

  const LiveSnapshot snapshot = See(view, now);
  // A job that two experiments share fills a fold of both.
  EXPECT_THAT(FoldsOf(snapshot),
              testing::ElementsAre("dsid #..", "dsid .>.", "again #..", "ter ..x"));
  EXPECT_EQ(snapshot.jobs.total(), 9);
  EXPECT_EQ(snapshot.jobs.done, 1);
  EXPECT_EQ(snapshot.jobs.running, 1);
  EXPECT_EQ(snapshot.jobs.failed, 1);
  EXPECT_EQ(snapshot.jobs.queued, 6);
  const std::vector<LiveScore> expected = {{Task::kTer, 1, 2}, {Task::kDer, 1, 2}};
  EXPECT_EQ(snapshot.points[0].scores, expected);
  EXPECT_EQ(snapshot.points[3].scores.size(), 1U);  // single-task
  EXPECT_EQ(snapshot.points[3].folds_dead, 1);
  ASSERT_EQ(snapshot.failures.size(), 1U);
  EXPECT_EQ(snapshot.failures[0].experiment, "ter");
  EXPECT_EQ(snapshot.failures[0].held_out, "03");
  EXPECT_EQ(snapshot.failures[0].job_state, "failed");
  EXPECT_EQ(snapshot.failures[0].worker, TestWorker().id.value);
  EXPECT_EQ(snapshot.failed_attempts.at("nan"), 1);

  // And the store alone tells the same.
  const LiveSnapshot again = See(Load(), now);
  EXPECT_EQ(FoldsOf(again), FoldsOf(snapshot));
  EXPECT_EQ(again.points[0].scores, expected);
  EXPECT_EQ(again.failures.size(), 1U);
  EXPECT_EQ(again.failures[0].message, "loss is nan");
  EXPECT_EQ(again.jobs.queued, 6);
}

TEST_F(LiveSweepTest, IsFinishedWhenNothingIsLeft) {
  LiveSweep view = Load();
  for (const PlannedJob& job : plan.jobs) {
    const LiveSnapshot before = See(view, now);
    EXPECT_EQ(before.phase, LivePhase::kRunning);
    if (before.jobs.done >= 2) {  // one every two seconds
      EXPECT_DOUBLE_EQ(before.eta_seconds.value_or(0),
                       2.0 * static_cast<double>(before.jobs.left()));
    }
    const LeaseId lease = LeaseOf(job.key);
    Both(view, RecordLease{lease, TestWorker()});
    now += seconds(2);
    Both(view, RecordResult{lease, TestResult(job.spec)});
  }
  const LiveSnapshot snapshot = See(view, now);
  EXPECT_EQ(snapshot.phase, LivePhase::kFinished);
  EXPECT_FALSE(snapshot.eta_seconds);
  EXPECT_DOUBLE_EQ(snapshot.jobs_per_second.value_or(0), 0.5);
  EXPECT_TRUE(snapshot.points[0].Complete());
  EXPECT_EQ(snapshot.points[0].scores[0], (LiveScore{Task::kTer, 3, 6}));
}

TEST_F(LiveSweepTest, ALostAttemptIsShownAndTheFoldWaitsAgain) {
  LiveSweep view = Load();
  const LeaseId lease = LeaseOf(plan.jobs[0].key);
  Both(view, RecordLease{lease, TestWorker()});
  Both(view, RecordAttemptEnd{lease, AttemptOutcome::kLost, "lost", "worker died",
                              JobState::kQueued, 0, 1, false});
  const LiveSnapshot snapshot = See(view, now);
  EXPECT_EQ(snapshot.points[0].folds, "...");
  EXPECT_EQ(snapshot.jobs.queued, 9);
  EXPECT_EQ(snapshot.failures.at(0).outcome, AttemptOutcome::kLost);
  EXPECT_EQ(snapshot.failures.at(0).job_state, "queued");
}

TEST_F(LiveSweepTest, AYieldIsNoFailure) {
  LiveSweep view = Load();
  const LeaseId lease = LeaseOf(plan.jobs[0].key);
  Both(view, RecordLease{lease, TestWorker()});
  Both(view,
       RecordAttemptEnd{lease, AttemptOutcome::kYielded, "", "", JobState::kQueued, 0, 0, false});
  EXPECT_TRUE(See(view, now).failures.empty());
}

TEST_F(LiveSweepTest, OnlyTheNewestFailuresAreKept) {
  LiveSweep view = Load();
  for (int i = 0; i < 200; ++i) {
    view.Apply(RecordAttemptEnd{LeaseOf(plan.jobs[0].key, i), AttemptOutcome::kFailed, "killed", "",
                                JobState::kQueued, 0, 0, false},
               kStoreNow, now);
  }
  const LiveSnapshot snapshot = See(view, now);
  EXPECT_EQ(snapshot.failures.size(), LiveSweep::kFailuresKept);
  EXPECT_EQ(snapshot.failures.front().attempt, 199);
  EXPECT_EQ(snapshot.failed_attempts.at("killed"), 200);
}

// Views are made on demand, and given up when the last training ends.
TEST_F(LiveSweepTest, AViewCountsUnlessItIsQueued) {
  const PlannedJob view_job = AddViewJob(plan);
  Register(plan);
  LiveSweep view = Load();
  EXPECT_EQ(See(view, now).jobs.total(), 9);
  for (const char* error_class : {"", "killed"}) {
    const LeaseId lease = LeaseOf(view_job.key, *error_class == '\0' ? 1 : 2);
    Both(view, RecordLease{lease, TestWorker()});
    EXPECT_EQ(See(view, now).jobs.total(), 10);
    EXPECT_EQ(See(Load(), now).jobs.running, 1);
    Both(view, RecordAttemptEnd{lease, AttemptOutcome::kYielded, error_class, "", JobState::kQueued,
                                0, 0, false});
    EXPECT_EQ(See(view, now).jobs.total(), 9);
    EXPECT_EQ(See(Load(), now).jobs.total(), 9);
  }
  EXPECT_EQ(See(Load(), now).failures.at(0).job_state, "queued");
  const LeaseId last = LeaseOf(view_job.key, 3);
  Both(view, RecordLease{last, TestWorker()});
  Both(view, RecordResult{last, {}});
  EXPECT_EQ(See(view, now).jobs.done, 1);
  EXPECT_EQ(See(Load(), now).jobs.done, 1);
}

TEST_F(LiveSweepTest, AJobOfAnotherSweepIsNothing) {
  LiveSweep view = Load();
  view.Apply(RecordResult{LeaseOf("another"), {}}, kStoreNow, now);
  EXPECT_EQ(See(view, now).jobs.total(), 9);
  EXPECT_FALSE(view.Knows("another"));
  EXPECT_TRUE(view.Knows(plan.jobs[0].key));
}

TEST_F(LiveSweepTest, WorkersGetTheNamesOfTheirJobs) {
  LiveWorker worker;
  worker.jobs.emplace_back().job_key = plan.jobs[4].key;
  const LiveSnapshot snapshot = Load().Snapshot({worker}, kStoreNow, now);
  EXPECT_EQ(snapshot.workers[0].jobs[0].experiment, "dsid");
  EXPECT_EQ(snapshot.workers[0].jobs[0].label, "alpha 1");
  EXPECT_EQ(snapshot.workers[0].jobs[0].held_out, "02");
}

TEST_F(LiveSweepTest, JobsBeyondTheSlotsAreNext) {
  LiveWorker worker;
  worker.slots = 2;
  worker.jobs.resize(4);
  worker.jobs[0].seconds = 1;  // leased after [2]
  worker.jobs[1].started = true;
  worker.jobs[2].seconds = 5;
  const auto next = [&] {
    std::string text;
    const LiveSnapshot snapshot = Load().Snapshot({worker}, kStoreNow, now);
    for (const LiveJob& job : snapshot.workers[0].jobs) {
      text += job.next ? 'n' : '.';
    }
    return text;
  };
  EXPECT_EQ(worker.Busy(), 2);
  EXPECT_EQ(next(), "n..n");
  worker.jobs[2].started = true;
  EXPECT_EQ(next(), "n..n");
  worker.slots = 8;
  EXPECT_EQ(worker.Busy(), 4);
  EXPECT_EQ(next(), "....");
  worker.slots = 0;  // not known
  EXPECT_EQ(worker.Busy(), 4);
  EXPECT_EQ(next(), "....");
}

TEST(RateMeter, FollowsTheLastJobsAndTheSilenceAfterThem) {
  RateMeter meter;
  EXPECT_FALSE(meter.PerSecond(seconds(1), 0));
  meter.OnLease(seconds(0));
  meter.OnDone(seconds(2), 1);
  EXPECT_FALSE(meter.PerSecond(seconds(2), 1));
  for (int i = 2; i <= 10; ++i) meter.OnDone(seconds(2 * i), 1);
  EXPECT_DOUBLE_EQ(meter.PerSecond(seconds(20), 1).value(), 0.5);
  EXPECT_DOUBLE_EQ(meter.PerSecond(seconds(22), 1).value(), 0.5);  // as usual
  EXPECT_LT(meter.PerSecond(seconds(200), 1).value(), 0.07);       // nothing finishes any more
}

TEST(RateMeter, KnowsThatJobsMayEndTogether) {
  constexpr int kSlots = 100;
  RateMeter meter;
  meter.OnLease(seconds(0));
  for (int round = 1; round <= 3; ++round) {
    for (int i = 0; i < kSlots; ++i) meter.OnDone(seconds(50 * round), kSlots);
    EXPECT_NEAR(meter.PerSecond(seconds(50 * round), kSlots).value(), 2.0, 1e-9);
    EXPECT_NEAR(meter.PerSecond(seconds(50 * round + 49), kSlots).value(), 2.0, 1e-9);
  }
}

}  // namespace
}  // namespace unmask

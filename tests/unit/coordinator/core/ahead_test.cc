// Leases beyond a worker's slots: for fast jobs only, after all free slots, and at nobody's cost.
#include <gtest/gtest.h>

#include "tests/testing/scheduler_env.h"

namespace unmask {
namespace {

constexpr SchedulerConfig kConfig{.ahead_window = Millis(100)};

std::vector<SchedulerJob> Jobs(int count) {
  std::vector<SchedulerJob> jobs;
  jobs.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) jobs.push_back(AJob("j" + std::to_string(i)));
  return jobs;
}

TEST(PaceTest, AheadIsWhatIsDoneInAWindow) {
  Pace pace;
  pace.Begin(Millis(0));
  for (int i = 1; i <= 100; ++i) pace.Finished(Millis(10 * i), Millis(100));
  EXPECT_GE(pace.Ahead(Millis(100)), 9);
  EXPECT_LE(pace.Ahead(Millis(100)), 10);
  EXPECT_EQ(pace.Ahead(Millis(0)), 0);
}

TEST(PaceTest, ItIsKnownAfterOneJob) {
  Pace pace;
  pace.Begin(Millis(1'000));
  pace.Finished(Millis(1'020), Millis(100));
  EXPECT_EQ(pace.Ahead(Millis(100)), 4);
}

TEST(PaceTest, OfJobsOfASecondOneIsLeasedAheadAndOfSlowerOnesNone) {
  for (const auto& [took_ms, ahead] : {std::pair(150, 1), {2'000, 1}, {2'001, 0}}) {
    Pace pace;
    pace.Begin(Millis(0));
    for (int i = 1; i <= 100; ++i) {
      pace.Finished(Millis(took_ms * i), Millis(100));
      EXPECT_EQ(pace.Ahead(Millis(100)), ahead) << took_ms;
    }
    EXPECT_EQ(pace.Ahead(Millis(0)), 0);
  }
}

TEST(PaceTest, ThereIsALimit) {
  Pace pace;
  for (int i = 0; i < 100'000; ++i) pace.Finished(Millis(1), Millis(100));
  EXPECT_EQ(pace.Ahead(Millis(100)), Pace::kAheadMax);
}

// Worker 1 has finished j0 in 40 ms: two leases may wait there besides the one that runs.
struct FastWorker : SchedulerEnv {
  explicit FastWorker(int jobs) : SchedulerEnv(kConfig) {
    Add(Jobs(jobs));
    const LeaseId first = JoinAndLease(AWorker(1), "j0");
    Tick(Millis(40));
    Finish(1, first);
    Sent<Acknowledged>(1);
    running = ExpectLease(1, "j1");
    if (jobs < 4) return;
    waiting = {ExpectLease(1, "j2"), ExpectLease(1, "j3")};
  }
  LeaseId running;
  std::vector<LeaseId> waiting;
};

TEST(AheadTest, AFastWorkerGetsMoreThanItsSlots) {
  FastWorker env(10);
  env.ExpectNothing();
  EXPECT_EQ(env.scheduler.Counts().running, 3);
}

TEST(AheadTest, NothingIsLeasedAheadWithoutAWindow) {
  SchedulerEnv env;
  env.Add(Jobs(10));
  const LeaseId first = env.JoinAndLease(AWorker(1), "j0");
  env.Tick(Millis(1));
  env.Finish(1, first);
  env.Sent<Acknowledged>(1);
  env.ExpectLease(1, "j1");
}

TEST(AheadTest, FreeSlotsComeFirst) {
  FastWorker env(10);
  env.Join(AWorker(2, 3));
  env.Sent<Welcome>(2);
  for (const char* key : {"j4", "j5", "j6"}) env.ExpectLease(2, key);
}

TEST(AheadTest, ALostWorkerCostsWhatWaitedNothing) {
  FastWorker env(4);
  env.Say(1, AttemptStarted{env.running, 0, ""});
  env.Recorded<RecordStarted>();
  env.Say(1, AttemptStarted{env.waiting[1], 0, ""});
  env.Recorded<RecordStarted>();
  env.Lose(1);
  for (const int losses : {1, 0, 1}) {  // j1 ran; j2 waited; j3 had got a slot
    EXPECT_EQ(env.Recorded<RecordAttemptEnd>().losses, losses);
  }
  env.Dropped(1);
}

TEST(AheadTest, AJobThatComesBackUnstartedEndsIt) {
  FastWorker env(10);
  env.Say(1, Yielded{env.waiting[0], 0});
  EXPECT_EQ(env.Recorded<RecordAttemptEnd>().job_state, JobState::kQueued);
  env.Sent<Acknowledged>(1);
  env.ExpectNothing();  // it is not leased ahead again
}

TEST(AheadTest, ACrashEndsIt) {
  FastWorker env(10);
  env.Fail(1, env.running);
  env.Sent<Acknowledged>(1);
  env.ExpectNothing();
}

}  // namespace
}  // namespace unmask

// Training jobs and the views that they wait for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/scheduler_env.h"

namespace unmask {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

SchedulerJob AView(int view) {
  SchedulerJob job = AJob("v" + std::to_string(view));
  job.kind = JobKind::kFeatures;
  job.view_set = "bank";
  job.view = view;
  return job;
}

SchedulerJob ATraining(const std::string& key, std::int64_t views) {
  SchedulerJob job = AJob(key, {"plain"});
  job.view_set = "bank";
  job.views = views;
  return job;
}

// A plain view, `views` views and the training jobs a and b. One view is made ahead.
class ViewsTest : public ::testing::Test {
 protected:
  ViewsTest() : env_(Config()) {}

  void Add(int views, std::int64_t trained) {
    SchedulerJob plain = AJob("plain");
    plain.kind = JobKind::kFeatures;
    std::vector<SchedulerJob> jobs = {plain};
    for (int view = 0; view < views; ++view) jobs.push_back(AView(view));
    jobs.push_back(ATraining("a", trained));
    env_.Add(std::move(jobs));
  }

  // The worker's lease of a feature job, which ends well.
  void Make(const std::string& key) {
    const LeaseId lease = env_.ExpectLease(1, key);
    JobResult result;
    result.output_sha256 = "blob of " + key;
    env_.Say(1, ResultReady{lease, result});
    env_.Recorded<RecordResult>();
    env_.Sent<Acknowledged>(1);
  }

  Lease ExpectTraining(const std::string& key) {
    env_.Recorded<RecordLease>();
    Lease lease = env_.Sent<Lease>(1);
    EXPECT_EQ(lease.id.job_key, key);
    return lease;
  }

  void Yield(const Lease& lease, std::int64_t epoch) {
    env_.Say(1, CheckpointWritten{lease.id, {"checkpoint", epoch, 1, "class"}});
    env_.Recorded<RecordCheckpoint>();
    env_.Say(1, Yielded{lease.id, epoch});
    EXPECT_EQ(env_.Recorded<RecordAttemptEnd>().outcome, AttemptOutcome::kYielded);
    env_.Sent<Acknowledged>(1);
  }

  static SchedulerConfig Config() {
    SchedulerConfig config;
    config.views_ahead = 1;
    return config;
  }

  SchedulerEnv env_;
};

TEST_F(ViewsTest, ATrainingGetsTheViewsThatAreThereAndYieldsForMore) {
  Add(5, 5);
  env_.Join(AWorker(1));
  env_.Sent<Welcome>(1);
  Make("plain");
  Make("v0");
  Make("v1");  // one ahead, before training: views come first
  Lease lease = ExpectTraining("a");
  EXPECT_THAT(lease.inputs, ElementsAre("blob of plain", "blob of v0", "blob of v1"));
  EXPECT_EQ(lease.epochs_available, 2);
  Yield(lease, 2);
  Make("v2");
  Make("v3");
  lease = ExpectTraining("a");
  EXPECT_EQ(lease.epochs_available, 4);
  Yield(lease, 4);
  Make("v4");
  lease = ExpectTraining("a");
  EXPECT_EQ(lease.epochs_available, 0);  // all of its views are there
  EXPECT_EQ(lease.inputs.size(), 6U);
  env_.Finish(1, lease.id);
  env_.Sent<Acknowledged>(1);
  EXPECT_EQ(env_.scheduler.Finished(), FinishReason::kAllSettled);
}

TEST_F(ViewsTest, TheFirstViewsAreMadeBesideThePlainOne) {
  Add(5, 5);
  env_.Join(AWorker(1, 4));
  env_.Sent<Welcome>(1);
  const LeaseId plain = env_.ExpectLease(1, "plain");
  for (const char* view : {"v0", "v1", "v2"}) env_.ExpectLease(1, view);  // a slot each
  env_.Fail(1, plain, FailureClass::kBadInput);                           // then nobody needs them
  EXPECT_EQ(env_.Recorded<RecordJobFailed>().job_key, "a");
  for (int view = 0; view < 3; ++view) {
    EXPECT_EQ(env_.Recorded<RecordAttemptEnd>().outcome, AttemptOutcome::kYielded);
    env_.Sent<Superseded>(1);
  }
  env_.Sent<Acknowledged>(1);
  EXPECT_EQ(env_.scheduler.Finished(), FinishReason::kAllSettled);
}

TEST_F(ViewsTest, ABackboneThatCrashesIsNotTheWorkersFault) {
  Add(5, 5);
  env_.Join(AWorker(1));
  env_.Sent<Welcome>(1);
  // One that has crashed goes behind those that have not.
  for (const char* view : {"plain", "v0", "v1", "plain"}) {
    const auto end = env_.Fail(1, env_.ExpectLease(1, view), FailureClass::kKilled);
    EXPECT_EQ(end.job_state, JobState::kQueued);
    env_.Sent<Acknowledged>(1);
  }
  const auto end = env_.Fail(1, env_.ExpectLease(1, "plain"), FailureClass::kKilled);
  EXPECT_EQ(end.job_state, JobState::kQuarantined);
  EXPECT_EQ(env_.Recorded<RecordJobFailed>().job_key, "a");
  env_.Sent<Acknowledged>(1);
  EXPECT_EQ(env_.scheduler.Finished(), FinishReason::kAllSettled);
  EXPECT_EQ(env_.scheduler.ExitCode(FinishReason::kAllSettled), 1);
}

TEST_F(ViewsTest, ViewsThatNobodyCallsForAreNeverMade) {
  Add(50, 50);
  env_.Join(AWorker(1));
  env_.Sent<Welcome>(1);
  Make("plain");
  Make("v0");
  Make("v1");
  const Lease lease = ExpectTraining("a");
  env_.Finish(1, lease.id);  // it stopped early
  env_.Sent<Acknowledged>(1);
  EXPECT_EQ(env_.scheduler.Finished(), FinishReason::kAllSettled);
  EXPECT_EQ(env_.scheduler.Counts().total(), 4);
}

TEST_F(ViewsTest, AJobThatGoesRoundNeedsNoMoreThanItsOwnViews) {
  Add(9, 2);
  env_.Join(AWorker(1));
  env_.Sent<Welcome>(1);
  Make("plain");
  Make("v0");
  Make("v1");
  const Lease lease = ExpectTraining("a");
  EXPECT_EQ(lease.epochs_available, 0);
  EXPECT_EQ(lease.inputs.size(), 3U);
  env_.Finish(1, lease.id);
  env_.Sent<Acknowledged>(1);
}

TEST_F(ViewsTest, AViewThatCannotBeMadeFailsWhoNeedsItByName) {
  Add(5, 5);
  env_.Join(AWorker(1));
  env_.Sent<Welcome>(1);
  Make("plain");
  const LeaseId view = env_.ExpectLease(1, "v0");
  env_.Fail(1, view, FailureClass::kBadInput);
  const auto failed = env_.Recorded<RecordJobFailed>();
  EXPECT_EQ(failed.job_key, "a");
  EXPECT_THAT(failed.message, HasSubstr("job v0, which failed"));
  env_.Sent<Acknowledged>(1);
  EXPECT_EQ(env_.scheduler.Finished(), FinishReason::kAllSettled);
}

TEST_F(ViewsTest, AViewInTheMakingIsGivenUpWithItsLastTraining) {
  Add(9, 9);
  env_.Join(AWorker(1, 2));
  env_.Sent<Welcome>(1);
  const LeaseId plain = env_.ExpectLease(1, "plain");
  const LeaseId v0 = env_.ExpectLease(1, "v0");
  const auto done = [&](const LeaseId& lease) {
    env_.Say(1, ResultReady{lease, {}});
    env_.Recorded<RecordResult>();
    env_.Sent<Acknowledged>(1);
  };
  done(plain);
  const LeaseId v1 = env_.ExpectLease(1, "v1");
  done(v0);
  const LeaseId v2 = env_.ExpectLease(1, "v2");  // one ahead a slot
  done(v1);
  const Lease training = ExpectTraining("a");
  env_.Finish(1, training.id);
  const auto given_up = env_.Recorded<RecordAttemptEnd>();
  EXPECT_EQ(given_up.lease, v2);
  EXPECT_EQ(given_up.outcome, AttemptOutcome::kYielded);
  EXPECT_EQ(env_.Sent<Superseded>(1).lease, v2);
  env_.Sent<Acknowledged>(1);
  EXPECT_EQ(env_.scheduler.Finished(), FinishReason::kAllSettled);
}

TEST_F(ViewsTest, ViewsOfTheStoreAreThereAtOnce) {
  SchedulerJob plain = AJob("plain");
  plain.kind = JobKind::kFeatures;
  plain.state = JobState::kDone;
  plain.output = "p";
  SchedulerJob view = AView(0);
  view.state = JobState::kDone;
  view.output = "v";
  env_.Add({ATraining("a", 1), plain, view});
  env_.Join(AWorker(1));
  env_.Sent<Welcome>(1);
  EXPECT_THAT(ExpectTraining("a").inputs, ElementsAre("p", "v"));
}

}  // namespace
}  // namespace unmask

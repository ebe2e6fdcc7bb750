#include "coordinator/app/scheduler_jobs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace unmask {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Two cells of two folds each, and a feature job that all of them need.
class SchedulerJobsTest : public ::testing::Test {
 protected:
  SchedulerJobsTest() {
    Add("features", JobKind::kFeatures, "");
    for (const char* key : {"a1", "a2"}) Add(key, JobKind::kTrain, "a");
    for (const char* key : {"b1", "b2"}) Add(key, JobKind::kTrain, "b");
  }

  void Add(const std::string& key, JobKind kind, const std::string& experiment) {
    PlannedJob job;
    job.key = key;
    job.spec.kind = kind;
    if (kind == JobKind::kTrain) {
      job.spec.held_out = key.substr(1);
      job.dependencies = {"features"};
      Use(key, experiment);
    }
    plan_.jobs.push_back(job);
    StoredJob& stored = stored_.emplace_back();
    stored.key = key;
    stored.state = JobState::kDone;
    stored.numerics_class = "cpu";
  }

  void Use(const std::string& key, const std::string& experiment) {
    JobUse& use = plan_.uses.emplace_back();
    use.experiment = experiment;
    use.point = "{}";
    use.job_key = key;
  }

  std::vector<std::string> Keys() {
    std::vector<std::string> keys;
    for (const SchedulerJob& job : Sweep().jobs) keys.push_back(job.key);
    return keys;
  }
  SweepJobs Sweep() { return SchedulerJobs(plan_, stored_, held_out_); }

  SweepPlan plan_;
  std::vector<StoredJob> stored_;
  std::set<std::string> held_out_;
};

TEST_F(SchedulerJobsTest, AFinishedSweepHasNoneLeft) {
  EXPECT_THAT(Keys(), IsEmpty());
  EXPECT_EQ(Sweep().done_apart, 5);
}

// A done fold says in which class the others run; a done feature job says what it made.
TEST_F(SchedulerJobsTest, WhatIsDoneStaysWhereItsCellIsOpen) {
  stored_[4].state = JobState::kQueued;
  EXPECT_THAT(Keys(), ElementsAre("features", "b1", "b2"));
  EXPECT_EQ(Sweep().done_apart, 2);
  EXPECT_EQ(Sweep().jobs[1].state, JobState::kDone);
  EXPECT_EQ(Sweep().jobs[1].numerics_class, "cpu");
  EXPECT_EQ(Sweep().jobs[1].cell, Sweep().jobs[2].cell);
}

TEST_F(SchedulerJobsTest, WhatHasFailedStays) {
  stored_[1].state = JobState::kFailed;
  EXPECT_THAT(Keys(), ElementsAre("features", "a1", "a2"));
}

TEST_F(SchedulerJobsTest, ASharedJobIsOfTheCellThatNamedItFirst) {
  Use("a1", "b");
  stored_[1].state = JobState::kQueued;
  EXPECT_THAT(Keys(), ElementsAre("features", "a1", "a2"));
  EXPECT_EQ(Sweep().jobs[1].cell, Sweep().jobs[2].cell);
}

TEST_F(SchedulerJobsTest, TheStoreMayHaveOtherJobsAndAnotherOrder) {
  stored_[4].state = JobState::kQueued;
  std::swap(stored_[1], stored_[4]);
  stored_.emplace(stored_.begin())->key = "of another experiment";
  EXPECT_THAT(Keys(), ElementsAre("features", "b1", "b2"));
}

// What is done of the other folds says in which class this one runs.
TEST_F(SchedulerJobsTest, OnlyTheFoldsAskedFor) {
  held_out_ = {"2"};
  for (StoredJob& job : stored_) job.state = JobState::kQueued;
  EXPECT_THAT(Keys(), ElementsAre("features", "a2", "b2"));
  stored_[0].state = stored_[3].state = JobState::kDone;  // b1
  EXPECT_THAT(Keys(), ElementsAre("features", "a2", "b1", "b2"));
  stored_[2].state = stored_[4].state = JobState::kDone;  // a2, b2
  EXPECT_THAT(Keys(), IsEmpty());
  EXPECT_EQ(Sweep().done_apart, 4);
}

}  // namespace
}  // namespace unmask

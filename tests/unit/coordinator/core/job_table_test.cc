#include "coordinator/core/job_table.h"

#include <gtest/gtest.h>

#include <string>

namespace unmask {
namespace {

SchedulerJob Named(const std::string& key) {
  SchedulerJob job;
  job.key = key;
  return job;
}

TEST(JobTable, FindsEveryJobAndNoOther) {
  JobTable jobs;
  EXPECT_FALSE(jobs.Find("job 0"));
  constexpr JobIndex kCount = 5000;
  for (JobIndex i = 0; i < kCount; ++i) {
    EXPECT_EQ(jobs.Add(Named("job " + std::to_string(i))), i);
  }
  for (JobIndex i = 0; i < kCount; ++i) {
    EXPECT_EQ(jobs.Find("job " + std::to_string(i)), i);
    EXPECT_FALSE(jobs.Find("no job " + std::to_string(i)));
  }
  EXPECT_EQ(jobs.size(), kCount);
}

TEST(JobTable, RoomReservedIsRoomForMore) {
  JobTable jobs;
  jobs.Reserve(2);
  for (const char* key : {"a", "b", "c", "d", "e"}) jobs.Add(Named(key));
  jobs.Reserve(100);
  for (JobIndex i = 0; i < 5; ++i) EXPECT_EQ(jobs.Find(std::string(1, "abcde"[i])), i);
  EXPECT_FALSE(jobs.Find("f"));
}

TEST(JobTableDeathTest, AKeyTwiceIsABug) {
  JobTable jobs;
  jobs.Add(Named("a"));
  EXPECT_DEATH(jobs.Add(Named("a")), "");
}

TEST(JobTable, CountsFollowThePhases) {
  JobTable jobs;
  const JobIndex job = jobs.Add(Named("a"));
  EXPECT_EQ(jobs.Counts().waiting, 1);
  jobs.SetPhase(job, DoneState{AttemptNumber{1}});
  EXPECT_EQ(jobs.Counts().waiting, 0);
  EXPECT_EQ(jobs.Counts().done, 1);
}

}  // namespace
}  // namespace unmask

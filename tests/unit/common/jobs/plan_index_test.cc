#include "common/jobs/plan_index.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace unmask {
namespace {

std::vector<PlannedJob> JobsNamed(const std::vector<std::string>& keys) {
  std::vector<PlannedJob> jobs;
  for (const std::string& key : keys) jobs.emplace_back().key = key;
  return jobs;
}

TEST(PlanIndex, FindsJobsInTheirOrderAndInAnyOther) {
  const auto jobs = JobsNamed({"key of a", "key of b", "key of c"});
  PlanIndex index(jobs);
  for (const auto& [key, place] :
       {std::pair("key of a", 0U), std::pair("key of b", 1U), std::pair("key of a", 0U),
        std::pair("key of c", 2U), std::pair("key of c", 2U), std::pair("key of b", 1U)}) {
    EXPECT_EQ(index.Find(key), place);
  }
  EXPECT_FALSE(index.Find("key of d"));
  EXPECT_EQ(index.Find("key of c"), 2U);
}

TEST(PlanIndex, FeatureJobsStandBeforeTheOthers) {
  auto jobs = JobsNamed({"key of a", "key of b"});
  jobs[0].spec.kind = JobKind::kFeatures;
  PlanIndex index(jobs);
  EXPECT_EQ(index.Find("key of b"), 1U);
  EXPECT_EQ(index.Find("key of a"), 0U);
}

TEST(PlanIndex, OfNoJobsFindsNone) {
  const std::vector<PlannedJob> jobs;
  EXPECT_FALSE(PlanIndex(jobs).Find("key of a"));
}

}  // namespace
}  // namespace unmask

#include "coordinator/report/job_difference.h"

#include <gtest/gtest.h>

#include "tests/testing/store_env.h"

namespace unmask {
namespace {

TEST(JobDifference, NamesFieldsAndDefaults) {
  const auto here =
      nlohmann::json::parse(R"({"seed":0,"settings":{"loss.alpha":1,"train.lr":0.1}})");
  const auto there = nlohmann::json::parse(R"({"seed":0,"settings":{"loss.alpha":2,"a":"x"}})");
  EXPECT_EQ(CompareSpecs(here, there),
            (std::vector<FieldDifference>{{"settings.a", "default", "\"x\""},
                                          {"settings.loss.alpha", "1", "2"},
                                          {"settings.train.lr", "0.1", "0.0005 (default)"}}));
  EXPECT_TRUE(CompareSpecs(here, here).empty());
}

TEST(JobDifference, NamesDefaultsOfSweepsAndTheirExperiments) {
  const auto here = nlohmann::json::parse(
      R"({"experiments":{"a.b":{"loss":{"class_weights":"balanced"},"x":1}},"grid":{"loss.beta":[1]},
          "loss":{"class_weights":"balanced"}})");
  const std::string none = "\"none\" (default)";
  EXPECT_EQ(
      CompareSpecs(here, nlohmann::json::parse(
                             R"({"experiments":{"a.b":{"loss":{}}},"grid":{},"loss":{}})")),
      (std::vector<FieldDifference>{{"experiments.a.b.loss.class_weights", "\"balanced\"", none},
                                    {"experiments.a.b.x", "1", "default"},
                                    {"grid.loss.beta", "[1]", "default"},
                                    {"loss.class_weights", "\"balanced\"", none}}));
}

TEST(JobDifference, TheNearestJobHasTheSameFold) {
  StoreEnv env;
  TestExperiment lines{"lines", ModelKind::kDsid, Task::kTer, {0.5, 10}};
  const SweepPlan plan = MakeTestPlan("s-1", {lines});
  env.Register(plan);
  const std::string here = CanonicalText(plan.jobs[0].spec);
  EXPECT_FALSE(FindNearestDone(*env.Reader(), here)->has_value());
  // Another fold at the same point differs in one field too, but the same fold at another point is
  // the one that was meant.
  env.Finish(plan.jobs[1]);
  env.Finish(plan.jobs[3]);
  const auto nearest = FindNearestDone(*env.Reader(), here);
  ASSERT_TRUE(nearest.ok() && nearest->has_value());
  EXPECT_EQ((*nearest)->job_key, plan.jobs[3].key);
  ASSERT_EQ((*nearest)->differences.size(), 1U);
  EXPECT_EQ((*nearest)->differences[0].field, "settings.loss.alpha");
  EXPECT_EQ((*nearest)->differences[0].there, "10");
}

// However late it was finished; where there is none, the most alike of the others.
TEST(JobDifference, TheNearestJobOfAnotherFold) {
  StoreEnv env;
  TestExperiment lines{"lines", ModelKind::kDsid, Task::kTer, {0.5, 10}};
  const SweepPlan plan = MakeTestPlan("s-1", {lines});
  env.Register(plan);
  env.Finish(plan.jobs[4]);  // alpha 10, the second subject
  env.Finish(plan.jobs[1]);  // alpha 0.5
  const auto nearest = FindNearestDone(*env.Reader(), CanonicalText(plan.jobs[0].spec));
  ASSERT_TRUE(nearest.ok() && nearest->has_value());
  EXPECT_EQ((*nearest)->job_key, plan.jobs[1].key);
  ASSERT_EQ((*nearest)->differences.size(), 1U);
  EXPECT_EQ((*nearest)->differences[0].field, "held_out");
  EXPECT_TRUE(FindNearestDone(*env.Reader(), "{}")->has_value());  // names no fold
}

}  // namespace
}  // namespace unmask

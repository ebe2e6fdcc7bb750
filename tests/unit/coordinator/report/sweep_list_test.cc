#include "coordinator/report/sweep_list.h"

#include <gtest/gtest.h>

#include "tests/testing/store_env.h"

namespace unmask {
namespace {

// Also the newest run's, where a sweep was begun with others.
TEST(SweepList, NewestFirstWithTheOverridesOfTheNewestRun) {
  StoreEnv env;
  const SweepPlan first = MakeTestPlan("first-1", {TestExperiment{}});
  const SweepPlan second = MakeTestPlan("second-2", {{.name = "other", .alphas = {9}}});
  const auto run = [&](const SweepPlan& plan, const std::string& provenance) {
    ASSERT_TRUE(env.store->RegisterSweep(plan, provenance, kStoreNow).ok());
  };
  run(first, R"({"overrides": ["train.lr=0.1"]})");
  env.FinishAll(first);
  run(second, "{}");
  env.Open();
  run(first, R"({"overrides": ["train.lr=0.1", "name=b\u001b[31m"]})");
  const auto sweeps = ListSweeps(*env.Reader());
  ASSERT_TRUE(sweeps.ok()) << FormatError(sweeps.error());
  EXPECT_EQ(SweepListText(*sweeps),
            "number  sweep     done  failed  overrides\n"
            "2       second-2  0/3   0\n"
            "1       first-1   3/3   0       train.lr=0.1 name=b\\x1b[31m\n");
  const auto json = SweepListJson(*sweeps);
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json[0]["overrides"], nlohmann::json::array());
  EXPECT_EQ(json[1]["number"], 1);
  EXPECT_EQ(json[1]["done"], 3);
  EXPECT_EQ(json[1]["overrides"][0], "train.lr=0.1");
}

}  // namespace
}  // namespace unmask

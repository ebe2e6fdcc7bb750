#include "coordinator/report/last_run.h"

#include <gtest/gtest.h>

namespace unmask {
namespace {

TEST(LastRunTest, IsACommandForAShell) {
  const auto run = LastRun(R"({"folder": "/home/a b", "config": "/home/a b/it's.yaml",
      "overrides": ["train.lr=1e-3", "name=$x"], "experiments": ["dsid", "ter"], "host": "h"})");
  EXPECT_FALSE(run.contains("host"));
  EXPECT_EQ(RunCommand(run, "/store"),
            "cd '/home/a b' && unmask --store /store run '/home/a b/it'\\''s.yaml' train.lr=1e-3 "
            "'name=$x' --experiment dsid --experiment ter");
}

TEST(LastRunTest, TellsWhatIsKnown) {
  EXPECT_EQ(RunCommand(LastRun(R"({"config": "/s.yaml", "overrides": []})"), "/store"),
            "unmask --store /store run /s.yaml");
  EXPECT_EQ(RunCommand(LastRun("{}"), "/store"), "");
  EXPECT_TRUE(LastRun("not json").is_null());
  EXPECT_EQ(RunCommand(LastRun("not json"), "/store"), "");
}

}  // namespace
}  // namespace unmask

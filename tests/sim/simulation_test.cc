// Seeds must be clean, and each planted bug must be caught. A failure names its seed; replay it:
//   UNMASK_SIM_SEED=123 build/sim_test
// UNMASK_SIM_SEEDS says how many seeds (500), UNMASK_SIM_EVENTS how many events each (10000).
#include "tests/sim/simulation.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>

#include "coordinator/core/planted_bugs.h"

namespace unmask {
namespace {

std::int64_t FromEnvironment(const char* name, std::int64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::stoll(text) : otherwise;
}

TEST(Simulation, SeedsAreClean) {
  const std::int64_t only = FromEnvironment("UNMASK_SIM_SEED", -1);
  const std::int64_t first = only >= 0 ? only : 1;
  const std::int64_t seeds = only >= 0 ? 1 : FromEnvironment("UNMASK_SIM_SEEDS", 500);
  const std::int64_t events = FromEnvironment("UNMASK_SIM_EVENTS", 10'000);
  SimTotals totals;
  const std::clock_t start = std::clock();
  for (std::int64_t seed = first; seed < first + seeds; ++seed) {
    const std::string broken = Simulate(static_cast<std::uint64_t>(seed), events, totals);
    ASSERT_EQ(broken, "") << "replay: UNMASK_SIM_SEED=" << seed;
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  std::cout << seeds << " seeds, " << totals.events << " events, " << seconds << " CPU s, "
            << static_cast<double>(totals.events) / seconds << " events/s\n";
  for (std::size_t i = 0; i < kSeenNames.size(); ++i) {
    std::cout << "  " << totals.seen[i] << " " << kSeenNames[i] << "\n";
    EXPECT_TRUE(only >= 0 || totals.seen[i] > 0) << kSeenNames[i];
  }
}

struct BugCase {
  PlantedBug bug;
  const char* name;
  const char* broken;  // what the store or the network must have seen of it
};

class Planted : public testing::TestWithParam<BugCase> {
  void TearDown() override { planted_bug = PlantedBug::kNone; }
};

TEST_P(Planted, IsCaught) {
  constexpr std::uint64_t kSeeds = 200;
  planted_bug = GetParam().bug;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SimTotals totals;  // without the scheduler's own checks: what is seen from outside
    const std::string broken = Simulate(seed, 10'000, totals, false);
    // A bug may show in several ways: one of them must be just this.
    if (broken.find(GetParam().broken) != std::string::npos) return;
  }
  FAIL() << "not caught within " << kSeeds << " seeds";
}

INSTANTIATE_TEST_SUITE_P(
    Bugs, Planted,
    testing::Values(
        BugCase{PlantedBug::kAttemptCheckDropped, "AttemptCheckDropped",
                "an attempt that is not the current one"},
        BugCase{PlantedBug::kOldEpochRecorded, "OldEpochRecorded", "old coordinator epoch"},
        BugCase{PlantedBug::kAcknowledgedBeforeCommit, "AcknowledgedBeforeCommit",
                "acknowledged before commit"},
        BugCase{PlantedBug::kRequeuedWithoutNewAttempt, "RequeuedWithoutNewAttempt",
                "attempt does not rise"},
        BugCase{PlantedBug::kLeasedTwice, "LeasedTwice", "leased twice"},
        BugCase{PlantedBug::kLateResultRecorded, "LateResultRecorded", "a job that is not leased"},
        BugCase{PlantedBug::kCrashCountForgotten, "CrashCountForgotten", "crashes are miscounted"},
        BugCase{PlantedBug::kCrashCountedForLostWorker, "CrashCountedForLostWorker",
                "crashes are miscounted"},
        BugCase{PlantedBug::kYieldCountedAsCrash, "YieldCountedAsCrash", "crashes are miscounted"},
        BugCase{PlantedBug::kHeartbeatNeverExpires, "HeartbeatNeverExpires",
                "a dead worker keeps its lease"},
        BugCase{PlantedBug::kDependencyIgnored, "DependencyIgnored",
                "leased before its dependencies"},
        BugCase{PlantedBug::kWaitingLossCounted, "WaitingLossCounted", "losses are miscounted"},
        BugCase{PlantedBug::kStartedLossSpared, "StartedLossSpared", "losses are miscounted"},
        BugCase{PlantedBug::kQuarantinedJobLeased, "QuarantinedJobLeased",
                "leased though it is settled"},
        BugCase{PlantedBug::kViewsIgnored, "ViewsIgnored", "leased before its views"},
        BugCase{PlantedBug::kViewsNotCalled, "ViewsNotCalled", "no end within the bound"},
        BugCase{PlantedBug::kViewDeathForgotten, "ViewDeathForgotten", "no end within the bound"},
        BugCase{PlantedBug::kGangLeasedInPart, "GangLeasedInPart", "a gang is leased in part"},
        BugCase{PlantedBug::kGangGoesTooSoon, "GangGoesTooSoon",
                "a gang goes without all its members"},
        BugCase{PlantedBug::kGangOutlivesMember, "GangOutlivesMember",
                "a gang goes on without a dead member"},
        BugCase{PlantedBug::kGangTroubleForgotten, "GangTroubleForgotten",
                "no end within the bound"}),
    [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace unmask

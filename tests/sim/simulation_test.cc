// Seeds must be clean, and each planted bug must be caught. A failure names its seed; replay it:
//   UNMASK_SIM_SEED=123 build/sim_test
// UNMASK_SIM_SEEDS says how many seeds (500), UNMASK_SIM_EVENTS how many events each (10000).
#include "tests/sim/simulation.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
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
  const auto start = std::chrono::steady_clock::now();
  for (std::int64_t seed = first; seed < first + seeds; ++seed) {
    const std::string broken = Simulate(static_cast<std::uint64_t>(seed), events, &totals);
    ASSERT_EQ(broken, "") << "replay: UNMASK_SIM_SEED=" << seed;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::cout << seeds << " seeds, " << totals.events << " events, " << totals.sweeps << " sweeps, "
            << totals.coordinators << " coordinators, " << totals.faults << " faults, "
            << totals.resumed << " attempts resumed, " << seconds.count() << " s, "
            << static_cast<double>(totals.events) / seconds.count() << " events/s\n";
  EXPECT_GT(totals.resumed, 0);
}

struct BugCase {
  PlantedBug bug;
  const char* name;
};

class Planted : public testing::TestWithParam<BugCase> {
  void TearDown() override { planted_bug = PlantedBug::kNone; }
};

TEST_P(Planted, IsCaught) {
  constexpr std::uint64_t kSeeds = 200;
  planted_bug = GetParam().bug;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const std::string broken = Simulate(seed, 10'000);
    if (broken.empty()) continue;
    std::cout << "caught: " << broken << "\n";
    return;
  }
  FAIL() << "not caught within " << kSeeds << " seeds";
}

INSTANTIATE_TEST_SUITE_P(
    Bugs, Planted,
    testing::Values(BugCase{PlantedBug::kAttemptCheckDropped, "AttemptCheckDropped"},
                    BugCase{PlantedBug::kOldEpochRecorded, "OldEpochRecorded"},
                    BugCase{PlantedBug::kAcknowledgedBeforeCommit, "AcknowledgedBeforeCommit"},
                    BugCase{PlantedBug::kRequeuedWithoutNewAttempt, "RequeuedWithoutNewAttempt"},
                    BugCase{PlantedBug::kLeasedTwice, "LeasedTwice"},
                    BugCase{PlantedBug::kLateResultRecorded, "LateResultRecorded"},
                    BugCase{PlantedBug::kCrashCountForgotten, "CrashCountForgotten"},
                    BugCase{PlantedBug::kCrashCountedForLostWorker, "CrashCountedForLostWorker"},
                    BugCase{PlantedBug::kYieldCountedAsCrash, "YieldCountedAsCrash"},
                    BugCase{PlantedBug::kHeartbeatNeverExpires, "HeartbeatNeverExpires"},
                    BugCase{PlantedBug::kDependencyIgnored, "DependencyIgnored"},
                    BugCase{PlantedBug::kQuarantinedJobLeased, "QuarantinedJobLeased"}),
    [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace unmask

// What a simulation has been through, so that a test can require that nothing was left out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace unmask {

enum class Seen {
  kFault,
  kCoordinator,
  kZombieRefused,  // a coordinator of old tried to commit
  kCommitFailed,   // for want of room
  kResumed,        // an attempt went on from a checkpoint
  kLost,           // an attempt with its worker
  kYielded,
  kCrashed,
  kBystander,  // its trainer was killed because of another
  kRanAlone,
  kQuarantined,
  kFailed,  // not a number, bad input
  kDependencyDead,
  kSuperseded,
  kAskedBack,  // a worker that was only silent
  kRepeated,   // a result that was recorded already
  kDrained,
  kPinMoved,   // a cell's numerics class
  kAhead,      // leased while its worker's slots were taken
  kSpared,     // lost before it had a slot: not counted
  kNotNeeded,  // a view that was being made when its last training job ended
  kGang,       // one that came together
  kGangLeft,   // by a member that lost another
  kAllSettled,
  kStopped,
  kNoWorkers,
  kCount,
};

inline constexpr std::array<const char*, static_cast<std::size_t>(Seen::kCount)> kSeenNames = {
    "faults",
    "coordinators",
    "zombies refused",
    "commits failed",
    "resumed",
    "lost",
    "yielded",
    "crashed",
    "bystanders",
    "ran alone",
    "quarantined",
    "failed",
    "dead dependencies",
    "superseded",
    "asked back",
    "repeated results",
    "drained",
    "pins moved",
    "leased ahead",
    "spared",
    "views not needed",
    "gangs formed",
    "gangs left",
    "sweeps settled",
    "stops",
    "without workers"};

struct SimTotals {
  std::int64_t events = 0;
  std::array<std::int64_t, static_cast<std::size_t>(Seen::kCount)> seen{};
  void Count(Seen what) { ++seen[static_cast<std::size_t>(what)]; }
};

}  // namespace unmask

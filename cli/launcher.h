// `unmask run` without mpirun: starts mpirun itself, with local workers or as the user says,
// forwards signals, and hands on the exit code.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/files.h"

namespace unmask {

// Whether this process was started by mpirun (or by a resource manager's PMIx launcher), with
// others: one that knows that it is alone is not.
bool UnderMpi();
// Under mpirun, before MPI is started: whether this rank is known to be 0.
bool ToBeRankZero();

// Workers and slots that a machine gets by default (README, "On a cluster"). `cores`: those this
// process may use.
struct LocalShape {
  int workers = 1;
  int slots = 1;  // a worker
};
LocalShape ShapeFor(int cores, std::optional<int> workers, std::optional<int> slots);

// These signals end this process at once, with 75, until somebody else handles them.
void EndAtOnceOn(const std::vector<int>& signals);

// From here to LaunchRanks there is nothing to be written down: what asks for a stop (or, if it
// is not ignored, a hang-up) ends this process at once, with 75.
void EndAtOnceWhenStopped();

struct LaunchOptions {
  fs::path program;               // this executable
  std::vector<std::string> args;  // its arguments, as the user gave them
  LocalShape shape;               // of local workers
  std::string mpirun;  // a shell's words for it and its options, instead of those; empty: none
};

// Runs mpirun in a process group of its own, so that Ctrl-C reaches this process alone: the first
// SIGINT, SIGTERM, SIGUSR1 or (unless ignored, as by nohup) SIGHUP is the graceful stop (passed on
// as SIGUSR1), the second ends at once, the third whatever mpirun does. Returns the run's exit
// code: what rank 0 said, 75 where it could not say anything any more, 3 where mpirun started no
// rank 0 on this machine. mpirun's own code says little: where a host is gone it ends the ranks and
// returns 0 (Open MPI 5).
int LaunchRanks(const LaunchOptions& options);

// What rank 0 tells the launcher, where there is one: that the ranks have met, and its exit code.
// Returns the code for mpirun, which has nothing to complain about where the launcher was told.
void TellStarted();
int TellExitCode(int code);

// Environment by which the launcher and rank 0 understand each other.
inline constexpr char kExitFileVariable[] = "UNMASK_EXIT_FILE";    // rank 0 has a launcher
inline constexpr char kStatusVariable[] = "UNMASK_STATUS";         // "live": stderr is a terminal
inline constexpr char kSlotsVariable[] = "UNMASK_LAUNCHED_SLOTS";  // of a local worker

}  // namespace unmask

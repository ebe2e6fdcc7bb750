// Rank 0 of a run: wires the scheduler to the store, the transport, signals and the clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/jobs/sweep.h"
#include "common/transport/transport.h"
#include "coordinator/app/status_line.h"
#include "sql/results_store.h"

namespace unmask {

struct CoordinatorOptions {
  SweepPlan plan;                            // jobs in the order in which they should run
  std::map<std::string, std::string> blobs;  // that the jobs consume, by SHA-256 (PlanOutput)
  std::map<std::string, std::string> files;  // further files of the store, by relative path
  std::set<std::string> held_out;  // train only these folds, leave the others queued; empty: all
  std::string provenance_json;
  StatusLine::Mode status = StatusLine::Mode::kPlain;
  std::optional<std::uint16_t> dashboard_port;  // nullopt: no dashboard; 0: any free port
};

// Runs or resumes the sweep until every job is settled, a stop is asked for, or no worker is left.
// Returns the run's exit code (0, 1 or 75: README); an Error where the store cannot be used. Owns
// the calling thread.
Result<int> RunCoordinator(Transport& transport, const Clock& clock, ResultsStore& store,
                           const CoordinatorOptions& options);

// Tells every agent to end, and waits a moment until that has left. For rank 0, whatever its
// outcome was.
void DismissAgents(Transport& transport, const Clock& clock);

}  // namespace unmask

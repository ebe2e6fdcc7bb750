// A planned sweep becomes rows: its jobs, who uses them, and its cells.
#pragma once

#include <string>

#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/jobs/sweep.h"
#include "sql/database.h"
#include "sql/load_jobs.h"

namespace unmask {

// Within the caller's transaction. Inserts what is not there yet; jobs that other sweeps share, and
// what they answered, stay as they are. Returns the jobs of the sweep as they are then.
Result<LoadedJobs> WriteSweep(Database& database, const SweepPlan& plan, const std::string& now);

void WriteRun(Database& database, const std::string& sweep, CoordinatorEpoch epoch,
              const std::string& build, const std::string& provenance_json, const std::string& now);

}  // namespace unmask

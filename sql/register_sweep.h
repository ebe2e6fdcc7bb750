// A planned sweep becomes rows: its jobs, who uses them, and its cells.
#pragma once

#include <string>

#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/jobs/sweep.h"
#include "sql/database.h"

namespace unmask {

// Within the caller's transaction. Inserts what is not there yet; jobs that other sweeps share, and
// what they answered, stay as they are. Where the sweep and all of its jobs are new: the row of its
// first job, the others follow in the plan's order; else 0.
Result<std::int64_t> WriteSweep(Database& database, const SweepPlan& plan, const std::string& now);

void WriteRun(Database& database, const std::string& sweep, CoordinatorEpoch epoch,
              const std::string& build, const std::string& provenance_json, const std::string& now);

}  // namespace unmask

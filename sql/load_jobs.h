// The jobs of a sweep as a coordinator finds them at its start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/jobs/sweep.h"
#include "sql/database.h"
#include "sql/known_jobs.h"
#include "sql/results_store.h"

namespace unmask {

struct LoadedJobs {
  std::vector<StoredJob> jobs;                          // in the plan's order
  std::vector<std::pair<std::size_t, KnownJob>> known;  // by index: those that may still be leased
};

LoadedJobs LoadJobs(Database& database, const std::string& sweep);
// As it reads those of a plan that were just written, the first of them at the row `first_id`.
LoadedJobs NewJobs(const SweepPlan& plan, std::int64_t first_id);

}  // namespace unmask

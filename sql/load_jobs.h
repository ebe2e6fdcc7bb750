// The jobs of a sweep as a coordinator finds them at its start.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "sql/database.h"
#include "sql/known_jobs.h"
#include "sql/results_store.h"

namespace unmask {

struct LoadedJobs {
  std::vector<StoredJob> jobs;                          // in the plan's order
  std::vector<std::pair<std::size_t, KnownJob>> known;  // by index: those that may still be leased
};

LoadedJobs ReadJobs(Database& database, const std::string& sweep);

}  // namespace unmask

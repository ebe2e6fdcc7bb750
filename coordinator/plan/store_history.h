// What a store knows that bears on a plan: which jobs are done, and how long such jobs took.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>

#include "common/base/result.h"
#include "common/jobs/job.h"
#include "sql/store_paths.h"

namespace unmask {

// Empty where there is no store yet.
struct StoreHistory {
  std::unordered_set<std::string> done;  // job keys
  std::unordered_set<std::string> dead;  // likewise: failed or quarantined, which a run leaves so
  // Mean seconds of finished jobs, by PaceKey: what a total wants, however skewed they are.
  std::unordered_map<std::string, double> paces;
};

// Equal where jobs take about as long: of the same content (data, sizes, epochs, engine, ...) but
// for the subject, the seed, the view and what only moves the numbers.
std::string PaceKey(JobSpec spec);

// An error where the store cannot be read.
Result<StoreHistory> ReadStoreHistory(const StorePaths& paths);

}  // namespace unmask

// Which job of a plan a key names.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/jobs/key_hash.h"
#include "common/jobs/sweep.h"

namespace unmask {

// Asked in the plan's order, as a plan's uses are where no job is shared, it compares with the next
// job; a table is made when it is first asked for another. `jobs` must outlive it and stay as it
// is.
class PlanIndex {
 public:
  explicit PlanIndex(const std::vector<PlannedJob>& jobs) : jobs_(jobs) {
    while (next_ < jobs.size() && jobs[next_].spec.kind == JobKind::kFeatures) ++next_;
  }

  // The job's place in the plan.
  std::optional<std::size_t> Find(std::string_view key) {
    if (next_ == jobs_.size() || jobs_[next_].key != key) {
      const auto found = Table().find(key);
      if (found == Table().end()) return std::nullopt;
      next_ = found->second;
    }
    return next_++;
  }

 private:
  using ByKey = std::unordered_map<std::string_view, std::size_t, JobKeyHash>;
  const ByKey& Table() {
    if (!table_.empty()) return table_;
    table_.reserve(jobs_.size());
    for (std::size_t place = 0; place < jobs_.size(); ++place) {
      table_.emplace(jobs_[place].key, place);
    }
    return table_;
  }

  const std::vector<PlannedJob>& jobs_;
  std::size_t next_ = 0;  // the place behind the last answer
  ByKey table_;
};

}  // namespace unmask

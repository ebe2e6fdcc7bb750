#include "coordinator/core/job_table.h"

#include <utility>

#include "common/base/check.h"

namespace unmask {

JobIndex JobTable::Add(SchedulerJob facts) {
  const JobIndex index = size();
  const bool is_new = by_key_.emplace(facts.key, index).second;
  UNMASK_CHECK(is_new);
  Job job;
  job.facts = std::move(facts);
  jobs_.push_back(std::move(job));
  ++counts_[jobs_.back().phase.index()];
  return index;
}

std::optional<JobIndex> JobTable::Find(const std::string& key) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  return found->second;
}

void JobTable::SetPhase(JobIndex index, const JobPhase& phase) {
  Job& job = jobs_[index];
  --counts_[job.phase.index()];
  job.phase = phase;
  ++counts_[job.phase.index()];
}

JobCounts JobTable::Counts() const {
  return {counts_[0], counts_[1], counts_[2], counts_[3], counts_[4], counts_[5]};
}

}  // namespace unmask

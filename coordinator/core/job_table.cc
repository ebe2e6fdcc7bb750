#include "coordinator/core/job_table.h"

#include <bit>
#include <functional>
#include <utility>

#include "common/base/check.h"

namespace unmask {

void JobTable::Reserve(std::size_t jobs) {
  jobs_.reserve(jobs);
  if (slots_.size() < 2 * jobs) Grow(jobs);
}

JobIndex JobTable::Add(SchedulerJob facts) {
  UNMASK_CHECK(!Find(facts.key));
  const JobIndex index = size();
  if (slots_.size() < 2 * (std::size_t{index} + 1)) Grow(std::size_t{index} + 1);
  Insert({HashOf(facts.key), index});
  jobs_.emplace_back().facts = std::move(facts);
  ++counts_[jobs_.back().phase.index()];
  return index;
}

std::optional<JobIndex> JobTable::Find(std::string_view key) const {
  if (slots_.empty()) return std::nullopt;
  const std::size_t mask = slots_.size() - 1;
  const std::uint32_t hash = HashOf(key);
  for (std::size_t i = hash & mask; slots_[i].job != kEmpty; i = (i + 1) & mask) {
    if (slots_[i].hash == hash && jobs_[slots_[i].job].facts.key == key) return slots_[i].job;
  }
  return std::nullopt;
}

std::uint32_t JobTable::HashOf(std::string_view key) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>()(key));
}

void JobTable::Insert(Slot slot) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = slot.hash & mask;
  while (slots_[i].job != kEmpty) i = (i + 1) & mask;
  slots_[i] = slot;
}

// To at least twice as many slots as jobs, so that each has an end to find.
void JobTable::Grow(std::size_t jobs) {
  const auto before = std::exchange(slots_, {});
  slots_.resize(std::bit_ceil(2 * jobs));
  for (const Slot& slot : before) {
    if (slot.job != kEmpty) Insert(slot);
  }
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

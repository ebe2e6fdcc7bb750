#include "coordinator/core/worker_table.h"

#include <algorithm>

#include "common/base/check.h"

namespace unmask {

ClassId WorkerTable::InternClass(const std::string& name) {
  const auto found = std::find(class_names_.begin() + 1, class_names_.end(), name);
  const auto id = static_cast<ClassId>(found - class_names_.begin());
  if (found == class_names_.end()) {
    class_names_.push_back(name);
    free_.emplace_back();
    accepting_.push_back(0);
  }
  return id;
}

void WorkerTable::Join(WorkerInfo info, Millis now) {
  Worker worker;
  worker.numerics_class = InternClass(info.numerics_class);
  worker.info = std::move(info);
  worker.last_heard = now;
  const auto [entry, is_new] = workers_.emplace(worker.info.id, std::move(worker));
  UNMASK_CHECK(is_new);
  slots_ += entry->second.info.slots;
  Index(entry->second);
}

void WorkerTable::Leave(WorkerId id) {
  const auto found = workers_.find(id);
  UNMASK_CHECK(found != workers_.end());
  Unindex(found->second);
  slots_ -= found->second.info.slots;
  workers_.erase(found);
}

Worker* WorkerTable::Find(WorkerId id) {
  const auto found = workers_.find(id);
  return found == workers_.end() ? nullptr : &found->second;
}

const Worker* WorkerTable::Find(WorkerId id) const {
  const auto found = workers_.find(id);
  return found == workers_.end() ? nullptr : &found->second;
}

std::int64_t WorkerTable::Candidates(ClassId numerics_class) const {
  const bool pinned = numerics_class != kAnyClass && ClassIsServed(numerics_class);
  return pinned ? accepting_[numerics_class] : accepting_in_all_;
}

std::vector<WorkerId> WorkerTable::WithFreeSlot(ClassId id, const Lane& lane) const {
  std::vector<WorkerId> found;
  bool avoided = false;
  for (const auto& [load, worker_id] : free_[id]) {  // the idle come first, the full last
    const Worker& worker = *Find(worker_id);
    if (!worker.HasFreeSlot() || (lane.alone && !worker.leases.empty())) break;
    if (worker_id == lane.avoid) {
      avoided = true;
      continue;
    }
    found.push_back(worker_id);
    if (std::ssize(found) == lane.gang) return found;
  }
  if (avoided) found.push_back(lane.avoid);
  return std::ssize(found) == lane.gang ? found : std::vector<WorkerId>();
}

void WorkerTable::Index(const Worker& worker) {
  if (worker.Accepts()) ++accepting_[worker.numerics_class], ++accepting_in_all_;
  if (worker.HasRoom()) {
    free_[worker.numerics_class].emplace(worker.Load(), worker.info.id);
  }
}

void WorkerTable::Unindex(const Worker& worker) {
  if (worker.Accepts()) --accepting_[worker.numerics_class], --accepting_in_all_;
  free_[worker.numerics_class].erase({worker.Load(), worker.info.id});
}

}  // namespace unmask

// The connected workers, their leases, and who has a free slot.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/protocol/records.h"
#include "coordinator/core/pace.h"
#include "coordinator/core/ready_queue.h"

namespace unmask {

// In Worker::failed_on it stands for every job that makes features.
inline constexpr JobIndex kAnyFeatureJob = ~JobIndex{0};

struct Worker {
  WorkerInfo info;
  ClassId numerics_class = kAnyClass;
  Millis last_heard{};
  std::set<JobIndex> leases;
  bool exclusive = false;        // its one lease runs alone
  std::string draining;          // why it gets no new leases; empty: it does
  std::set<JobIndex> failed_on;  // different jobs that crashed here since its last success
  Pace pace;
  std::int32_t ahead = 0;  // leases beyond its slots that it may hold

  bool Accepts() const { return draining.empty(); }
  bool HasFreeSlot() const { return std::ssize(leases) < info.slots; }
  bool HasRoom() const {
    return Accepts() && !exclusive && std::ssize(leases) < std::int64_t{info.slots} + ahead;
  }
  // Who has a free slot comes before all who have none.
  std::size_t Load() const {
    constexpr std::size_t kNoFreeSlot = std::size_t{1} << 32;
    return HasFreeSlot() ? leases.size() : kNoFreeSlot + leases.size();
  }
};

// By Load, so that a handful of jobs spreads over the workers.
using FreeWorkers = std::set<std::pair<std::size_t, WorkerId>>;

class WorkerTable {
 public:
  ClassId InternClass(const std::string& name);
  const std::string& ClassName(ClassId id) const { return class_names_[id]; }

  void Join(WorkerInfo info, Millis now);
  void Leave(WorkerId id);
  Worker* Find(WorkerId id);
  const Worker* Find(WorkerId id) const;

  // Every change of leases, exclusive or draining goes through here, so that the indexes follow.
  template <typename Change>
  void Update(Worker& worker, const Change& change) {
    Unindex(worker);
    change(worker);
    Index(worker);
  }

  // How many workers could take a job of this lane's class: those of the class, or, where none of
  // them is connected, all (the pin moves).
  std::int64_t Candidates(ClassId numerics_class) const;
  // Of all connected workers.
  std::int64_t Slots() const { return slots_; }
  // Whether a gang of so many could have its members in this class (1: any job).
  bool ClassIsServed(ClassId id, std::int32_t gang = 1) const { return accepting_[id] >= gang; }

  const std::vector<FreeWorkers>& free_by_class() const { return free_; }
  // The `gang` least loaded of a class that have a free slot (`alone`: nothing else to do), without
  // the one to avoid where others are enough; empty: there are too few.
  std::vector<WorkerId> WithFreeSlot(ClassId id, const Lane& lane) const;
  const std::map<WorkerId, Worker>& all() const { return workers_; }
  std::map<WorkerId, Worker>& all() { return workers_; }

 private:
  void Index(const Worker& worker);
  void Unindex(const Worker& worker);

  std::map<WorkerId, Worker> workers_;
  std::vector<std::string> class_names_{""};  // by ClassId
  std::vector<FreeWorkers> free_{1};          // by ClassId: workers that have room
  std::vector<std::int64_t> accepting_{0};    // by ClassId: workers that accept leases
  std::int64_t accepting_in_all_ = 0;
  std::int64_t slots_ = 0;
};

}  // namespace unmask

// The scheduler's invariants, checked from scratch. Linear; tests call it after every event.
#include <algorithm>
#include <set>
#include <string>

#include "coordinator/core/scheduler.h"

namespace unmask {

namespace {

Status Broken(const std::string& what, const std::string& whose) {
  return InternalError(what, whose, "this is a bug in the scheduler");
}

}  // namespace

Status Scheduler::SanityCheck() const {
  UNMASK_TRY(CheckJobs());
  UNMASK_TRY(CheckGangs());
  UNMASK_TRY(CheckViews());
  UNMASK_TRY(CheckQueue());
  UNMASK_TRY(CheckWorkers());
  return CheckNothingIdles();
}

Status Scheduler::CheckJobs() const {
  std::vector<std::int32_t> left(jobs_.size(), 0);
  for (JobIndex index = 0; index < jobs_.size(); ++index) {
    if (jobs_[index].Is<DoneState>()) continue;
    for (const JobIndex dependant : jobs_[index].dependants) ++left[dependant];
  }
  for (JobIndex index = 0; index < jobs_.size(); ++index) {
    const Job& job = jobs_[index];
    const std::string& key = job.facts.key;
    const auto* waiting = std::get_if<WaitingState>(&job.phase);
    if (waiting && waiting->dependencies_left != left[index]) {
      return Broken("dependencies are miscounted", key);
    }
    if (waiting && waiting->dependencies_left == 0 && waiting->view < 0) {
      return Broken("waits for nothing", key);
    }
    if (!waiting && left[index] > 0 && !job.IsDead() && !job.Is<DormantState>()) {
      return Broken("runs before its dependencies", key);
    }
    const bool over_limit = job.facts.crashes >= kCrashLimit || job.facts.losses >= kLossLimit;
    if (over_limit && !job.Settled()) return Broken("is not quarantined at its limit", key);
    if (const auto* leased = std::get_if<LeasedState>(&job.phase)) {
      const Worker* worker = workers_.Find(leased->worker);
      if (!worker || !worker->leases.contains(index)) return Broken("its worker has it not", key);
      if (leased->attempt != job.facts.last_attempt) return Broken("attempt is not the last", key);
    }
  }
  return {};
}

Status Scheduler::CheckGangs() const {
  for (JobIndex index = 0; index < jobs_.size(); ++index) {
    const Job& job = jobs_[index];
    const auto found = gangs_.find(index);
    const auto* leased = std::get_if<LeasedState>(&job.phase);
    const bool at_work = leased && job.facts.gang > 1;
    if (at_work != (found != gangs_.end()))
      return Broken("its gang is not as it is", job.facts.key);
    if (!at_work) continue;
    const OpenGang& gang = found->second;
    const std::set<WorkerId> different(gang.members.begin(), gang.members.end());
    if (std::ssize(different) != job.facts.gang || gang.members.front() != leased->worker) {
      return Broken("its gang is not whole", job.facts.key);
    }
    for (const WorkerId member : gang.members) {
      const Worker* worker = workers_.Find(member);
      if (!worker || !worker->leases.contains(index))
        return Broken("a member has it not", job.facts.key);
    }
  }
  return {};
}

Status Scheduler::CheckViews() const {
  for (const ViewSet& set : view_sets_.all()) {
    for (std::int64_t view = 0; view < set.size(); ++view) {
      const Job& job = jobs_[set.views[static_cast<std::size_t>(view)]];
      const bool made = job.Is<DoneState>();
      if (view < set.available && !made) return Broken("is taken for made", job.facts.key);
      if (view == set.available && made) return Broken("is made, and nobody knows", job.facts.key);
      const bool forgotten = view < set.called && set.live > 0 && job.Is<DormantState>();
      if (forgotten) return Broken("was called for and sleeps", job.facts.key);
    }
    for (const auto& [view, indices] : set.waiting) {
      for (const JobIndex index : indices) {
        const auto* waiting = std::get_if<WaitingState>(&jobs_[index].phase);
        if (!waiting || waiting->view != view || view < set.available || view >= set.called) {
          return Broken("waits for a view wrongly", jobs_[index].facts.key);
        }
      }
    }
  }
  return {};
}

Status Scheduler::CheckQueue() const {
  std::int64_t queued = 0;
  for (const auto& [lane, orders] : ready_.lanes()) {
    if (orders.empty()) return Broken("an empty lane is kept", "queue");
    for (const ReadyOrder& order : orders) {
      const Job& job = jobs_[order.job];
      const auto* ready = std::get_if<ReadyState>(&job.phase);
      if (!ready || ready->lane != lane || ready->order != order) {
        return Broken("is in the queue but not ready", job.facts.key);
      }
      if (lane.numerics_class != cells_[job.cell].pin) {
        return Broken("is queued beside its cell's pin", job.facts.key);
      }
      ++queued;
    }
  }
  if (queued != jobs_.Counts().ready) return Broken("ready jobs are miscounted", "queue");
  return {};
}

Status Scheduler::CheckWorkers() const {
  std::int64_t leases = 0;
  std::size_t with_room = 0;
  for (const auto& [id, worker] : workers_.all()) {
    const std::string name = "worker " + std::to_string(id.value);
    const std::int64_t beyond = std::ssize(worker.leases) - worker.info.slots;
    if (beyond > (config_.ahead_window > Millis(0) ? Pace::kAheadMax : 0)) {
      return Broken("more leases than it may have", name);
    }
    if (worker.exclusive && worker.leases.size() != 1) return Broken("alone with others", name);
    if (!worker.Accepts() && worker.leases.empty()) return Broken("drained but not let go", name);
    if (std::ssize(worker.failed_on) >= kDrainLimit && worker.Accepts()) {
      return Broken("is not drained at its limit", name);
    }
    for (const JobIndex index : worker.leases) {
      const auto* leased = std::get_if<LeasedState>(&jobs_[index].phase);
      if (!leased || (leased->worker != id && !IsMember(id, index))) {
        return Broken("has a lease that is not its own", name);
      }
    }
    leases += std::ssize(worker.leases);
    if (!worker.HasRoom()) continue;
    ++with_room;
    const FreeWorkers& free = workers_.free_by_class()[worker.numerics_class];
    if (!free.contains({worker.Load(), id})) return Broken("its room is not known", name);
  }
  for (const FreeWorkers& free : workers_.free_by_class()) with_room -= free.size();
  if (with_room != 0) return Broken("free workers are miscounted", "workers");
  for (const auto& [index, gang] : gangs_) leases -= std::ssize(gang.members) - 1;
  if (leases != jobs_.Counts().running) return Broken("leases are miscounted", "workers");
  return {};
}

Status Scheduler::CheckNothingIdles() const {
  const JobCounts counts = jobs_.Counts();
  if (counts.waiting > 0 && counts.ready + counts.running == 0) {
    return Broken("stuck: all jobs wait for one another", "queue");
  }
  if (stopping_) return {};
  for (const auto& [id, worker] : workers_.all()) {
    if (!worker.HasRoom()) continue;
    if (ready_.First([&, &w = worker](const Lane& lane) { return MayTake(w, lane); })) {
      return Broken("idles beside a ready job", "worker " + std::to_string(id.value));
    }
  }
  return {};
}

}  // namespace unmask

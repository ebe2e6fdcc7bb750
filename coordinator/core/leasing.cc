// Who runs what: cells and their pins, the ready queue, free slots.
#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "coordinator/core/planted_bugs.h"
#include "coordinator/core/scheduler.h"

namespace unmask {

void Scheduler::AddToCell(JobIndex index) {
  const SchedulerJob& facts = jobs_[index].facts;
  auto cell = static_cast<std::int32_t>(cells_.size());
  if (!facts.cell.empty()) cell = cells_by_name_.try_emplace(facts.cell, cell).first->second;
  if (cell == static_cast<std::int32_t>(cells_.size())) cells_.emplace_back();
  jobs_[index].cell = cell;
  cells_[cell].jobs.push_back(index);
  if (facts.numerics_class.empty() || cells_[cell].pin != kAnyClass) return;
  Pin(cells_[cell], workers_.InternClass(facts.numerics_class));
}

// A new job's first phase, and its links to what it depends on.
void Scheduler::Admit(JobIndex index) {
  switch (jobs_[index].facts.state) {
    case JobState::kDone:
      return Settle(index, DoneState{});
    case JobState::kFailed:
      return Settle(index, FailedState{});
    case JobState::kQuarantined:
      return Settle(index, QuarantinedState{});
    case JobState::kQueued:
    case JobState::kRunning:
      break;
  }
  for (const std::string& key : jobs_[index].facts.dependencies) {
    const auto needed = jobs_.Find(key);
    UNMASK_CHECK(needed.has_value());
    jobs_[*needed].dependants.push_back(index);
  }
  if (jobs_[index].facts.view >= 0) return jobs_.SetPhase(index, DormantState{});
  Await(index);
}

// The job is wanted: it waits for its dependencies, or may go on.
void Scheduler::Await(JobIndex index) {
  std::int32_t left = 0;
  for (const std::string& key : jobs_[index].facts.dependencies) {
    const JobIndex dependency = *jobs_.Find(key);
    const Job& needed = jobs_[dependency];
    if (needed.IsDead()) return FailWithAll(index, dependency);
    // One of the same AddJobs may not be admitted yet.
    if (needed.Is<DoneState>() || needed.facts.state == JobState::kDone) continue;
    ++left;
  }
  if (left == 0 || Planted(PlantedBug::kDependencyIgnored)) return Release(index);
  jobs_.SetPhase(index, WaitingState{left});
  // Its first views are made beside the plain one that it waits for, not after it.
  if (ViewSet* set = SetOfTraining(index)) CallViews(*set, FirstView(index));
}

void Scheduler::Enqueue(JobIndex index) {
  Job& job = jobs_[index];
  const SchedulerJob& facts = job.facts;
  ReadyState ready;
  ready.lane.numerics_class = cells_[job.cell].pin;
  ready.lane.alone = facts.alone;
  ready.lane.gang = facts.gang;
  const bool crashed = facts.crashes > 0;
  if (job.crashed_on && crashed) ready.lane.avoid = *job.crashed_on;
  ready.order.job = index;
  ready.order.rank = facts.alone                        ? ReadyRank::kAlone
                     : facts.gang > 1 && crashed        ? ReadyRank::kCrashedGang
                     : facts.gang > 1                   ? ReadyRank::kGang
                     : crashed                          ? ReadyRank::kCrashed
                     : facts.kind == JobKind::kFeatures ? ReadyRank::kFeatures
                     : !facts.checkpoints.empty()       ? ReadyRank::kResumed
                                                        : ReadyRank::kFresh;
  ready_.Add(ready.lane, ready.order);
  jobs_.SetPhase(index, ready);
}

// All jobs of the cell run in this class from here on, as far as they are not done.
void Scheduler::Pin(Cell& cell, ClassId to) {
  if (cell.pin == to) return;
  if (cell.pin != kAnyClass) {
    effects_.Note("the cell of job " + jobs_[cell.jobs.front()].facts.key + " moves from " +
                  workers_.ClassName(cell.pin) + " to " + workers_.ClassName(to));
  }
  cell.pin = to;
  for (const JobIndex index : cell.jobs) {
    const auto* ready = std::get_if<ReadyState>(&jobs_[index].phase);
    if (!ready) continue;
    ready_.Remove(ready->lane, ready->order);
    Enqueue(index);
  }
}

bool Scheduler::MayTake(const Worker& worker, const Lane& lane) const {
  const bool pinned_elsewhere =
      lane.numerics_class != kAnyClass && lane.numerics_class != worker.numerics_class;
  // Who comes may be of that class.
  const bool may_be_served = AnyMayCome() || workers_.ClassIsServed(lane.numerics_class, lane.gang);
  if (pinned_elsewhere && may_be_served) return false;
  if (lane.gang > 1) return !MembersFor(worker, lane).empty();
  if (lane.alone && !worker.leases.empty()) return false;
  return lane.avoid != worker.info.id || workers_.Candidates(lane.numerics_class) == 1;
}

void Scheduler::AfterEvent() {
  for (const WorkerId id : std::exchange(let_go_, {})) {
    const Worker* worker = workers_.Find(id);
    if (!worker || worker->Accepts() || !worker->leases.empty()) continue;
    effects_.Send(id, Goodbye{});
    Leave(id, std::string(worker->draining));
  }
  if (stopping_) return;
  const auto classes = static_cast<ClassId>(workers_.free_by_class().size());
  for (ClassId id = 1; id < classes; ++id) Fill(id);
}

// Leases to the workers of a class until none with room finds a job. The least loaded speaks for
// all: what it may not take, nobody more loaded may, except a job that avoids just it. Such a job
// comes before gangs, which would take both, so there the second is asked as well.
void Scheduler::Fill(ClassId numerics_class) {
  const FreeWorkers& free = workers_.free_by_class()[numerics_class];
  for (bool leased = true; leased;) {
    std::optional<ReadyOrder> first;
    Worker* taker = nullptr;
    auto next = free.begin();
    for (int asked = 0; asked < 2 && next != free.end() && !ready_.empty(); ++asked) {
      Worker& worker = *workers_.Find((next++)->second);
      const auto found = ready_.First([&](const Lane& lane) { return MayTake(worker, lane); });
      if (found && (!first || *found < *first)) {
        first = found;
        taker = &worker;
      }
      if (first && first->rank < ReadyRank::kCrashed) break;
    }
    leased = first.has_value();
    if (leased) LeaseTo(*taker, first->job);
  }
}

// To `free`, or to a gang of workers of its class: free, as MayTake has seen.
void Scheduler::LeaseTo(Worker& free, JobIndex index) {
  Job& job = jobs_[index];
  SchedulerJob& facts = job.facts;
  std::vector<WorkerId> gang;
  if (facts.gang > 1) gang = MembersFor(free, std::get<ReadyState>(job.phase).lane);
  Worker& worker = gang.empty() ? free : *workers_.Find(gang.front());
  Detach(index);
  const bool keeps_number =
      Planted(PlantedBug::kRequeuedWithoutNewAttempt) && facts.last_attempt.value > 0;
  if (!keeps_number) ++facts.last_attempt.value;
  LeasedState leased{facts.last_attempt, worker.info.id, now_};
  leased.ahead = !worker.HasFreeSlot();
  jobs_.SetPhase(index, leased);
  Occupy(worker, index);
  Pin(cells_[job.cell], worker.numerics_class);
  const LeaseId id = IdOf(job, facts.last_attempt);
  RecordLease record{id, worker.info};
  if (!gang.empty()) {
    record.others.assign(gang.begin() + 1, gang.end());
    for (const WorkerId other : record.others) Occupy(*workers_.Find(other), index);
  }
  effects_.Persist(std::move(record));
  Lease lease{.id = id,
              .spec = facts.spec,
              .inputs = InputsOf(index),
              .checkpoints = {},
              .checkpoint_seconds = facts.checkpoint_seconds,
              .keep_best = facts.keep_best,
              .epochs_available = EpochsAvailable(index),
              .gang = {}};
  for (const CheckpointRef& checkpoint : facts.checkpoints) {
    const bool resumable = checkpoint.numerics_class == worker.info.numerics_class;
    if (resumable) lease.checkpoints.push_back(checkpoint);
  }
  if (gang.empty()) {
    effects_.Send(worker.info.id, std::move(lease));
  } else {
    SendToGang(index, gang, std::move(lease));
  }
  if (Planted(PlantedBug::kLeasedTwice) && facts.last_attempt.value == 1) Enqueue(index);
}

void Scheduler::Occupy(Worker& worker, JobIndex index) {
  workers_.Update(worker, [&](Worker& w) {
    if (w.leases.empty()) w.pace.Begin(now_);
    w.leases.insert(index);
    w.exclusive = jobs_[index].facts.alone;
  });
}

LeaseId Scheduler::IdOf(const Job& job, AttemptNumber attempt) const {
  return {job.facts.key, attempt, epoch_};
}

}  // namespace unmask

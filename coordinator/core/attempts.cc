// How attempts and jobs end, and what that means for their dependants and workers.
#include <string>
#include <utility>
#include <vector>

#include "common/protocol/codec.h"
#include "common/protocol/log_name.h"
#include "coordinator/core/planted_bugs.h"
#include "coordinator/core/scheduler.h"

namespace unmask {

// Records the end of an attempt without a result, and moves the job on.
void Scheduler::EndAttempt(JobIndex index, RecordAttemptEnd end, WorkerId speaker) {
  const SchedulerJob& facts = jobs_[index].facts;
  const JobState next = end.job_state;
  if (!end.message.empty()) end.message = SpeakerOf(index, speaker) + end.message;
  if (next == JobState::kQuarantined) end.message = QuarantineMessage(facts, end);
  end.crashes = facts.crashes;
  end.losses = facts.losses;
  end.alone = facts.alone;
  effects_.Persist(end);
  Detach(index);
  DismissGang(index, end.lease, speaker);
  const bool wrongly = Planted(PlantedBug::kQuarantinedJobLeased);
  if (next == JobState::kQueued || wrongly) return Release(index);
  if (next == JobState::kFailed) {
    Settle(index, FailedState{});
  } else {
    Settle(index, QuarantinedState{});
  }
  FailDependants(index);
}

std::string Scheduler::QuarantineMessage(const SchedulerJob& facts,
                                         const RecordAttemptEnd& end) const {
  const bool lost = end.outcome == AttemptOutcome::kLost;
  const std::string count = std::to_string(lost ? facts.losses : facts.crashes);
  std::string message =
      count + (lost ? " worker losses" : " crashes") + " without a new checkpoint";
  message += ", the last (attempt " + std::to_string(facts.last_attempt.value) + "): ";
  message += end.error_class + (end.message.empty() ? "" : ": " + end.message);
  return message + "; see logs/" + AttemptLogName(facts.key, facts.last_attempt);
}

void Scheduler::LoseWorker(WorkerId id, const std::string& reason) {
  Worker& worker = *workers_.Find(id);
  // Out of the free workers first, so that nothing of its own comes back to it.
  workers_.Update(worker, [&](Worker& lost) { lost.draining = reason; });
  const std::set<JobIndex> leases = worker.leases;
  for (const JobIndex index : leases) LoseLease(index, id, "worker lost: " + reason);
  Leave(id, reason);
}

// `lost`: the worker that is gone, where it is one.
void Scheduler::LoseLease(JobIndex index, WorkerId lost, const std::string& reason) {
  Job& job = jobs_[index];
  const auto* leased = std::get_if<LeasedState>(&job.phase);
  if (!leased) return;
  if (Planted(PlantedBug::kGangOutlivesMember) && lost.value > 0 && lost != leased->worker) return;
  // What waited for a slot there was none of the worker's business.
  const bool waited =
      leased->ahead && (!leased->started || Planted(PlantedBug::kStartedLossSpared));
  if (!waited || Planted(PlantedBug::kWaitingLossCounted)) ++job.facts.losses;
  if (Planted(PlantedBug::kCrashCountedForLostWorker)) ++job.facts.crashes;
  const bool too_often = job.facts.losses >= kLossLimit;
  EndAttempt(index,
             {.lease = IdOf(job, leased->attempt),
              .outcome = AttemptOutcome::kLost,
              .error_class = std::string(Name(FailureClass::kLost)),
              .message = reason,
              .job_state = too_often ? JobState::kQuarantined : JobState::kQueued},
             lost);
}

// Takes the job out of where its phase has put it: the queue, or its workers' slots.
void Scheduler::Detach(JobIndex index) {
  const Job& job = jobs_[index];
  if (const auto* ready = std::get_if<ReadyState>(&job.phase)) {
    ready_.Remove(ready->lane, ready->order);
  } else if (const auto* leased = std::get_if<LeasedState>(&job.phase)) {
    const auto gang = gangs_.find(index);
    if (gang == gangs_.end()) return Vacate(leased->worker, index);
    for (const WorkerId member : gang->second.members) Vacate(member, index);
  }
}

void Scheduler::Vacate(WorkerId id, JobIndex index) {
  Worker* worker = workers_.Find(id);
  if (!worker) return;
  workers_.Update(*worker, [&](Worker& w) {
    w.leases.erase(index);
    w.exclusive = false;
  });
  if (!worker->Accepts() && worker->leases.empty()) let_go_.push_back(id);
}

// Done, failed or quarantined: what only a lease needs is given up, sweeps are large.
void Scheduler::Settle(JobIndex index, const JobPhase& phase) {
  jobs_.SetPhase(index, phase);
  SchedulerJob& facts = jobs_[index].facts;
  facts.spec = std::string();
  facts.checkpoints = std::vector<CheckpointRef>();
  ViewSet* set = SetOfTraining(index);
  if (set && IsOpen(facts.state)) OnTrainingSettled(*set);
  if (ViewSet* made = SetOfView(index); made && jobs_[index].Is<DoneState>()) OnViewMade(*made);
}

void Scheduler::ReleaseDependants(JobIndex done) {
  for (const JobIndex index : jobs_[done].dependants) {
    auto* waiting = std::get_if<WaitingState>(&jobs_[index].phase);
    if (waiting && --waiting->dependencies_left == 0) Release(index);
  }
}

// Dependants of a dead job can never run; nor can theirs.
void Scheduler::FailDependants(JobIndex dead) {
  std::vector<JobIndex> reasons{dead};
  while (!reasons.empty()) {
    const JobIndex reason = reasons.back();
    reasons.pop_back();
    std::vector<JobIndex> hopeless = TakeWaitingFor(reason);
    const std::vector<JobIndex>& dependants = jobs_[reason].dependants;
    hopeless.insert(hopeless.end(), dependants.begin(), dependants.end());
    for (const JobIndex index : hopeless) {
      if (!jobs_[index].Is<WaitingState>()) continue;  // dormant, or failed already
      Fail(index, reason);
      reasons.push_back(index);
    }
  }
}

void Scheduler::Fail(JobIndex index, JobIndex dead) {
  const bool failed = jobs_[dead].Is<FailedState>();
  effects_.Persist(RecordJobFailed{
      jobs_[index].facts.key,
      "needs job " + jobs_[dead].facts.key + ", which " + (failed ? "failed" : "is quarantined")});
  Settle(index, FailedState{});
}

void Scheduler::FailWithAll(JobIndex index, JobIndex dead) {
  Fail(index, dead);
  FailDependants(index);
}

// Jobs that make features count as one: they share a model, and where that crashes one of them is
// to be quarantined, not a worker drained.
void Scheduler::CountAgainst(Worker& worker, JobIndex job) {
  const bool features = jobs_[job].facts.kind == JobKind::kFeatures;
  worker.failed_on.insert(features ? kAnyFeatureJob : job);
  const auto different = static_cast<std::int32_t>(worker.failed_on.size());
  if (different < kDrainLimit) return;
  Drain(worker, std::to_string(different) + " different jobs in a row crashed on it");
}

// No new leases; it is let go once its last lease has ended.
void Scheduler::Drain(Worker& worker, const std::string& reason) {
  if (!worker.Accepts()) return;
  workers_.Update(worker, [&](Worker& w) { w.draining = reason; });
  if (!stopping_) {  // else nobody gets any more
    effects_.Note("worker " + std::to_string(worker.info.id.value) + " is drained: " + reason);
  }
  effects_.Send(worker.info.id, StopGracefully{});
  if (worker.leases.empty()) let_go_.push_back(worker.info.id);
}

void Scheduler::Leave(WorkerId id, const std::string& reason) {
  effects_.Drop(id, reason);
  workers_.Leave(id);
}

}  // namespace unmask

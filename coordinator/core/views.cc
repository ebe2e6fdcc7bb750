// Training jobs and the views that they train on.
#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "coordinator/core/planted_bugs.h"
#include "coordinator/core/scheduler.h"

namespace unmask {

void Scheduler::AddToSet(JobIndex index) {
  const SchedulerJob& facts = jobs_[index].facts;
  if (facts.view_set.empty()) return;
  ViewSet& set = view_sets_.Named(facts.view_set);
  if (facts.view >= 0) {
    UNMASK_CHECK(facts.view == set.size());  // the planner lists them in order
    set.views.push_back(index);
    return;
  }
  UNMASK_CHECK(facts.views > 0);
  if (IsOpen(facts.state)) ++set.live;
}

// A job whose dependencies are done: into the queue, or to wait for the view that it needs next.
void Scheduler::Release(JobIndex index) {
  ViewSet* set = SetOfTraining(index);
  if (!set || Planted(PlantedBug::kViewsIgnored)) return Enqueue(index);
  const std::int64_t needed = FirstView(index);
  CallViews(*set, needed);
  if (set->available > needed) return Enqueue(index);
  for (std::int64_t view = set->available; view <= needed; ++view) {
    const JobIndex maker = set->views[static_cast<std::size_t>(view)];
    if (jobs_[maker].IsDead()) return FailWithAll(index, maker);
  }
  set->waiting[needed].push_back(index);
  jobs_.SetPhase(index, WaitingState{.dependencies_left = 0, .view = needed});
}

// Some job has come as far as `view`: those ahead of it shall be made.
void Scheduler::CallViews(ViewSet& set, std::int64_t view) {
  if (Planted(PlantedBug::kViewsNotCalled) && set.called > 0) return;
  set.reached = std::max(set.reached, view);
  const auto ahead = std::max<std::int64_t>(config_.views_ahead, workers_.Slots());
  const std::int64_t end = std::min(set.size(), set.reached + 1 + ahead);
  while (set.called < end) {
    const JobIndex index = set.views[static_cast<std::size_t>(set.called++)];
    if (!jobs_[index].Is<DormantState>()) continue;
    Await(index);
  }
}

// Slots have come: as many views may be made ahead.
void Scheduler::CallViewsForSlots() {
  for (ViewSet& set : view_sets_.all()) {
    if (set.live > 0 && set.called > 0) CallViews(set, set.reached);
  }
}

// A view is made: whoever waited for just this one (and those before it) may go on.
void Scheduler::OnViewMade(ViewSet& set) {
  while (set.available < set.size() &&
         jobs_[set.views[static_cast<std::size_t>(set.available)]].Is<DoneState>()) {
    ++set.available;
  }
  while (!set.waiting.empty() && set.waiting.begin()->first < set.available) {
    const auto released = std::move(set.waiting.extract(set.waiting.begin()).mapped());
    for (const JobIndex index : released) Enqueue(index);
  }
}

// Those who need the view that this job was to make, or one behind it.
std::vector<JobIndex> Scheduler::TakeWaitingFor(JobIndex maker) {
  std::vector<JobIndex> taken;
  ViewSet* set = SetOfView(maker);
  if (!set || Planted(PlantedBug::kViewDeathForgotten)) return taken;
  const auto first = set->waiting.lower_bound(jobs_[maker].facts.view);
  for (auto waiting = first; waiting != set->waiting.end(); ++waiting) {
    taken.insert(taken.end(), waiting->second.begin(), waiting->second.end());
  }
  set->waiting.erase(first, set->waiting.end());
  return taken;
}

// The last training job of a set is settled: nobody needs the views that are not made.
void Scheduler::OnTrainingSettled(ViewSet& set) {
  if (--set.live > 0) return;
  for (const JobIndex index : set.views) {
    const Job& job = jobs_[index];
    if (const auto* leased = std::get_if<LeasedState>(&job.phase)) {
      const WorkerId worker = leased->worker;
      const LeaseId lease = IdOf(job, leased->attempt);
      EndAttempt(index, {.lease = lease,
                         .outcome = AttemptOutcome::kYielded,
                         .error_class = "",
                         .message = "no job needs it any more"});
      effects_.Send(worker, Superseded{lease});
    }
    if (job.Settled() || job.Is<DormantState>()) continue;
    Detach(index);
    jobs_.SetPhase(index, DormantState{});
  }
}

// The last view that must be there before the job can train its epoch `epoch` (from 0).
std::int64_t Scheduler::ViewNeeded(JobIndex index, std::int64_t epoch) const {
  return std::min(epoch, jobs_[index].facts.views - 1);
}

// The one that its next attempt begins with.
std::int64_t Scheduler::FirstView(JobIndex index) const {
  return ViewNeeded(index, jobs_[index].EpochsReached());
}

ViewSet* Scheduler::SetOfTraining(JobIndex index) {
  const SchedulerJob& facts = jobs_[index].facts;
  return facts.view < 0 ? view_sets_.Find(facts.view_set) : nullptr;
}

ViewSet* Scheduler::SetOfView(JobIndex index) {
  const SchedulerJob& facts = jobs_[index].facts;
  return facts.view >= 0 ? view_sets_.Find(facts.view_set) : nullptr;
}

// What the job reads: what its dependencies made, then the views that are there.
std::vector<std::string> Scheduler::InputsOf(JobIndex index) {
  std::vector<std::string> inputs;
  for (const std::string& key : jobs_[index].facts.dependencies) {
    inputs.push_back(jobs_[*jobs_.Find(key)].facts.output);
  }
  if (const ViewSet* set = SetOfTraining(index)) {
    const std::int64_t end = std::min(set->available, jobs_[index].facts.views);
    for (std::int64_t view = 0; view < end; ++view) {
      inputs.push_back(jobs_[set->views[static_cast<std::size_t>(view)]].facts.output);
    }
  }
  return inputs;
}

// How many epochs the views that are there allow; 0: all.
std::int64_t Scheduler::EpochsAvailable(JobIndex index) {
  const ViewSet* set = SetOfTraining(index);
  return set && set->available < jobs_[index].facts.views ? set->available : 0;
}

}  // namespace unmask

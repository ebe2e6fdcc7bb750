#include "coordinator/app/scheduler_jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/base/check.h"
#include "common/jobs/key_hash.h"
#include "common/jobs/plan_index.h"

namespace unmask {
namespace {

template <typename T>
using ByKey = std::unordered_map<std::string_view, T, JobKeyHash>;

// For each job of the plan what the store knows of it. The store has a sweep's jobs in the plan's
// order; those of other experiments may lie between.
std::vector<const StoredJob*> Matched(const SweepPlan& plan, const std::vector<StoredJob>& stored) {
  std::vector<const StoredJob*> matched;
  matched.reserve(plan.jobs.size());
  ByKey<const StoredJob*> by_key;
  for (const PlannedJob& planned : plan.jobs) {
    const std::size_t place = matched.size();
    if (place < stored.size() && stored[place].key == planned.key) {
      matched.push_back(&stored[place]);
      continue;
    }
    for (std::size_t i = by_key.size(); i < stored.size(); ++i) {
      by_key.emplace(stored[i].key, &stored[i]);
    }
    const auto found = by_key.find(planned.key);
    UNMASK_CHECK(found != by_key.end());
    matched.push_back(found->second);
  }
  return matched;
}

// Which cell a job is of: a shared job belongs to the one that named it first.
class Cells {
 public:
  explicit Cells(const SweepPlan& plan) : by_job_(plan.jobs.size(), kNone) {
    PlanIndex places(plan.jobs);
    const JobUse* last = nullptr;
    std::size_t cell = 0;
    for (const JobUse& use : plan.uses) {  // they come cell by cell
      if (last == nullptr || !SameCell(use, *last)) cell = Named(use);
      last = &use;
      const auto job = places.Find(use.job_key);
      if (job && by_job_[*job] == kNone) by_job_[*job] = cell;
    }
    open_.resize(names_.size());
  }

  // `job`: its place in the plan. nullptr: none, as of a feature job.
  const std::string* NameOf(std::size_t job) const {
    return by_job_[job] == kNone ? nullptr : names_[by_job_[job]];
  }
  void Open(std::size_t job) {
    if (by_job_[job] != kNone) open_[by_job_[job]] = true;
  }
  bool IsOpen(std::size_t job) const { return by_job_[job] == kNone || open_[by_job_[job]]; }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};
  static bool SameCell(const JobUse& one, const JobUse& other) {
    return one.seed == other.seed && one.point == other.point && one.experiment == other.experiment;
  }
  std::size_t Named(const JobUse& use) {
    const auto [named, is_new] = by_name_.try_emplace(
        fmt::format("{}\x1f{}\x1f{}", use.experiment, use.point, use.seed), names_.size());
    if (is_new) names_.push_back(&named->first);
    return named->second;
  }

  std::unordered_map<std::string, std::size_t> by_name_;
  std::vector<const std::string*> names_;  // by cell; keys of by_name_
  std::vector<bool> open_;                 // by cell: has a job that is not done
  std::vector<std::size_t> by_job_;        // its cell
};

SchedulerJob JobOf(const PlannedJob& planned, const StoredJob& known) {
  SchedulerJob job;
  job.key = planned.key;
  job.kind = planned.spec.kind;
  job.dependencies = planned.dependencies;
  job.view_set = planned.view_set;
  job.view = planned.view;
  job.views = planned.views;
  job.checkpoint_seconds = planned.checkpoint_seconds;
  job.keep_best = planned.keep_best;
  job.gang = static_cast<std::int32_t>(planned.spec.settings.train.devices);
  if (IsOpen(known.state)) job.spec = CanonicalText(planned.spec);
  job.state = known.state;
  job.last_attempt = known.last_attempt;
  job.crashes = known.crashes;
  job.losses = known.losses;
  job.alone = known.alone;
  job.checkpoints = known.checkpoints;
  job.numerics_class = known.numerics_class;
  job.output = known.output_sha256;
  return job;
}

bool IsDone(const StoredJob* job) { return job->state == JobState::kDone; }

}  // namespace

SweepJobs SchedulerJobs(const SweepPlan& plan, const std::vector<StoredJob>& stored,
                        const std::set<std::string>& held_out) {
  const std::vector<const StoredJob*> known = Matched(plan, stored);
  const auto to_do = [&](std::size_t i) {
    const JobSpec& spec = plan.jobs[i].spec;
    const bool wanted =
        held_out.empty() || spec.kind != JobKind::kTrain || held_out.contains(spec.held_out);
    return wanted && !IsDone(known[i]);
  };
  std::size_t first = 0;
  while (first < known.size() && !to_do(first)) ++first;
  if (first == known.size()) {
    return {.jobs = {}, .done_apart = std::ranges::count_if(known, IsDone)};
  }
  Cells cells(plan);
  for (std::size_t i = first; i < known.size(); ++i) {
    if (to_do(i)) cells.Open(i);
  }
  SweepJobs sweep;
  sweep.jobs.reserve(known.size());
  for (std::size_t i = 0; i < known.size(); ++i) {
    const bool done = IsDone(known[i]);
    if (done && !cells.IsOpen(i)) {
      ++sweep.done_apart;
    } else if (done || to_do(i)) {
      SchedulerJob& job = sweep.jobs.emplace_back(JobOf(plan.jobs[i], *known[i]));
      if (const std::string* cell = cells.NameOf(i)) job.cell = *cell;
    }
  }
  return sweep;
}

}  // namespace unmask

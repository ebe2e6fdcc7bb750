#include "coordinator/app/scheduler_jobs.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <unordered_map>

#include "common/base/check.h"

namespace unmask {

std::vector<SchedulerJob> SchedulerJobs(const SweepPlan& plan, const std::vector<StoredJob>& stored,
                                        double checkpoint_seconds, bool keep_best) {
  std::unordered_map<std::string, const StoredJob*> by_key;
  by_key.reserve(stored.size());
  for (const StoredJob& job : stored) by_key.emplace(job.key, &job);
  // A shared job belongs to the cell that named it first.
  std::unordered_map<std::string, std::string> cells;
  cells.reserve(plan.jobs.size());
  for (const JobUse& use : plan.uses) {
    cells.emplace(use.job_key, fmt::format("{}\x1f{}\x1f{}", use.experiment, use.point, use.seed));
  }
  std::vector<SchedulerJob> jobs;
  jobs.reserve(plan.jobs.size());
  for (const PlannedJob& planned : plan.jobs) {
    const auto found = by_key.find(planned.key);
    UNMASK_CHECK(found != by_key.end());
    const StoredJob& known = *found->second;
    SchedulerJob job;
    job.key = planned.key;
    job.kind = planned.spec.kind;
    job.dependencies = planned.dependencies;
    job.view_set = planned.view_set;
    job.view = planned.view;
    job.views = planned.views;
    job.cell = cells[planned.key];
    const bool may_run = known.state == JobState::kQueued || known.state == JobState::kRunning;
    if (may_run) job.spec = CanonicalText(planned.spec);
    job.checkpoint_seconds = checkpoint_seconds;
    job.keep_best = keep_best;
    job.gang = static_cast<std::int32_t>(planned.spec.settings.train.devices);
    job.state = known.state;
    job.last_attempt = known.last_attempt;
    job.crashes = known.crashes;
    job.losses = known.losses;
    job.alone = known.alone;
    job.checkpoints = known.checkpoints;
    job.numerics_class = known.numerics_class;
    job.output = known.output_sha256;
    jobs.push_back(std::move(job));
  }
  return jobs;
}

}  // namespace unmask

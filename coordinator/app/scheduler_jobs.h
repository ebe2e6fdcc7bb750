// The jobs of a sweep as the scheduler wants them: the plan's content with the store's state.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "common/jobs/sweep.h"
#include "coordinator/core/job_table.h"
#include "sql/results_store.h"

namespace unmask {

struct SweepJobs {
  std::vector<SchedulerJob> jobs;  // in the plan's order
  // How many are not among them, since nothing can come of them: trainings whose cell is all done,
  // and where all jobs are done, all.
  std::int64_t done_apart = 0;
};

// `stored` holds every job of the plan. `held_out`: only these folds' trainings are among the jobs
// beside those that are done; empty: all.
SweepJobs SchedulerJobs(const SweepPlan& plan, const std::vector<StoredJob>& stored,
                        const std::set<std::string>& held_out);

}  // namespace unmask

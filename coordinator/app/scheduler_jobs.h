// The jobs of a sweep as the scheduler wants them: the plan's content with the store's state.
#pragma once

#include <cstdint>
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

// `stored` holds every job of the plan.
SweepJobs SchedulerJobs(const SweepPlan& plan, const std::vector<StoredJob>& stored);

}  // namespace unmask

// The jobs of a sweep as the scheduler wants them: the plan's content with the store's state.
#pragma once

#include <vector>

#include "common/jobs/sweep.h"
#include "coordinator/core/job_table.h"
#include "sql/results_store.h"

namespace unmask {

// `stored` holds every job of the plan. In the plan's order.
std::vector<SchedulerJob> SchedulerJobs(const SweepPlan& plan, const std::vector<StoredJob>& stored,
                                        double checkpoint_seconds, bool keep_best);

}  // namespace unmask

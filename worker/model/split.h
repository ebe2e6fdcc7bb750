// Which clips of a data set a fold trains on, validates with and holds out. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/data/dataset.h"
#include "common/jobs/job.h"
#include "worker/model/fold.h"

namespace unmask {

// BatchNorm needs 2 clips in a batch, unbiased HSIC 4, each member of a gang one.
std::int64_t LeastBatch(const Settings& settings);

// The data set's true or its disguised classes, sorted.
std::vector<std::string> ClassesOf(Task task, const Dataset& dataset);

// A DataError where a clip has no label.
Result<TaskLabels> LabelsOf(Task task, const Dataset& dataset);

// The policies of `train.validation` (docs/model.md). `labels` [clips] are those of the job's first
// task: `inner-split` is stratified by them. Held-out clips take part only under `leaky`. A
// DataError where too few clips are left.
Result<FoldSplit> SplitClips(const JobSpec& spec, const Dataset& dataset,
                             const std::vector<std::int64_t>& labels);

// What SplitClips would say of each subject, whichever `spec` holds out; for whatever seed.
std::vector<Problem> FoldProblems(const JobSpec& spec, const Dataset& dataset);

}  // namespace unmask

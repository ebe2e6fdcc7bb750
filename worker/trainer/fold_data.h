// A job's clips: checked, and split into those to train on, to validate with and held out. Pure.
#pragma once

#include "common/base/result.h"
#include "common/data/dataset.h"
#include "common/jobs/job.h"
#include "worker/model/fold.h"

namespace unmask {

// Everything that can be wrong with a job's data or spec is found here, before any training. Of a
// job that sees pictures, inputs and their width are left for the caller.
Result<FoldData> PrepareFold(const JobSpec& spec, const Dataset& dataset);

}  // namespace unmask

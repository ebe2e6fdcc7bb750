// What a clip counts for in a batch's cross-entropy (`loss.class_weights`, docs/model.md). Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "worker/model/fold.h"

namespace unmask {

// scikit-learn's "balanced": n / (k n_c) for a class of n_c of the n clips that are trained on, k
// the classes that have any; 0 for a class without. `train` is not empty.
std::vector<float> BalancedWeights(const TaskLabels& task, std::span<const std::int64_t> train);

// [clips]: the weight of a clip's class over the sum of these in the batch; 1/clips where the task
// has no weights.
std::vector<float> SharesOf(const TaskLabels& task, std::span<const std::int64_t> clips);

}  // namespace unmask

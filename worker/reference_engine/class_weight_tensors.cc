#include "worker/reference_engine/class_weight_tensors.h"

#include <ATen/ATen.h>

namespace unmask {

std::vector<std::optional<at::Tensor>> ClassWeightTensors(const FoldData& fold, at::Device device) {
  std::vector<std::optional<at::Tensor>> tensors;
  tensors.reserve(fold.tasks.size());
  for (const TaskLabels& task : fold.tasks) {
    auto& tensor = tensors.emplace_back();
    if (task.class_weights.empty()) continue;
    tensor = at::tensor(task.class_weights, at::kFloat).to(device);
  }
  return tensors;
}

}  // namespace unmask

// Classes' weights for at::cross_entropy_loss. Includes ATen: only for the files that do already.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

#include "worker/model/fold.h"

namespace unmask {

// [tasks], each [classes] on the device; nullopt where a task has none.
std::vector<std::optional<at::Tensor>> ClassWeightTensors(const FoldData& fold, at::Device device);

}  // namespace unmask

// torch.optim.Adam with L2 decay, not AdamW. Includes ATen: only for the files that do already.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "common/config/settings.h"
#include "worker/model/named_tensors.h"

namespace unmask {

class Adam {
 public:
  Adam(const std::vector<at::Tensor>& parameters, const Settings::Train& train);

  // By the gradients that the parameters hold; always the same parameters in the same order.
  void Update(std::vector<at::Tensor>& parameters);

  // first/PARAMETER and second/PARAMETER; `names` are the parameters' in their order.
  NamedTensors Moments(const std::vector<std::string>& names) const;
  void Set(const std::vector<std::string>& names, const NamedTensors& moments, std::int64_t steps);

 private:
  double lr_;
  double decay_;
  std::vector<at::Tensor> first_, second_;
  std::vector<at::Tensor> steps_;  // scalars beside them, all equal: what the fused kernel wants
};

}  // namespace unmask

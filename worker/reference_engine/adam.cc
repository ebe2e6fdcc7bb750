#include "worker/reference_engine/adam.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/base/check.h"
#include "worker/model/constants.h"
#include "worker/reference_engine/model_tensors.h"

namespace unmask {
Adam::Adam(const std::vector<at::Tensor>& parameters, const Settings::Train& train)
    : lr_(train.lr), decay_(train.weight_decay) {
  for (const at::Tensor& parameter : parameters) {
    first_.push_back(at::zeros_like(parameter.detach()));
    second_.push_back(at::zeros_like(parameter.detach()));
    steps_.push_back(at::zeros({}, parameter.options()));
  }
}

// The fused kernel is PyTorch's own, one pass over each parameter.
void Adam::Update(std::vector<at::Tensor>& parameters) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients;
  gradients.reserve(parameters.size());
  for (const at::Tensor& parameter : parameters) gradients.push_back(parameter.grad());
  at::_foreach_add_(steps_, 1);
  at::_fused_adam_(parameters, gradients, first_, second_, {}, steps_, lr_, kAdamBeta1, kAdamBeta2,
                   decay_, kAdamEpsilon, /*amsgrad=*/false, /*maximize=*/false);
}

NamedTensors Adam::Moments(const std::vector<std::string>& names) const {
  NamedTensors moments;
  for (std::size_t i = 0; i < names.size(); ++i) {
    moments["first/" + names[i]] = ToFloatTensor(first_[i]);
    moments["second/" + names[i]] = ToFloatTensor(second_[i]);
  }
  return moments;
}

void Adam::Set(const std::vector<std::string>& names, const NamedTensors& moments,
               std::int64_t steps) {
  UNMASK_CHECK(moments.size() == 2 * names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    CopyInto(moments.at("first/" + names[i]), first_[i]);
    CopyInto(moments.at("second/" + names[i]), second_[i]);
    steps_[i].fill_(static_cast<double>(steps));
  }
}

}  // namespace unmask

#include "worker/reference_engine/model_tensors.h"

#include <ATen/ATen.h>

#include "common/base/check.h"

namespace unmask {

at::Tensor ModelTensors::AddParameter(const std::string& name, at::IntArrayRef shape) {
  parameter_names_.push_back(name);
  parameters_.push_back(at::zeros(shape, at::device(device_)).requires_grad_());
  return parameters_.back();
}

at::Tensor ModelTensors::AddBuffer(const std::string& name, at::IntArrayRef shape) {
  buffers_.emplace_back(name, at::zeros(shape, at::device(device_)));
  return buffers_.back().second;
}

void ModelTensors::Append(const ModelTensors& others) {
  const auto append = [](auto& to, const auto& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  append(parameter_names_, others.parameter_names_);
  append(parameters_, others.parameters_);
  append(buffers_, others.buffers_);
}

NamedTensors ModelTensors::Weights() const {
  NamedTensors weights;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    weights[parameter_names_[i]] = ToFloatTensor(parameters_[i]);
  }
  for (const auto& [name, buffer] : buffers_) weights[name] = ToFloatTensor(buffer);
  return weights;
}

NamedTensors ModelTensors::Gradients() const {
  NamedTensors gradients;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    gradients[parameter_names_[i]] = ToFloatTensor(parameters_[i].grad());
  }
  return gradients;
}

void ModelTensors::SetWeights(const NamedTensors& weights) {
  UNMASK_CHECK(weights.size() == parameters_.size() + buffers_.size());
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    CopyInto(weights.at(parameter_names_[i]), parameters_[i]);
  }
  for (auto& [name, buffer] : buffers_) CopyInto(weights.at(name), buffer);
}

FloatTensor ToFloatTensor(const at::Tensor& tensor) {
  const at::Tensor whole = tensor.detach().to(at::kCPU).contiguous();
  const float* data = whole.const_data_ptr<float>();
  return {whole.sizes().vec(), std::vector<float>(data, data + whole.numel())};
}

void CopyInto(const FloatTensor& from, at::Tensor& to) {
  UNMASK_CHECK(to.sizes().vec() == from.shape && to.is_contiguous());
  to.detach().copy_(at::from_blob(const_cast<float*>(from.values.data()), from.shape, at::kFloat));
}

}  // namespace unmask

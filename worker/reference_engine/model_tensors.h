// A model's tensors by name: what is trained, and BatchNorm's buffers. Includes ATen: only for the
// files that do already.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "worker/model/named_tensors.h"

namespace unmask {

class ModelTensors {
 public:
  explicit ModelTensors(at::Device device = at::kCPU) : device_(device) {}
  at::Device device() const { return device_; }

  // New ones, all zero. The handles that these return and those kept here are of the same tensor.
  at::Tensor AddParameter(const std::string& name, at::IntArrayRef shape);
  at::Tensor AddBuffer(const std::string& name, at::IntArrayRef shape);
  void Append(const ModelTensors& others);

  // In the same order.
  const std::vector<std::string>& parameter_names() const { return parameter_names_; }
  std::vector<at::Tensor>& parameters() { return parameters_; }
  const std::vector<at::Tensor>& parameters() const { return parameters_; }

  NamedTensors Weights() const;                  // parameters and buffers
  NamedTensors Gradients() const;                // of the parameters
  void SetWeights(const NamedTensors& weights);  // exactly those of Weights()

 private:
  at::Device device_;
  std::vector<std::string> parameter_names_;
  std::vector<at::Tensor> parameters_;
  std::vector<std::pair<std::string, at::Tensor>> buffers_;
};

// Copies between the two kinds of tensor, from and to any device; shapes must agree.
FloatTensor ToFloatTensor(const at::Tensor& tensor);
void CopyInto(const FloatTensor& from, at::Tensor& to);

}  // namespace unmask

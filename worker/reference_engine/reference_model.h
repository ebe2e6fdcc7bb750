// The model in libtorch tensors: parameters, buffers, forward. Includes ATen: only for the files
// that do already. One thread owns a ReferenceModel.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "worker/model/model_shape.h"
#include "worker/model/named_tensors.h"

namespace unmask {

class ReferenceModel {
 public:
  struct Outputs {
    std::vector<at::Tensor> streams;  // [heads], each [batch, stream]
    std::vector<at::Tensor> logits;   // [heads], each [batch, classes]
  };

  explicit ReferenceModel(const ModelShape& shape);

  // `masks` nullptr: evaluation mode; else training mode, with what Dropout multiplies with (which
  // must outlive the backward pass).
  Outputs Forward(const at::Tensor& features, const DropoutMasks* masks);

  // In the order of their names, which is the same for both.
  const std::vector<std::string>& parameter_names() const { return parameter_names_; }
  std::vector<at::Tensor>& parameters() { return parameters_; }

  NamedTensors Weights() const;
  void SetWeights(const NamedTensors& weights);

 private:
  struct Linear {
    at::Tensor weight, bias;
  };
  struct Block {  // Linear, BatchNorm1d, ReLU, Dropout
    Linear linear;
    at::Tensor norm_weight, norm_bias, running_mean, running_var;
  };
  struct Head {
    Block block;
    Linear classifier;
  };
  at::Tensor Parameter(const std::string& name, at::IntArrayRef shape);
  at::Tensor Buffer(const std::string& name, at::IntArrayRef shape);
  Linear MakeLinear(const std::string& name, std::int64_t in, std::int64_t out);
  Block MakeBlock(const std::string& name, std::int64_t in, std::int64_t out);
  static at::Tensor Apply(const Block& block, const at::Tensor& input,
                          const std::vector<float>* mask);

  Block adapter_;
  std::vector<Head> heads_;
  std::vector<std::string> parameter_names_;
  std::vector<at::Tensor> parameters_;
  std::vector<std::pair<std::string, at::Tensor>> buffers_;
};

// Copies between the two kinds of tensor; shapes must agree.
FloatTensor ToFloatTensor(const at::Tensor& tensor);
void CopyInto(const FloatTensor& from, at::Tensor& to);

}  // namespace unmask

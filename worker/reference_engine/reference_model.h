// The model in libtorch tensors: parameters, buffers, forward. Includes ATen: only for the files
// that do already. One thread owns a ReferenceModel.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "worker/model/model_shape.h"
#include "worker/reference_engine/model_tensors.h"

namespace unmask {

class ReferenceModel {
 public:
  struct Outputs {
    std::vector<at::Tensor> streams;  // [heads], each [batch, stream]
    std::vector<at::Tensor> logits;   // [heads], each [batch, classes]
  };

  ReferenceModel(const ModelShape& shape, at::Device device);

  // `masks` nullptr: evaluation mode; else training mode, with what Dropout multiplies with (which
  // must outlive the backward pass).
  Outputs Forward(const at::Tensor& features, const DropoutMasks* masks);

  const ModelTensors& tensors() const { return tensors_; }

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
  Linear MakeLinear(const std::string& name, std::int64_t in, std::int64_t out);
  Block MakeBlock(const std::string& name, std::int64_t in, std::int64_t out);
  static at::Tensor Apply(const Block& block, const at::Tensor& input,
                          const std::vector<float>* mask);

  Block adapter_;
  std::vector<Head> heads_;
  ModelTensors tensors_;
};

}  // namespace unmask

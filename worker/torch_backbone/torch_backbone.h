// Backbones in libtorch. MakeBackbone of worker/backbone/backbone.h makes one of these.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

#include "worker/backbone/backbone.h"

namespace unmask {

// By role. Float32 weights are used where they are mapped; others are converted.
using TorchWeights = std::map<std::string, at::Tensor>;
Result<TorchWeights> MakeTorchWeights(const BoundWeights& weights);

at::Tensor Activate(const at::Tensor& x, Activation activation);

// A model's arithmetic, immutable once made: any thread may call it.
class Network {
 public:
  virtual ~Network() = default;
  // [pictures, 3, height, width] float32 -> [pictures, width] float32.
  virtual at::Tensor Features(const at::Tensor& images) const = 0;
};

// A backbone of a network that always sees as many pictures: a block where it is a transformer
// (pictures of zeros where some lack), one where it is a ResNet. Keeps the parts.
std::unique_ptr<Backbone> BackboneOf(BackboneParts parts, std::unique_ptr<Network> network);

}  // namespace unmask

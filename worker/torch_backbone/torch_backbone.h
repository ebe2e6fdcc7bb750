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

// `images` is [1, 3, height, width]; the features are [1, width].
at::Tensor TransformerFeatures(const TransformerConfig& config, const TorchWeights& weights,
                               FeatureKind feature, const at::Tensor& images);
at::Tensor ResnetFeatures(const ResnetConfig& config, const TorchWeights& weights,
                          const at::Tensor& images);

}  // namespace unmask

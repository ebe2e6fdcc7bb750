// Backbones as autograd goes back through them: plain operations on weights that may change, where
// worker/torch_backbone packs weights that never do. Includes ATen: only for the files that do
// already.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "worker/torch_backbone/torch_backbone.h"

namespace unmask {

// `images` is [pictures, 3, height, width]; the features are [pictures, width].
at::Tensor TrainableTransformer(const TransformerConfig& config, const TorchWeights& weights,
                                ClipFeature feature, const at::Tensor& images);

// BatchNorm2d of a ResNet: x normalised, weighted and shifted. The statistics are the buffers.
struct NormTensors {
  const at::Tensor& weight;
  const at::Tensor& bias;
  const at::Tensor& mean;
  const at::Tensor& variance;
};
using BatchNormFunction = std::function<at::Tensor(const at::Tensor& x, const NormTensors& norm)>;
at::Tensor NormByBuffers(const at::Tensor& x, const NormTensors& norm);  // in evaluation

at::Tensor TrainableResnet(const ResnetConfig& config, const TorchWeights& weights,
                           const at::Tensor& images, const BatchNormFunction& batch_norm);

}  // namespace unmask

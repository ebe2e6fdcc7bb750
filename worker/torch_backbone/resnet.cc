#include "worker/torch_backbone/resnet.h"

#include <ATen/ATen.h>

namespace unmask {
Resnet::Resnet(const ResnetConfig& config, const TorchWeights& weights, Precision precision)
    : activation_(config.activation),
      type_(precision == Precision::kFloat32 ? at::kFloat : at::kBFloat16),
      stem_(StemOf(config), weights, type_, /*relu=*/false) {
  for (const auto& stage : StagesOf(config)) {
    for (const ResnetBlock& each : stage) {
      Block& block = blocks_.emplace_back();
      for (const Convolution& convolution : each.convolutions) {
        // The configured activation stands after the sum only; inside it is ReLU (transformers).
        const bool inside = &convolution != &each.convolutions.back();
        block.convolutions.emplace_back(convolution, weights, type_, /*relu=*/inside);
      }
      for (const Convolution& convolution : each.shortcut) {
        block.shortcut.emplace(convolution, weights, type_, /*relu=*/false);
      }
    }
  }
}

at::Tensor Resnet::Apply(const Block& block, const at::Tensor& x) const {
  at::Tensor y = x;
  for (const PackedConvolution& convolution : block.convolutions) y = convolution(y);
  return Activate(y.add_(block.shortcut ? (*block.shortcut)(x) : x), activation_);
}

at::Tensor Resnet::Features(const at::Tensor& images) const {
  at::Tensor x = Activate(stem_(images.to(type_, /*non_blocking=*/false, /*copy=*/false,
                                          at::MemoryFormat::ChannelsLast)),
                          activation_);
  x = at::max_pool2d(x, /*kernel_size=*/3, /*stride=*/2, /*padding=*/1);
  for (const Block& block : blocks_) x = Apply(block, x);
  return x.to(at::kFloat).mean({2, 3});
}

}  // namespace unmask

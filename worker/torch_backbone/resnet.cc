// ResNet (He et al. 2016) with basic or bottleneck blocks, up to the global average pool.
#include <ATen/ATen.h>

#include "worker/backbone/layouts.h"
#include "worker/torch_backbone/torch_backbone.h"

namespace unmask {
namespace {

constexpr double kNormEpsilon = 1e-5;

at::Tensor Convolve(const at::Tensor& x, const Convolution& convolution,
                    const TorchWeights& weights) {
  const auto weight = [&](const char* part) { return weights.at(convolution.role + part); };
  const at::Tensor y = at::conv2d(x, weight(".weight"), {}, convolution.stride,
                                  /*padding=*/convolution.kernel / 2);
  return at::batch_norm(y, weight(".norm.weight"), weight(".norm.bias"), weight(".norm.mean"),
                        weight(".norm.variance"), /*training=*/false, /*momentum=*/0, kNormEpsilon,
                        /*cudnn_enabled=*/false);
}

at::Tensor Apply(const at::Tensor& x, const ResnetBlock& block, Activation activation,
                 const TorchWeights& weights) {
  at::Tensor y = x;
  for (std::size_t i = 0; i < block.convolutions.size(); ++i) {
    // The configured activation stands after the sum only; inside it is ReLU (transformers).
    if (i > 0) y = Activate(y, Activation::kRelu);
    y = Convolve(y, block.convolutions[i], weights);
  }
  const at::Tensor passed =
      block.shortcut.empty() ? x : Convolve(x, block.shortcut.front(), weights);
  return Activate(y + passed, activation);
}

}  // namespace

at::Tensor ResnetFeatures(const ResnetConfig& config, const TorchWeights& weights,
                          const at::Tensor& images) {
  at::Tensor x = Activate(Convolve(images, StemOf(config), weights), config.activation);
  x = at::max_pool2d(x, /*kernel_size=*/3, /*stride=*/2, /*padding=*/1);
  for (const auto& stage : StagesOf(config)) {
    for (const ResnetBlock& block : stage) x = Apply(x, block, config.activation, weights);
  }
  return x.mean({2, 3});
}

}  // namespace unmask

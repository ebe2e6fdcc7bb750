// ResNet (He et al. 2016) with basic or bottleneck blocks, up to the global average pool.
#include <ATen/ATen.h>

#include "worker/backbone/layouts.h"
#include "worker/finetune_engine/trainable_backbone.h"

namespace unmask {
namespace {

class ResnetForward {
 public:
  ResnetForward(const ResnetConfig& config, const TorchWeights& weights,
                const BatchNormFunction& batch_norm)
      : config_(config), weights_(weights), batch_norm_(batch_norm) {}

  at::Tensor Features(const at::Tensor& images) const {
    at::Tensor x = Activate(Convolve(images, StemOf(config_)), config_.activation);
    x = at::max_pool2d(x, /*kernel_size=*/3, /*stride=*/2, /*padding=*/1);
    for (const auto& stage : StagesOf(config_)) {
      for (const ResnetBlock& block : stage) x = Apply(x, block);
    }
    return x.mean({2, 3});
  }

 private:
  const at::Tensor& Weight(const std::string& role) const { return weights_.at(role); }

  at::Tensor Convolve(const at::Tensor& x, const Convolution& convolution) const {
    const std::string& role = convolution.role;
    const at::Tensor y = at::conv2d(x, Weight(role + ".weight"), {}, convolution.stride,
                                    /*padding=*/convolution.kernel / 2);
    return batch_norm_(y, {Weight(role + ".norm.weight"), Weight(role + ".norm.bias"),
                           Weight(role + ".norm.mean"), Weight(role + ".norm.variance")});
  }

  at::Tensor Apply(const at::Tensor& x, const ResnetBlock& block) const {
    at::Tensor y = x;
    for (std::size_t i = 0; i < block.convolutions.size(); ++i) {
      // The configured activation stands after the sum only; inside it is ReLU (transformers).
      if (i > 0) y = Activate(y, Activation::kRelu);
      y = Convolve(y, block.convolutions[i]);
    }
    const at::Tensor passed = block.shortcut.empty() ? x : Convolve(x, block.shortcut.front());
    return Activate(y + passed, config_.activation);
  }

  const ResnetConfig& config_;
  const TorchWeights& weights_;
  const BatchNormFunction& batch_norm_;
};

}  // namespace

at::Tensor NormByBuffers(const at::Tensor& x, const NormTensors& norm) {
  return at::batch_norm(x, norm.weight, norm.bias, norm.mean, norm.variance, /*training=*/false,
                        /*momentum=*/0, kResnetNormEpsilon, /*cudnn_enabled=*/false);
}

at::Tensor TrainableResnet(const ResnetConfig& config, const TorchWeights& weights,
                           const at::Tensor& images, const BatchNormFunction& batch_norm) {
  return ResnetForward(config, weights, batch_norm).Features(images);
}

}  // namespace unmask

// ResNet (He et al. 2016) with basic or bottleneck blocks, up to the global average pool.
#pragma once

#include <vector>

#include "worker/torch_backbone/packed_convolution.h"
#include "worker/torch_backbone/torch_backbone.h"

namespace unmask {

class Resnet final : public Network {
 public:
  Resnet(const ResnetConfig& config, const TorchWeights& weights, Precision precision);

  // `images` is [1, 3, height, width], of any size.
  at::Tensor Features(const at::Tensor& images) const override;

 private:
  struct Block {
    std::vector<PackedConvolution> convolutions;  // the last one without an activation
    std::optional<PackedConvolution> shortcut;
  };
  at::Tensor Apply(const Block& block, const at::Tensor& x) const;

  Activation activation_;
  at::ScalarType type_;
  PackedConvolution stem_;
  std::vector<Block> blocks_;
};

}  // namespace unmask

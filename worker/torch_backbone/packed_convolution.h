// Convolutions with their BatchNorm folded in, packed once for oneDNN.
#pragma once

#include <ATen/core/Tensor.h>

#include "worker/backbone/layouts.h"
#include "worker/torch_backbone/torch_backbone.h"

namespace unmask {

// Immutable: any thread may call it.
class PackedConvolution {
 public:
  // `relu`: applied to the result.
  PackedConvolution(const Convolution& convolution, const TorchWeights& weights,
                    at::ScalarType type, bool relu);

  // [n, inputs, height, width] -> [n, outputs, ...], channels last.
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor weight_, bias_;
  std::int64_t stride_, padding_;
  bool relu_;
};

}  // namespace unmask

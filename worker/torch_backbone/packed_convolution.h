// Convolutions with their BatchNorm folded in, packed once for oneDNN.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <mutex>
#include <vector>

#include "worker/backbone/layouts.h"
#include "worker/torch_backbone/torch_backbone.h"

namespace unmask {

// Any thread may call it.
class PackedConvolution {
 public:
  // `relu`: applied to the result.
  PackedConvolution(const Convolution& convolution, const TorchWeights& weights,
                    at::ScalarType type, bool relu);

  // [n, inputs, height, width] -> [n, outputs, ...], channels last.
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  // As oneDNN wants it for pictures of one size, which is that of the last call: packed for another
  // one it would be packed anew within every call, which takes up to a hundred times as long.
  struct Packed {
    std::mutex mutex;
    std::vector<std::int64_t> input_size;
    at::Tensor weight;
  };
  at::Tensor PackedFor(at::IntArrayRef input_size) const;

  at::Tensor weight_, bias_;
  std::unique_ptr<Packed> packed_ = std::make_unique<Packed>();
  std::int64_t stride_, padding_;
  bool relu_;
};

}  // namespace unmask

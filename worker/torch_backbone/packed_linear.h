// Linear layers whose weight is packed once: for oneDNN, which multiplies twice as fast that way as
// libtorch's own linear does on processors where MKL takes its slow path; in float32 for AMX's
// tiles where there are any, and for a kernel of our own where there is nothing wider than AVX2.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "worker/panel_products/panel_weight.h"
#include "worker/tile_products/split_weight.h"

namespace unmask {

// What is done to every output before it is written, as oneDNN's operators in libtorch name it:
// "none", "relu", "swish" (x sigmoid(x)), "gelu" with the algorithm "none" or "tanh".
struct Fused {
  std::string_view name = "none";
  std::string_view algorithm;
};

// Immutable: any thread may call it. Every output is one sum over the inputs in an order that the
// layer's shape fixes, so that a row's bits depend neither on the other rows nor on its place.
class PackedLinear {
 public:
  PackedLinear() = default;
  // `weight` is [outputs, inputs] float32. Inputs will have `rows` rows. The products are of `type`
  // (kFloat or kBFloat16), their sums float32 until they are rounded to it.
  PackedLinear(const at::Tensor& weight, const std::optional<at::Tensor>& bias, std::int64_t rows,
               at::ScalarType type, Fused fused = {});

  // [rows, inputs] -> [rows, outputs] of `type`.
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  template <typename Weight>
  at::Tensor MultiplyBy(const Weight& weight, const at::Tensor& x) const;

  at::ScalarType type_ = at::kFloat;
  std::int64_t outputs_ = 0;
  std::shared_ptr<const SplitWeight> split_;   // null: not by tiles
  std::shared_ptr<const PanelWeight> panels_;  // null: not by AVX2 alone
  at::Tensor weight_;                          // oneDNN's, where both are null
  std::optional<at::Tensor> bias_;
  Fused fused_;
};

}  // namespace unmask

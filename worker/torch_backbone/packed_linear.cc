#include "worker/torch_backbone/packed_linear.h"

#include <ATen/ATen.h>

#include "worker/torch_backbone/onednn_operator.h"

namespace unmask {
namespace {

at::Tensor Pack(const at::Tensor& weight, std::int64_t rows) {
  static const auto pack =
      OnednnOperator<at::Tensor(const at::Tensor&, std::optional<std::int64_t>)>(
          "mkldnn::_reorder_linear_weight");
  return pack.call(weight, rows);
}

at::Tensor Multiply(const at::Tensor& x, const at::Tensor& weight,
                    const std::optional<at::Tensor>& bias, Fused fused) {
  static const auto multiply = OnednnOperator<at::Tensor(
      const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, std::string_view,
      c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>)>(
      "mkldnn::_linear_pointwise");
  return multiply.call(x, weight, bias, fused.name, c10::List<std::optional<at::Scalar>>(),
                       fused.algorithm);
}

}  // namespace

PackedLinear::PackedLinear(const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                           std::int64_t rows, at::ScalarType type, Fused fused)
    : type_(type), weight_(Pack(weight.to(type).contiguous(), rows)), fused_(fused) {
  if (bias) bias_ = bias->to(type);
}

at::Tensor PackedLinear::operator()(const at::Tensor& x) const {
  return Multiply(x.to(type_).contiguous(), weight_, bias_, fused_);
}

}  // namespace unmask

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

// For products that oneDNN does not take.
void ApplyInPlace(Fused fused, at::Tensor& x) {
  if (fused.name == "relu") at::relu_(x);
  if (fused.name == "swish") at::silu_(x);
  if (fused.name == "gelu") at::gelu_(x, fused.algorithm);
}

}  // namespace

PackedLinear::PackedLinear(const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                           std::int64_t rows, at::ScalarType type, Fused fused)
    : type_(type), outputs_(weight.size(0)), fused_(fused) {
  if (bias) bias_ = bias->to(type).contiguous();
  const at::Tensor dense = weight.to(type).contiguous();
  const std::int64_t inputs = weight.size(1);
  if (type == at::kFloat && SplitWeight::Available() && SplitWeight::Takes(outputs_, inputs)) {
    split_ = std::make_shared<const SplitWeight>(dense.const_data_ptr<float>(), outputs_, inputs);
  } else {
    weight_ = Pack(dense, rows);
  }
}

at::Tensor PackedLinear::MultiplyByTiles(const at::Tensor& x) const {
  at::Tensor out = at::empty({x.size(0), outputs_}, at::kFloat);
  split_->Multiply(x.const_data_ptr<float>(), x.size(0),
                   bias_ ? bias_->const_data_ptr<float>() : nullptr, out.mutable_data_ptr<float>());
  ApplyInPlace(fused_, out);
  return out;
}

at::Tensor PackedLinear::operator()(const at::Tensor& x) const {
  const at::Tensor typed = x.to(type_).contiguous();
  return split_ ? MultiplyByTiles(typed) : Multiply(typed, weight_, bias_, fused_);
}

}  // namespace unmask

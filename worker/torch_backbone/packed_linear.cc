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

// What does not fill two vectors libtorch takes one by one, by functions of other bits.
constexpr std::int64_t kWholeVectors = 32;

// For products that oneDNN does not take. `x` has whole vectors only.
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
  } else if (type == at::kFloat && PanelWeight::Wanted()) {
    panels_ = std::make_shared<const PanelWeight>(dense.const_data_ptr<float>(), outputs_, inputs);
  } else {
    weight_ = Pack(dense, rows);
  }
}

template <typename Weight>
at::Tensor PackedLinear::MultiplyBy(const Weight& weight, const at::Tensor& x) const {
  const std::int64_t size = x.size(0) * outputs_;
  const std::int64_t whole = (size + kWholeVectors - 1) / kWholeVectors * kWholeVectors;
  at::Tensor room = at::empty({whole});
  room.narrow(0, size, whole - size).zero_();
  weight.Multiply(x.const_data_ptr<float>(), x.size(0),
                  bias_ ? bias_->const_data_ptr<float>() : nullptr, room.mutable_data_ptr<float>());
  ApplyInPlace(fused_, room);
  return room.narrow(0, 0, size).view({x.size(0), outputs_});
}

at::Tensor PackedLinear::operator()(const at::Tensor& x) const {
  const at::Tensor typed = x.to(type_).contiguous();
  if (split_) return MultiplyBy(*split_, typed);
  if (panels_) return MultiplyBy(*panels_, typed);
  return Multiply(typed, weight_, bias_, fused_);
}

}  // namespace unmask

#include "worker/torch_backbone/packed_convolution.h"

#include <ATen/ATen.h>

#include "worker/torch_backbone/onednn_operator.h"

namespace unmask {
namespace {

using Extents = at::IntArrayRef;

at::Tensor Pack(const at::Tensor& weight, Extents padding, Extents stride, Extents input_size) {
  static const auto pack =
      OnednnOperator<at::Tensor(const at::Tensor&, Extents, Extents, Extents, std::int64_t,
                                at::OptionalIntArrayRef)>("mkldnn::_reorder_convolution_weight");
  return pack.call(weight, padding, stride, {1, 1}, 1, input_size);
}

at::Tensor Convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                    Extents padding, Extents stride, std::string_view activation) {
  static const auto convolve = OnednnOperator<at::Tensor(
      const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, Extents, Extents,
      Extents, std::int64_t, std::string_view, c10::List<std::optional<at::Scalar>>,
      std::optional<std::string_view>)>("mkldnn::_convolution_pointwise");
  return convolve.call(x, weight, bias, padding, stride, {1, 1}, 1, activation,
                       c10::List<std::optional<at::Scalar>>(), "");
}

}  // namespace

// BatchNorm of z = w x is s w x + (shift - s mean), s = scale / sqrt(variance + epsilon): folded in
// double precision, so that only rounding to float is added.
PackedConvolution::PackedConvolution(const Convolution& convolution, const TorchWeights& weights,
                                     at::ScalarType type, bool relu)
    : stride_(convolution.stride), padding_(convolution.kernel / 2), relu_(relu) {
  const auto wide = [&](const char* part) {
    return weights.at(convolution.role + part).to(at::kDouble);
  };
  const at::Tensor scale =
      wide(".norm.weight") / (wide(".norm.variance") + kResnetNormEpsilon).sqrt();
  const at::Tensor weight = wide(".weight") * scale.view({-1, 1, 1, 1});
  bias_ = (wide(".norm.bias") - scale * wide(".norm.mean")).to(type);
  weight_ = weight.to(type);
}

at::Tensor PackedConvolution::PackedFor(at::IntArrayRef input_size) const {
  const std::lock_guard lock(packed_->mutex);
  if (input_size != packed_->input_size) {
    packed_->weight = Pack(weight_, {padding_, padding_}, {stride_, stride_}, input_size);
    packed_->input_size = input_size.vec();
  }
  return packed_->weight;
}

at::Tensor PackedConvolution::operator()(const at::Tensor& x) const {
  return Convolve(x, PackedFor(x.sizes()), bias_, {padding_, padding_}, {stride_, stride_},
                  relu_ ? "relu" : "none");
}

}  // namespace unmask

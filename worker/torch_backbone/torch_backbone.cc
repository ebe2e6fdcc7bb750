#include "worker/torch_backbone/torch_backbone.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <cstdint>
#include <cstring>

namespace unmask {
namespace {

class TorchBackbone : public Backbone {
 public:
  TorchBackbone(BackboneParts parts, TorchWeights weights)
      : parts_(std::move(parts)), weights_(std::move(weights)) {}

  Result<std::vector<float>> Features(const Pixels& pixels) const override {
    try {
      return Forward(pixels);
    } catch (const std::exception& error) {
      return InternalError(fmt::format("libtorch: {}", error.what()));
    }
  }

 private:
  std::vector<float> Forward(const Pixels& pixels) const {
    const c10::InferenceMode no_gradients;
    // Read only; from_blob takes no const pointer.
    const at::Tensor images =
        at::from_blob(const_cast<float*>(pixels.values.data()),
                      {1, 3, pixels.size.height, pixels.size.width}, at::kFloat);
    const auto* resnet = std::get_if<ResnetConfig>(&parts_.config.model);
    const at::Tensor features =
        resnet != nullptr ? ResnetFeatures(*resnet, weights_, images)
                          : TransformerFeatures(std::get<TransformerConfig>(parts_.config.model),
                                                weights_, parts_.feature, images);
    const at::Tensor row = features.contiguous();
    const float* data = row.const_data_ptr<float>();
    return {data, data + row.numel()};
  }

  BackboneParts parts_;
  TorchWeights weights_;
};

bool IsFloatInPlace(const TensorView& view) {
  return view.dtype == DType::kF32 && !view.bytes.empty() &&
         reinterpret_cast<std::uintptr_t>(view.bytes.data()) % alignof(float) == 0;
}

Result<at::Tensor> MakeTensor(const std::string& role, const StoredTensor& stored) {
  if (IsFloatInPlace(stored.view)) {
    return at::from_blob(const_cast<char*>(stored.view.bytes.data()), stored.view.shape,
                         at::kFloat);
  }
  UNMASK_ASSIGN(const std::vector<float> values, FloatsOf(stored, role));
  at::Tensor tensor = at::empty(stored.view.shape, at::kFloat);
  if (!values.empty()) {
    std::memcpy(tensor.mutable_data_ptr<float>(), values.data(), values.size() * sizeof(float));
  }
  return tensor;
}

}  // namespace

Result<TorchWeights> MakeTorchWeights(const BoundWeights& weights) {
  TorchWeights tensors;
  for (const auto& [role, stored] : weights) {
    UNMASK_ASSIGN(tensors[role], MakeTensor(role, stored));
  }
  return tensors;
}

at::Tensor Activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return at::relu(x);
    case Activation::kGelu:
      return at::gelu(x);
    case Activation::kGeluTanh:
      return at::gelu(x, "tanh");
    case Activation::kQuickGelu:
      return x * at::sigmoid(1.702 * x);
    case Activation::kSilu:
      break;
  }
  return at::silu(x);
}

Result<std::unique_ptr<Backbone>> MakeBackbone(BackboneParts parts) {
  try {
    const c10::InferenceMode no_gradients;
    UNMASK_ASSIGN(TorchWeights weights, MakeTorchWeights(parts.weights));
    return std::unique_ptr<Backbone>(
        std::make_unique<TorchBackbone>(std::move(parts), std::move(weights)));
  } catch (const std::exception& error) {
    return InternalError(fmt::format("libtorch: {}", error.what()));
  }
}

}  // namespace unmask

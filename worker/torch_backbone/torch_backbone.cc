#include "worker/torch_backbone/torch_backbone.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "worker/torch_backbone/or_libtorch_error.h"
#include "worker/torch_backbone/resnet.h"
#include "worker/torch_backbone/transformer.h"

namespace unmask {
namespace {

bool IsTransformer(const BackboneConfig& config) {
  return std::holds_alternative<TransformerConfig>(config.model);
}

std::unique_ptr<Network> MakeNetwork(const BackboneParts& parts, const TorchWeights& weights) {
  if (const auto* resnet = std::get_if<ResnetConfig>(&parts.config.model)) {
    return std::make_unique<Resnet>(*resnet, weights, parts.precision);
  }
  return std::make_unique<Transformer>(std::get<TransformerConfig>(parts.config.model), weights,
                                       parts.feature, parts.precision);
}

class TorchBackbone : public Backbone {
 public:
  // Transformers multiply a whole block at once, convolutions have enough to do with one picture.
  TorchBackbone(BackboneParts parts, std::unique_ptr<Network> network)
      : parts_(std::move(parts)),
        network_(std::move(network)),
        pictures_(IsTransformer(parts_.config) ? kBlockPictures : 1) {}

  Result<std::vector<float>> FeaturesOfBlock(std::span<const Pixels> pictures) const override {
    UNMASK_CHECK(pictures.size() <= kBlockPictures);
    return OrLibtorchError([&]() -> Result<std::vector<float>> {
      const c10::InferenceMode no_gradients;
      std::vector<float> features;
      for (; !pictures.empty(); pictures = pictures.subspan(std::min(pictures.size(), pictures_))) {
        Append(pictures.first(std::min(pictures.size(), pictures_)), features);
      }
      return features;
    });
  }

 private:
  // The network always sees the same shape: where pictures lack, zeros are in their places.
  void Append(std::span<const Pixels> pictures, std::vector<float>& features) const {
    const Size size = pictures.front().size;
    const auto number = static_cast<std::int64_t>(pictures_);
    at::Tensor images = at::zeros({number, 3, size.height, size.width}, at::kFloat);
    float* to = images.mutable_data_ptr<float>();
    for (const Pixels& picture : pictures) {
      UNMASK_CHECK(picture.size == size);
      to = std::copy(picture.values.begin(), picture.values.end(), to);
    }
    const at::Tensor rows = network_->Features(images).contiguous();
    const float* from = rows.const_data_ptr<float>();
    features.insert(features.end(), from,
                    from + static_cast<std::int64_t>(pictures.size()) * rows.size(1));
  }

  BackboneParts parts_;  // small weights are used where they are mapped
  std::unique_ptr<Network> network_;
  std::size_t pictures_;  // that the network takes at a time
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

Status CheckPrecision(Precision precision) {
  if (precision == Precision::kFloat32) return {};
  if (at::get_cpu_capability() == "AVX512" && MultipliesBfloat16()) return {};
  return NoBfloat16();
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

std::unique_ptr<Backbone> BackboneOf(BackboneParts parts, std::unique_ptr<Network> network) {
  return std::make_unique<TorchBackbone>(std::move(parts), std::move(network));
}

Result<std::unique_ptr<Backbone>> MakeBackbone(BackboneParts parts) {
  UNMASK_TRY(CheckPrecision(parts.precision));
  return OrLibtorchError([&]() -> Result<std::unique_ptr<Backbone>> {
    const c10::InferenceMode no_gradients;
    UNMASK_ASSIGN(const TorchWeights weights, MakeTorchWeights(parts.weights));
    std::unique_ptr<Network> network = MakeNetwork(parts, weights);
    return BackboneOf(std::move(parts), std::move(network));
  });
}

}  // namespace unmask

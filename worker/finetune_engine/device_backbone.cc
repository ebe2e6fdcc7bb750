#include "worker/finetune_engine/device_backbone.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "worker/finetune_engine/trainable_backbone.h"
#include "worker/reference_engine/prepare_numerics.h"
#include "worker/torch_backbone/or_libtorch_error.h"

namespace unmask {
namespace {

class DeviceNetwork final : public Network {
 public:
  DeviceNetwork(c10::Device device, const BackboneParts& parts, TorchWeights weights)
      : device_(device),
        model_(parts.config.model),
        feature_(parts.feature),
        weights_(std::move(weights)) {
    for (auto& [role, tensor] : weights_) tensor = tensor.to(device);
  }

  at::Tensor Features(const at::Tensor& images) const override {
    const at::Tensor there = images.to(device_);
    if (const auto* resnet = std::get_if<ResnetConfig>(&model_)) {
      return TrainableResnet(*resnet, weights_, there, NormByBuffers).to(at::kCPU);
    }
    return TrainableTransformer(std::get<TransformerConfig>(model_), weights_, feature_, there)
        .to(at::kCPU);
  }

 private:
  c10::Device device_;
  decltype(BackboneConfig::model) model_;
  ClipFeature feature_;
  TorchWeights weights_;
};

}  // namespace

Result<std::unique_ptr<Backbone>> MakeBackboneOn(c10::Device device, BackboneParts parts) {
  if (parts.precision != Precision::kFloat32) {
    return UsageError("bfloat16 is for processors that multiply it", "features.precision",
                      "float32 with train.device=cuda");
  }
  PrepareNumerics(device);
  return OrLibtorchError([&]() -> Result<std::unique_ptr<Backbone>> {
    const c10::InferenceMode no_gradients;
    UNMASK_ASSIGN(TorchWeights weights, MakeTorchWeights(parts.weights));
    auto network = std::make_unique<DeviceNetwork>(device, parts, std::move(weights));
    return BackboneOf(std::move(parts), std::move(network));
  });
}

}  // namespace unmask

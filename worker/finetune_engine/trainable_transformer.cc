// ViT (Dosovitskiy et al. 2021) and CLIP's vision side (Radford et al. 2021), which differ in the
// norm before the layers, the patches' bias, and the activation.
#include <ATen/ATen.h>

#include "worker/finetune_engine/trainable_backbone.h"
#include "worker/torch_backbone/transformer_layers.h"

namespace unmask {
namespace {

// [pictures, patches + 1, hidden]
at::Tensor Embed(const TransformerConfig& config, const TorchWeights& weights,
                 const at::Tensor& images) {
  const at::Tensor patches =
      at::conv2d(images, weights.at("patch.weight"), BiasOf(weights, "patch"),
                 {config.patch.height, config.patch.width})
          .flatten(2)
          .transpose(1, 2);
  const at::Tensor token =
      weights.at("class").reshape({1, 1, config.hidden}).expand({images.size(0), -1, -1});
  return at::cat({token, patches}, 1) + weights.at("position");
}

}  // namespace

at::Tensor TrainableTransformer(const TransformerConfig& config, const TorchWeights& weights,
                                ClipFeature feature, const at::Tensor& images) {
  const TransformerLayers layers(config, weights, /*causal=*/false);
  at::Tensor x = Embed(config, weights, images);
  if (config.clip) x = layers.Norm(x, "pre");
  const at::Tensor token = layers.Norm(layers.Apply(x).select(1, 0), "final");
  return feature == ClipFeature::kPooled ? token : at::linear(token, weights.at("projection"));
}

}  // namespace unmask

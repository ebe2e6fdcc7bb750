// ViT (Dosovitskiy et al. 2021) and CLIP's vision side (Radford et al. 2021), which differ in the
// norm before the layers, the patches' bias, and the activation.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "worker/finetune_engine/trainable_backbone.h"

namespace unmask {
namespace {

class TransformerForward {
 public:
  TransformerForward(const TransformerConfig& config, const TorchWeights& weights)
      : config_(config), weights_(weights) {}

  // [pictures, hidden]: the class token after the last layer, normalised.
  at::Tensor ClassToken(const at::Tensor& images) const {
    at::Tensor x = Embed(images);
    if (config_.clip) x = Norm(x, "pre");
    for (int i = 0; i < config_.layers; ++i) x = Layer(x, fmt::format("layer.{}.", i));
    return Norm(x.select(1, 0), "final");
  }

 private:
  const at::Tensor& Weight(const std::string& role) const { return weights_.at(role); }
  std::optional<at::Tensor> Bias(const std::string& role) const {
    const auto found = weights_.find(role + ".bias");
    return found == weights_.end() ? std::nullopt : std::optional(found->second);
  }
  at::Tensor Norm(const at::Tensor& x, const std::string& role) const {
    return at::layer_norm(x, {config_.hidden}, Weight(role + ".weight"), Weight(role + ".bias"),
                          config_.norm_epsilon);
  }
  at::Tensor Linear(const at::Tensor& x, const std::string& role) const {
    return at::linear(x, Weight(role + ".weight"), Bias(role));
  }

  // [pictures, patches + 1, hidden]
  at::Tensor Embed(const at::Tensor& images) const {
    const at::Tensor patches = at::conv2d(images, Weight("patch.weight"), Bias("patch"),
                                          {config_.patch.height, config_.patch.width})
                                   .flatten(2)
                                   .transpose(1, 2);
    const at::Tensor token =
        Weight("class").reshape({1, 1, config_.hidden}).expand({images.size(0), -1, -1});
    return at::cat({token, patches}, 1) + Weight("position");
  }

  // [pictures, tokens, hidden] -> [pictures, heads, tokens, hidden / heads]
  at::Tensor Heads(const at::Tensor& x) const {
    return x.view({x.size(0), x.size(1), config_.heads, config_.hidden / config_.heads})
        .transpose(1, 2);
  }
  at::Tensor Attend(const at::Tensor& x, const std::string& layer) const {
    const at::Tensor mixed = at::scaled_dot_product_attention(Heads(Linear(x, layer + "q")),
                                                              Heads(Linear(x, layer + "k")),
                                                              Heads(Linear(x, layer + "v")));
    return Linear(mixed.transpose(1, 2).reshape(x.sizes()), layer + "out");
  }
  at::Tensor Layer(const at::Tensor& x, const std::string& layer) const {
    const at::Tensor seen = x + Attend(Norm(x, layer + "norm1"), layer);
    const at::Tensor inner = Linear(Norm(seen, layer + "norm2"), layer + "fc1");
    return seen + Linear(Activate(inner, config_.activation), layer + "fc2");
  }

  const TransformerConfig& config_;
  const TorchWeights& weights_;
};

}  // namespace

at::Tensor TrainableTransformer(const TransformerConfig& config, const TorchWeights& weights,
                                FeatureKind feature, const at::Tensor& images) {
  const at::Tensor token = TransformerForward(config, weights).ClassToken(images);
  return feature == FeatureKind::kPooled ? token : at::linear(token, weights.at("projection"));
}

}  // namespace unmask

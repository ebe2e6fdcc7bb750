#include "worker/torch_backbone/transformer_layers.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace unmask {

std::optional<at::Tensor> BiasOf(const TorchWeights& weights, const std::string& role) {
  const auto found = weights.find(role + ".bias");
  return found == weights.end() ? std::nullopt : std::optional(found->second);
}

at::Tensor TransformerLayers::Apply(at::Tensor x) const {
  for (int i = 0; i < config_.layers; ++i) x = Layer(x, fmt::format("layer.{}.", i));
  return x;
}

at::Tensor TransformerLayers::Norm(const at::Tensor& x, const std::string& role) const {
  return at::layer_norm(x, {config_.hidden}, weights_.at(role + ".weight"),
                        weights_.at(role + ".bias"), config_.norm_epsilon);
}

at::Tensor TransformerLayers::Linear(const at::Tensor& x, const std::string& role) const {
  return at::linear(x, weights_.at(role + ".weight"), BiasOf(weights_, role));
}

// [batch, tokens, hidden] -> [batch, heads, tokens, hidden / heads]
at::Tensor TransformerLayers::Heads(const at::Tensor& x) const {
  return x.view({x.size(0), x.size(1), config_.heads, config_.hidden / config_.heads})
      .transpose(1, 2);
}

at::Tensor TransformerLayers::Attend(const at::Tensor& x, const std::string& layer) const {
  const at::Tensor mixed = at::scaled_dot_product_attention(
      Heads(Linear(x, layer + "q")), Heads(Linear(x, layer + "k")), Heads(Linear(x, layer + "v")),
      /*attn_mask=*/{}, /*dropout_p=*/0, causal_);
  return Linear(mixed.transpose(1, 2).reshape(x.sizes()), layer + "out");
}

at::Tensor TransformerLayers::Layer(const at::Tensor& x, const std::string& layer) const {
  const at::Tensor seen = x + Attend(Norm(x, layer + "norm1"), layer);
  const at::Tensor inner = Linear(Norm(seen, layer + "norm2"), layer + "fc1");
  return seen + Linear(Activate(inner, config_.activation), layer + "fc2");
}

}  // namespace unmask

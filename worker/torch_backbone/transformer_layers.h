// The layers of a transformer as plain operations, which autograd can go back through: those of
// text, and of pictures where the backbone trains. Includes ATen: only for the files that do
// already.
#pragma once

#include <string>

#include "worker/torch_backbone/torch_backbone.h"

namespace unmask {

// Weights by the roles of worker/backbone/layouts.h; they must outlive this.
class TransformerLayers {
 public:
  // `causal`: a token sees itself and those before it.
  TransformerLayers(const LayersConfig& config, const TorchWeights& weights, bool causal)
      : config_(config), weights_(weights), causal_(causal) {}

  // [batch, tokens, hidden], both.
  at::Tensor Apply(at::Tensor x) const;
  at::Tensor Norm(const at::Tensor& x, const std::string& role) const;

 private:
  at::Tensor Linear(const at::Tensor& x, const std::string& role) const;
  at::Tensor Heads(const at::Tensor& x) const;
  at::Tensor Attend(const at::Tensor& x, const std::string& layer) const;
  at::Tensor Layer(const at::Tensor& x, const std::string& layer) const;

  LayersConfig config_;
  const TorchWeights& weights_;
  bool causal_;
};

// nullopt where the model has no such bias.
std::optional<at::Tensor> BiasOf(const TorchWeights& weights, const std::string& role);

}  // namespace unmask

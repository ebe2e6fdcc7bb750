// The layers of a transformer as plain operations, which autograd can go back through: those of
// text, and of pictures where the backbone trains. Includes ATen: only for the files that do
// already.
#pragma once

#include <string>

#include "worker/torch_backbone/torch_backbone.h"

namespace unmask {

struct LayerShape {
  int hidden = 0;
  int heads = 0;
  int layers = 0;
  Activation activation = Activation::kGelu;
  double norm_epsilon = 0;
  bool causal = false;  // a token sees itself and those before it
};

// Weights by the roles of worker/backbone/layouts.h; they must outlive this.
class TransformerLayers {
 public:
  TransformerLayers(const LayerShape& shape, const TorchWeights& weights)
      : shape_(shape), weights_(weights) {}

  // [batch, tokens, hidden], both.
  at::Tensor Apply(at::Tensor x) const;
  at::Tensor Norm(const at::Tensor& x, const std::string& role) const;

 private:
  at::Tensor Linear(const at::Tensor& x, const std::string& role) const;
  at::Tensor Heads(const at::Tensor& x) const;
  at::Tensor Attend(const at::Tensor& x, const std::string& layer) const;
  at::Tensor Layer(const at::Tensor& x, const std::string& layer) const;

  LayerShape shape_;
  const TorchWeights& weights_;
};

// nullopt where the model has no such bias.
std::optional<at::Tensor> BiasOf(const TorchWeights& weights, const std::string& role);

}  // namespace unmask

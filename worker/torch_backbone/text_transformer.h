// CLIP's text side in libtorch. Includes ATen: only for the files that do already.
#pragma once

#include "worker/backbone/text_model.h"
#include "worker/torch_backbone/torch_backbone.h"

namespace unmask {

// Embeddings of tokens: [tokens, hidden], without positions.
at::Tensor TokenEmbeddings(const TorchWeights& weights, std::span<const std::int32_t> tokens);

// Projected features [texts, projection] of embeddings [texts, tokens, hidden], each taken at the
// place `ends` [texts] (int64). What comes after that place changes nothing. Autograd can go back
// through it.
at::Tensor TextFeatures(const TextConfig& config, const TorchWeights& weights,
                        const at::Tensor& embeddings, const at::Tensor& ends);

}  // namespace unmask

// ViT (Dosovitskiy et al. 2021) and CLIP's vision side (Radford et al. 2021), which differ in the
// norm before the layers, the patches' bias, and the activation.
#pragma once

#include <vector>

#include "worker/torch_backbone/packed_linear.h"
#include "worker/torch_backbone/torch_backbone.h"

namespace unmask {

class Transformer final : public Network {
 public:
  Transformer(const TransformerConfig& config, const TorchWeights& weights, ClipFeature feature,
              Precision precision);

  // `images` is [kBlockPictures, 3, height, width].
  at::Tensor Features(const at::Tensor& images) const override;

 private:
  struct Norm {
    at::Tensor weight, bias;
  };
  struct Layer {
    Norm norm1, norm2;
    PackedLinear query, key_value, out, fc1, fc2;
  };

  Norm MakeNorm(const TorchWeights& weights, const std::string& role) const;
  Layer MakeLayer(const TorchWeights& weights, const std::string& role, std::int64_t asking) const;
  at::Tensor Apply(const Norm& norm, const at::Tensor& x) const;
  at::Tensor Embed(const at::Tensor& images) const;
  at::Tensor ClassTokens(const at::Tensor& x) const;
  at::Tensor Heads(const at::Tensor& rows, std::int64_t parts) const;
  at::Tensor Attend(const at::Tensor& query, const at::Tensor& key_value) const;

  TransformerConfig config_;
  std::int64_t tokens_;  // of a picture: patches and the class token
  at::ScalarType type_;  // of the products
  PackedLinear patch_;
  at::Tensor class_token_, position_;
  std::optional<Norm> pre_;
  std::vector<Layer> layers_;
  Norm final_;
  std::optional<PackedLinear> projection_;
};

}  // namespace unmask

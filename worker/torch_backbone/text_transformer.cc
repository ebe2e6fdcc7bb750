#include "worker/torch_backbone/text_transformer.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "worker/torch_backbone/or_libtorch_error.h"
#include "worker/torch_backbone/transformer_layers.h"

namespace unmask {
namespace {

class TorchTextModel : public TextModel {
 public:
  TorchTextModel(TextParts parts, TorchWeights weights)
      : parts_(std::move(parts)), weights_(std::move(weights)) {}

  Result<std::vector<float>> Features(std::span<const std::int32_t> tokens) const override {
    return OrLibtorchError([&]() -> Result<std::vector<float>> {
      UNMASK_ASSIGN(const std::int64_t end, EndOfTokens(tokens, parts_.config));
      const c10::InferenceMode no_gradients;
      const at::Tensor row =
          TextFeatures(parts_.config, weights_, TokenEmbeddings(weights_, tokens).unsqueeze(0),
                       at::full({1}, end, at::kLong))
              .contiguous();
      const float* data = row.const_data_ptr<float>();
      return std::vector<float>(data, data + row.numel());
    });
  }

 private:
  TextParts parts_;
  TorchWeights weights_;
};

}  // namespace

at::Tensor TokenEmbeddings(const TorchWeights& weights, std::span<const std::int32_t> tokens) {
  const at::Tensor indices = at::from_blob(const_cast<std::int32_t*>(tokens.data()),
                                           {static_cast<std::int64_t>(tokens.size())}, at::kInt)
                                 .clone();
  return at::embedding(weights.at("token"), indices);
}

at::Tensor TextFeatures(const TextConfig& config, const TorchWeights& weights,
                        const at::Tensor& embeddings, const at::Tensor& ends) {
  const TransformerLayers layers(config, weights, /*causal=*/true);
  const at::Tensor x = embeddings + weights.at("position").narrow(0, 0, embeddings.size(1));
  const at::Tensor places = ends.reshape({-1, 1, 1}).expand({-1, 1, config.hidden});
  const at::Tensor last = layers.Norm(layers.Apply(x).gather(1, places).squeeze(1), "final");
  return at::linear(last, weights.at("projection"));
}

Result<std::unique_ptr<TextModel>> MakeTextModel(TextParts parts) {
  return OrLibtorchError([&]() -> Result<std::unique_ptr<TextModel>> {
    const c10::InferenceMode no_gradients;
    UNMASK_ASSIGN(TorchWeights weights, MakeTorchWeights(parts.weights));
    return std::unique_ptr<TextModel>(
        std::make_unique<TorchTextModel>(std::move(parts), std::move(weights)));
  });
}

}  // namespace unmask

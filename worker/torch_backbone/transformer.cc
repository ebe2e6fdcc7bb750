#include "worker/torch_backbone/transformer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "worker/torch_backbone/transformer_layers.h"

namespace unmask {
namespace {

constexpr auto kPictures = static_cast<std::int64_t>(Backbone::kBlockPictures);

// An activation as oneDNN has it: f(x) = fused(scale x) / scale. Quick GELU, x sigmoid(1.702 x), is
// its "swish" at a scale, which goes into the weights before it and out of those behind it.
struct FusedActivation {
  Fused fused;
  double scale = 1;
};

FusedActivation Fuse(Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return {{"relu", ""}};
    case Activation::kGelu:
      return {{"gelu", "none"}};
    case Activation::kGeluTanh:
      return {{"gelu", "tanh"}};
    case Activation::kQuickGelu:
      return {{"swish", ""}, 1.702};
    case Activation::kSilu:
      break;
  }
  return {{"swish", ""}};
}

// Keys and values from one product: [2 hidden, hidden].
at::Tensor Join(const TorchWeights& weights, const std::string& layer, const std::string& part) {
  return at::cat({weights.at(layer + "k" + part), weights.at(layer + "v" + part)});
}

}  // namespace

Transformer::Transformer(const TransformerConfig& config, const TorchWeights& weights,
                         ClipFeature feature, Precision precision)
    : config_(config),
      tokens_(std::int64_t{config.grid().height} * config.grid().width + 1),
      type_(precision == Precision::kFloat32 ? at::kFloat : at::kBFloat16),
      patch_(weights.at("patch.weight").flatten(1), BiasOf(weights, "patch"),
             kPictures * (tokens_ - 1), type_),
      class_token_(weights.at("class").reshape({1, 1, config.hidden})),
      position_(weights.at("position").reshape({1, tokens_, config.hidden})),
      final_(MakeNorm(weights, "final")) {
  if (config.clip) pre_ = MakeNorm(weights, "pre");
  for (int i = 0; i < config.layers; ++i) {
    const bool last = i + 1 == config.layers;
    layers_.push_back(
        MakeLayer(weights, fmt::format("layer.{}.", i), kPictures * (last ? 1 : tokens_)));
  }
  if (feature == ClipFeature::kProjected) {
    projection_ = PackedLinear(weights.at("projection"), std::nullopt, kPictures, at::kFloat);
  }
}

Transformer::Norm Transformer::MakeNorm(const TorchWeights& weights,
                                        const std::string& role) const {
  return {weights.at(role + ".weight"), weights.at(role + ".bias")};
}

// `asking` are the rows that the layer gives: of all tokens, or of class tokens alone.
Transformer::Layer Transformer::MakeLayer(const TorchWeights& weights, const std::string& role,
                                          std::int64_t asking) const {
  const FusedActivation activation = Fuse(config_.activation);
  const auto bias = [&](const char* part) { return BiasOf(weights, role + part); };
  const auto weight = [&](const char* part) { return weights.at(role + part + ".weight"); };
  std::optional<at::Tensor> kv_bias, inner_bias = bias("fc1");
  if (bias("k")) kv_bias = Join(weights, role, ".bias");
  if (inner_bias) inner_bias = *inner_bias * activation.scale;
  return {
      MakeNorm(weights, role + "norm1"),
      MakeNorm(weights, role + "norm2"),
      PackedLinear(weight("q"), bias("q"), asking, type_),
      PackedLinear(Join(weights, role, ".weight"), kv_bias, kPictures * tokens_, type_),
      PackedLinear(weight("out"), bias("out"), asking, type_),
      PackedLinear(weight("fc1") * activation.scale, inner_bias, asking, type_, activation.fused),
      PackedLinear(weight("fc2") / activation.scale, bias("fc2"), asking, type_)};
}

at::Tensor Transformer::Apply(const Norm& norm, const at::Tensor& x) const {
  return at::layer_norm(x, {config_.hidden}, norm.weight, norm.bias, config_.norm_epsilon);
}

// [pictures * tokens, hidden]: patches by a product, the class token before them, positions added.
at::Tensor Transformer::Embed(const at::Tensor& images) const {
  const Size grid = config_.grid();
  const Size patch = config_.patch;
  const at::Tensor whole =
      images.narrow(2, 0, grid.height * patch.height).narrow(3, 0, grid.width * patch.width);
  const at::Tensor pixels =
      whole.reshape({kPictures, 3, grid.height, patch.height, grid.width, patch.width})
          .permute({0, 2, 4, 1, 3, 5})
          .reshape({kPictures * (tokens_ - 1), -1});
  at::Tensor x = at::empty({kPictures, tokens_, config_.hidden}, at::kFloat);
  x.narrow(1, 0, 1).copy_(class_token_.expand({kPictures, 1, config_.hidden}));
  x.narrow(1, 1, tokens_ - 1).copy_(patch_(pixels).view({kPictures, tokens_ - 1, config_.hidden}));
  return x.add_(position_).view({kPictures * tokens_, config_.hidden});
}

// [pictures * tokens, hidden] -> [pictures, hidden]
at::Tensor Transformer::ClassTokens(const at::Tensor& x) const {
  return x.view({kPictures, tokens_, config_.hidden}).select(1, 0).contiguous();
}

// [rows, parts * hidden] of one picture -> [parts, 1, heads, rows, hidden / heads]
at::Tensor Transformer::Heads(const at::Tensor& rows, std::int64_t parts) const {
  return rows.view({1, rows.size(0), parts, config_.heads, config_.hidden / config_.heads})
      .permute({2, 0, 3, 1, 4})
      .to(at::kFloat, /*non_blocking=*/false, /*copy=*/true, at::MemoryFormat::Contiguous);
}

// Softmax attention in float32, of one picture after another, so that each finds its numbers at the
// same alignment: [pictures * asking, hidden] and [pictures * tokens, 2 hidden] ->
// [pictures * asking, hidden].
at::Tensor Transformer::Attend(const at::Tensor& query, const at::Tensor& key_value) const {
  const std::int64_t asking = query.size(0) / kPictures;
  at::Tensor mixed = at::empty({kPictures, asking, config_.hidden}, at::kFloat);
  for (std::int64_t i = 0; i < kPictures; ++i) {
    const at::Tensor queries = Heads(query.narrow(0, i * asking, asking), 1);
    const at::Tensor parts = Heads(key_value.narrow(0, i * tokens_, tokens_), 2);
    const at::Tensor heads = at::scaled_dot_product_attention(queries[0], parts[0], parts[1]);
    mixed[i].copy_(heads[0].transpose(0, 1).reshape({asking, config_.hidden}));
  }
  return mixed.view({kPictures * asking, config_.hidden});
}

// Of the last layer only the class token is used: the others stand there as keys and values alone,
// which leaves out five sixths of its products.
at::Tensor Transformer::Features(const at::Tensor& images) const {
  TORCH_CHECK(images.size(2) == config_.image.height && images.size(3) == config_.image.width,
              "a picture is not of the model's size");
  at::Tensor x = Embed(images);
  if (pre_) x = Apply(*pre_, x);
  for (const Layer& layer : layers_) {
    const auto asking = [&](const at::Tensor& rows) {
      return &layer == &layers_.back() ? ClassTokens(rows) : rows;
    };
    const at::Tensor seen = Apply(layer.norm1, x);
    x = asking(x);
    x.add_(layer.out(Attend(layer.query(asking(seen)), layer.key_value(seen))));
    x.add_(layer.fc2(layer.fc1(Apply(layer.norm2, x))));
  }
  const at::Tensor features = Apply(final_, x);
  return projection_ ? (*projection_)(features) : features;
}

}  // namespace unmask

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

// Queries, keys and values from one product: [3 hidden, hidden].
at::Tensor Join(const TorchWeights& weights, const std::string& layer, const std::string& part) {
  return at::cat({weights.at(layer + "q" + part), weights.at(layer + "k" + part),
                  weights.at(layer + "v" + part)});
}

}  // namespace

Transformer::Transformer(const TransformerConfig& config, const TorchWeights& weights,
                         FeatureKind feature, Precision precision)
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
    layers_.push_back(MakeLayer(weights, fmt::format("layer.{}.", i)));
  }
  if (feature == FeatureKind::kProjected) {
    projection_ = PackedLinear(weights.at("projection"), std::nullopt, kPictures, at::kFloat);
  }
}

Transformer::Norm Transformer::MakeNorm(const TorchWeights& weights,
                                        const std::string& role) const {
  return {weights.at(role + ".weight"), weights.at(role + ".bias")};
}

Transformer::Layer Transformer::MakeLayer(const TorchWeights& weights,
                                          const std::string& role) const {
  const std::int64_t rows = kPictures * tokens_;
  const FusedActivation activation = Fuse(config_.activation);
  const auto bias = [&](const char* part) { return BiasOf(weights, role + part); };
  const auto weight = [&](const char* part) { return weights.at(role + part + ".weight"); };
  std::optional<at::Tensor> qkv_bias, inner_bias = bias("fc1");
  if (bias("q")) qkv_bias = Join(weights, role, ".bias");
  if (inner_bias) inner_bias = *inner_bias * activation.scale;
  return {MakeNorm(weights, role + "norm1"),
          MakeNorm(weights, role + "norm2"),
          PackedLinear(Join(weights, role, ".weight"), qkv_bias, rows, type_),
          PackedLinear(weight("out"), bias("out"), rows, type_),
          PackedLinear(weight("fc1") * activation.scale, inner_bias, rows, type_, activation.fused),
          PackedLinear(weight("fc2") / activation.scale, bias("fc2"), rows, type_)};
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

// Softmax attention in float32, of one picture after another, so that each finds its numbers at the
// same alignment: [pictures * tokens, 3 hidden] -> [pictures * tokens, hidden].
at::Tensor Transformer::Attend(const at::Tensor& qkv) const {
  at::Tensor mixed = at::empty({kPictures, tokens_, config_.hidden}, at::kFloat);
  for (std::int64_t i = 0; i < kPictures; ++i) {
    // [3, 1, heads, tokens, hidden / heads]
    const at::Tensor parts =
        qkv.narrow(0, i * tokens_, tokens_)
            .view({1, tokens_, 3, config_.heads, config_.hidden / config_.heads})
            .permute({2, 0, 3, 1, 4})
            .to(at::kFloat, /*non_blocking=*/false, /*copy=*/true, at::MemoryFormat::Contiguous);
    const at::Tensor heads = at::scaled_dot_product_attention(parts[0], parts[1], parts[2]);
    mixed[i].copy_(heads[0].transpose(0, 1).reshape({tokens_, config_.hidden}));
  }
  return mixed.view({kPictures * tokens_, config_.hidden});
}

at::Tensor Transformer::Features(const at::Tensor& images) const {
  TORCH_CHECK(images.size(2) == config_.image.height && images.size(3) == config_.image.width,
              "a picture is not of the model's size");
  at::Tensor x = Embed(images);
  if (pre_) x = Apply(*pre_, x);
  for (const Layer& layer : layers_) {
    x.add_(layer.out(Attend(layer.qkv(Apply(layer.norm1, x)))));
    x.add_(layer.fc2(layer.fc1(Apply(layer.norm2, x))));
  }
  const at::Tensor token = x.view({kPictures, tokens_, config_.hidden}).select(1, 0);
  const at::Tensor features = Apply(final_, token.contiguous());
  return projection_ ? (*projection_)(features) : features;
}

}  // namespace unmask

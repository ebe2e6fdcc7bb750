#include "worker/backbone/layouts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "worker/backbone/text_model.h"

namespace unmask {
namespace {

// Names of one spelling of a transformer; those from norm1 on are of a layer.
struct TransformerNames {
  const char *class_token, *position, *patch, *final_norm;
  const char *layer, *norm1, *norm2, *q, *k, *v, *out, *fc1, *fc2;
};

constexpr TransformerNames kClip = {"embeddings.class_embedding",
                                    "embeddings.position_embedding.weight",
                                    "embeddings.patch_embedding",
                                    "post_layernorm",
                                    "encoder.layers.",
                                    "layer_norm1",
                                    "layer_norm2",
                                    "self_attn.q_proj",
                                    "self_attn.k_proj",
                                    "self_attn.v_proj",
                                    "self_attn.out_proj",
                                    "mlp.fc1",
                                    "mlp.fc2"};
constexpr TransformerNames kVit = {"embeddings.cls_token",
                                   "embeddings.position_embeddings",
                                   "embeddings.patch_embeddings.projection",
                                   "layernorm",
                                   "encoder.layer.",
                                   "layernorm_before",
                                   "layernorm_after",
                                   "attention.attention.query",
                                   "attention.attention.key",
                                   "attention.attention.value",
                                   "attention.output.dense",
                                   "intermediate.dense",
                                   "output.dense"};
constexpr TransformerNames kVit5 = {"embeddings.cls_token",
                                    "embeddings.position_embeddings",
                                    "embeddings.patch_embeddings.projection",
                                    "layernorm",
                                    "layers.",
                                    "layernorm_before",
                                    "layernorm_after",
                                    "attention.q_proj",
                                    "attention.k_proj",
                                    "attention.v_proj",
                                    "attention.o_proj",
                                    "mlp.fc1",
                                    "mlp.fc2"};

// What every transformer has: norms, and layers of attention and MLP.
class LayoutMaker {
 public:
  LayoutMaker(const LayersConfig& config, const TransformerNames& names)
      : config_(config), names_(names) {}

  void Add(const std::string& role, const std::string& name, std::vector<std::int64_t> shape) {
    layout_.push_back({role, name, std::move(shape)});
  }
  void AddNorm(const std::string& role, const std::string& name) {
    Add(role + ".weight", name + ".weight", {config_.hidden});
    Add(role + ".bias", name + ".bias", {config_.hidden});
  }
  void AddLayers(int layers, const std::string& prefix) {
    for (int i = 0; i < layers; ++i) {
      AddLayer(fmt::format("layer.{}.", i), fmt::format("{}{}{}.", prefix, names_.layer, i));
    }
  }
  Layout Take() { return std::move(layout_); }

 private:
  void AddLinear(const std::string& role, const std::string& name, std::int64_t inputs,
                 std::int64_t outputs, bool bias = true) {
    Add(role + ".weight", name + ".weight", {outputs, inputs});
    if (bias) Add(role + ".bias", name + ".bias", {outputs});
  }
  void AddLayer(const std::string& role, const std::string& name) {
    const int hidden = config_.hidden;
    AddNorm(role + "norm1", name + names_.norm1);
    AddNorm(role + "norm2", name + names_.norm2);
    AddLinear(role + "q", name + names_.q, hidden, hidden, config_.qkv_bias);
    AddLinear(role + "k", name + names_.k, hidden, hidden, config_.qkv_bias);
    AddLinear(role + "v", name + names_.v, hidden, hidden, config_.qkv_bias);
    AddLinear(role + "out", name + names_.out, hidden, hidden);
    AddLinear(role + "fc1", name + names_.fc1, hidden, config_.intermediate);
    AddLinear(role + "fc2", name + names_.fc2, config_.intermediate, hidden);
  }

  const LayersConfig& config_;
  const TransformerNames& names_;
  Layout layout_;
};

Layout TransformerLayout(const TransformerConfig& config, const TransformerNames& names) {
  LayoutMaker maker(config, names);
  const std::int64_t hidden = config.hidden;
  const Size grid = config.grid();
  const std::int64_t positions = std::int64_t{grid.height} * grid.width + 1;
  using Shape = std::vector<std::int64_t>;
  maker.Add("class", names.class_token, config.clip ? Shape{hidden} : Shape{1, 1, hidden});
  maker.Add("position", names.position,
            config.clip ? Shape{positions, hidden} : Shape{1, positions, hidden});
  maker.Add("patch.weight", names.patch + std::string(".weight"),
            {hidden, 3, config.patch.height, config.patch.width});
  if (!config.clip) maker.Add("patch.bias", names.patch + std::string(".bias"), {hidden});
  if (config.clip) maker.AddNorm("pre", "pre_layrnorm");  // as transformers spells it
  maker.AddLayers(config.layers, "");
  maker.AddNorm("final", names.final_norm);
  if (config.clip) maker.Add("projection", "visual_projection.weight", {config.projection, hidden});
  Layout layout = maker.Take();
  if (config.clip) layout.back().optional = true;
  return layout;
}

void AddConvolution(const Convolution& convolution, const std::string& name,
                    const std::string& norm, Layout& layout) {
  const auto& [role, inputs, outputs, kernel, stride] = convolution;
  layout.push_back({role + ".weight", name + ".weight", {outputs, inputs, kernel, kernel}});
  layout.push_back({role + ".norm.weight", norm + ".weight", {outputs}});
  layout.push_back({role + ".norm.bias", norm + ".bias", {outputs}});
  layout.push_back({role + ".norm.mean", norm + ".running_mean", {outputs}});
  layout.push_back({role + ".norm.variance", norm + ".running_var", {outputs}});
}

// Names of one spelling of a ResNet: a convolution's and its norm's. "{}" are numbers, of stages
// and of a block's convolutions from `first` on, of blocks from 0 on.
struct ResnetNames {
  std::size_t first;
  const char *stem, *stem_norm;
  const char* block;
  const char *shortcut, *shortcut_norm, *convolution, *norm;  // of a block
};

constexpr ResnetNames kTransformers = {0,
                                       "embedder.embedder.convolution",
                                       "embedder.embedder.normalization",
                                       "encoder.stages.{}.layers.{}.",
                                       "shortcut.convolution",
                                       "shortcut.normalization",
                                       "layer.{}.convolution",
                                       "layer.{}.normalization"};
constexpr ResnetNames kTorchvision = {
    1, "conv1", "bn1", "layer{}.{}.", "downsample.0", "downsample.1", "conv{}", "bn{}"};

Layout ResnetLayout(const ResnetConfig& config, const ResnetNames& names) {
  Layout layout;
  AddConvolution(StemOf(config), names.stem, names.stem_norm, layout);
  const auto stages = StagesOf(config);
  for (std::size_t s = 0; s < stages.size(); ++s) {
    for (std::size_t b = 0; b < stages[s].size(); ++b) {
      const std::string block = fmt::format(fmt::runtime(names.block), s + names.first, b);
      for (const Convolution& shortcut : stages[s][b].shortcut) {
        AddConvolution(shortcut, block + names.shortcut, block + names.shortcut_norm, layout);
      }
      std::size_t number = names.first;
      for (const Convolution& convolution : stages[s][b].convolutions) {
        AddConvolution(convolution, block + fmt::format(fmt::runtime(names.convolution), number),
                       block + fmt::format(fmt::runtime(names.norm), number), layout);
        ++number;
      }
    }
  }
  return layout;
}

ResnetBlock MakeBlock(const ResnetConfig& config, const std::string& role, int inputs, int outputs,
                      int stride) {
  ResnetBlock block;
  const auto add = [&](int from, int to, int kernel, int step) {
    const std::size_t number = block.convolutions.size();
    block.convolutions.push_back(
        {fmt::format("{}.convolution.{}", role, number), from, to, kernel, step});
  };
  if (config.bottleneck) {
    const int reduced = std::max(outputs / 4, 1);
    const bool first = config.stride_in_first_convolution;
    add(inputs, reduced, 1, first ? stride : 1);
    add(reduced, reduced, 3, first ? 1 : stride);
    add(reduced, outputs, 1, 1);
  } else {
    add(inputs, outputs, 3, stride);
    add(outputs, outputs, 3, 1);
  }
  if (inputs != outputs || stride != 1) {
    block.shortcut = {{role + ".shortcut", inputs, outputs, 1, stride}};
  }
  return block;
}

}  // namespace

Convolution StemOf(const ResnetConfig& config) { return {"stem", 3, config.embedding, 7, 2}; }

std::vector<std::vector<ResnetBlock>> StagesOf(const ResnetConfig& config) {
  std::vector<std::vector<ResnetBlock>> stages(config.widths.size());
  int inputs = config.embedding;
  for (std::size_t s = 0; s < stages.size(); ++s) {
    const int outputs = config.widths[s];
    int stride = s > 0 || config.stride_in_first_stage ? 2 : 1;
    for (int b = 0; b < config.depths[s]; ++b) {
      const std::string role = fmt::format("stage.{}.block.{}", s, b);
      stages[s].push_back(MakeBlock(config, role, inputs, outputs, stride));
      inputs = outputs;
      stride = 1;
    }
  }
  return stages;
}

std::vector<Layout> LayoutsOf(const BackboneConfig& config) {
  if (const auto* resnet = std::get_if<ResnetConfig>(&config.model)) {
    return {ResnetLayout(*resnet, kTransformers), ResnetLayout(*resnet, kTorchvision)};
  }
  const auto& transformer = std::get<TransformerConfig>(config.model);
  if (transformer.clip) return {TransformerLayout(transformer, kClip)};
  return {TransformerLayout(transformer, kVit), TransformerLayout(transformer, kVit5)};
}

Layout TextLayout(const TextConfig& config) {
  const std::string model = "text_model.";
  LayoutMaker maker(config, kClip);
  maker.Add("token", model + "embeddings.token_embedding.weight",
            {config.vocabulary, config.hidden});
  maker.Add("position", model + "embeddings.position_embedding.weight",
            {config.positions, config.hidden});
  maker.AddLayers(config.layers, model);
  maker.AddNorm("final", model + "final_layer_norm");
  maker.Add("projection", "text_projection.weight", {config.projection, config.hidden});
  maker.Add("scale", "logit_scale", {});
  return maker.Take();
}

bool IsKnownExtra(const std::string& name, BackboneKind kind) {
  const auto starts = [&](const auto& prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const char* prefix) { return name.starts_with(prefix); });
  };
  constexpr std::array kOfClip = {"text_model.", "text_projection", "logit_scale",
                                  "embeddings.position_ids", "classifier."};
  constexpr std::array kOfVit = {"pooler.",  "classifier.",           "head.",
                                 "decoder.", "embeddings.mask_token", "embeddings.position_ids"};
  constexpr std::array kOfResnet = {"fc.", "classifier."};
  switch (kind) {
    case BackboneKind::kClip:
      return starts(kOfClip);
    case BackboneKind::kVit:
      return starts(kOfVit);
    case BackboneKind::kResnet:
      break;
  }
  return starts(kOfResnet) || name.ends_with(".num_batches_tracked");
}

}  // namespace unmask

#include "common/synth_model/synth_model.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "common/synth_model/random_tensors.h"

namespace unmask {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kPatch = 16;
constexpr int kLayers = 1;
constexpr int kHeads = 16;
constexpr int kHidden = 384;
constexpr int kInner = 384;  // of the MLP
constexpr int kTextHidden = 64;
constexpr int kTextLayers = 2;
constexpr int kTextHeads = 4;
constexpr int kTextInner = 128;
constexpr int kTextPositions = 77;
constexpr int kProjection = 64;
constexpr double kLogitScale = 2.6592;  // log of 1 / 0.07, where CLIP starts
constexpr int kResnetWidths[] = {24, 48, 96, 192};

// Gains: the standard deviation of what a linear layer makes of independent inputs of deviation 1.
// Chosen by how well expressions of held-out subjects are told on synthetic faces.
constexpr double kPatchDeviation = 1.0 / 6;  // of the patches' filters
constexpr double kPosition = 1;
constexpr double kAttentionGain = 0.8;
constexpr double kValueGain = 2;
constexpr double kMlpGain = 1;
constexpr double kBias = 0.5;

// Names of one transformer's parts.
struct Names {
  const char *layer, *norm1, *norm2, *q, *k, *v, *out, *fc1, *fc2;
};
constexpr Names kVitNames = {
    "vit.encoder.layer.",        "layernorm_before",        "layernorm_after",
    "attention.attention.query", "attention.attention.key", "attention.attention.value",
    "attention.output.dense",    "intermediate.dense",      "output.dense"};
constexpr Names kClipNames = {"encoder.layers.",    "layer_norm1",      "layer_norm2",
                              "self_attn.q_proj",   "self_attn.k_proj", "self_attn.v_proj",
                              "self_attn.out_proj", "mlp.fc1",          "mlp.fc2"};

void AddLinear(RandomTensors& tensors, const std::string& name, int inputs, int outputs,
               double gain, double bias = 0) {
  tensors.Add(name + ".weight", {outputs, inputs}, gain / std::sqrt(inputs));
  tensors.Add(name + ".bias", {outputs}, bias);
}

void AddNorm(RandomTensors& tensors, const std::string& name, int width) {
  tensors.Add(name + ".weight", {width}, 0, 1);
  tensors.Add(name + ".bias", {width}, 0);
}

void AddLayer(RandomTensors& tensors, const std::string& layer, const Names& names, int width,
              int inner) {
  AddNorm(tensors, layer + names.norm1, width);
  AddNorm(tensors, layer + names.norm2, width);
  AddLinear(tensors, layer + names.q, width, width, kAttentionGain);
  AddLinear(tensors, layer + names.k, width, width, kAttentionGain);
  AddLinear(tensors, layer + names.v, width, width, kValueGain);
  AddLinear(tensors, layer + names.out, width, width, kValueGain);
  AddLinear(tensors, layer + names.fc1, width, inner, kMlpGain, kBias);
  AddLinear(tensors, layer + names.fc2, inner, width, kMlpGain);
}

void AddLayers(RandomTensors& tensors, const std::string& prefix, const Names& names, int layers,
               int width, int inner) {
  for (int i = 0; i < layers; ++i) {
    AddLayer(tensors, fmt::format("{}{}{}.", prefix, names.layer, i), names, width, inner);
  }
}

constexpr int kPositions = (kSynthModelSide / kPatch) * (kSynthModelSide / kPatch) + 1;

void AddVit(RandomTensors& tensors) {
  const std::string embeddings = "vit.embeddings.";
  tensors.Add(embeddings + "cls_token", {1, 1, kHidden}, 1);
  tensors.Add(embeddings + "position_embeddings", {1, kPositions, kHidden}, kPosition);
  tensors.AddContrastFilters(embeddings + "patch_embeddings.projection.weight", kHidden, kPatch,
                             kPatchDeviation);
  tensors.Add(embeddings + "patch_embeddings.projection.bias", {kHidden}, 0);
  AddLayers(tensors, "", kVitNames, kLayers, kHidden, kInner);
  AddNorm(tensors, "vit.layernorm", kHidden);
}

void AddClipVision(RandomTensors& tensors) {
  const std::string embeddings = "vision_model.embeddings.";
  tensors.Add(embeddings + "class_embedding", {kHidden}, 1);
  tensors.Add(embeddings + "position_embedding.weight", {kPositions, kHidden}, kPosition);
  tensors.AddContrastFilters(embeddings + "patch_embedding.weight", kHidden, kPatch,
                             kPatchDeviation);
  AddNorm(tensors, "vision_model.pre_layrnorm", kHidden);  // as transformers spells it
  AddLayers(tensors, "vision_model.", kClipNames, kLayers, kHidden, kInner);
  AddNorm(tensors, "vision_model.post_layernorm", kHidden);
  tensors.Add("visual_projection.weight", {kProjection, kHidden}, 1 / std::sqrt(kHidden));
}

void AddClipText(RandomTensors& tensors, int vocabulary) {
  const std::string embeddings = "text_model.embeddings.";
  tensors.Add(embeddings + "token_embedding.weight", {vocabulary, kTextHidden}, 1);
  tensors.Add(embeddings + "position_embedding.weight", {kTextPositions, kTextHidden}, 0.5);
  AddLayers(tensors, "text_model.", kClipNames, kTextLayers, kTextHidden, kTextInner);
  AddNorm(tensors, "text_model.final_layer_norm", kTextHidden);
  tensors.Add("text_projection.weight", {kProjection, kTextHidden}, 1 / std::sqrt(kTextHidden));
  tensors.Add("logit_scale", {}, 0, kLogitScale);
}

// A convolution and its BatchNorm; He's gain, since ReLU halves the variance.
void AddConvolution(RandomTensors& tensors, const std::string& name, int inputs, int outputs,
                    int kernel, double gain) {
  tensors.Add(name + ".convolution.weight", {outputs, inputs, kernel, kernel},
              gain / std::sqrt(inputs * kernel * kernel));
  const std::string norm = name + ".normalization.";
  tensors.Add(norm + "weight", {outputs}, 0, 1);
  tensors.Add(norm + "bias", {outputs}, kBias);
  tensors.Add(norm + "running_mean", {outputs}, 0);
  tensors.Add(norm + "running_var", {outputs}, 0, 1);
}

void AddResnet(RandomTensors& tensors) {
  constexpr double kHe = 1.4142135623730951;
  AddConvolution(tensors, "resnet.embedder.embedder", 3, kResnetWidths[0], 7, kHe);
  int inputs = kResnetWidths[0];
  for (int stage = 0; stage < 4; ++stage) {
    const int outputs = kResnetWidths[stage];
    for (int block = 0; block < 2; ++block) {
      const std::string name = fmt::format("resnet.encoder.stages.{}.layers.{}.", stage, block);
      if (inputs != outputs) AddConvolution(tensors, name + "shortcut", inputs, outputs, 1, 1);
      AddConvolution(tensors, name + "layer.0", inputs, outputs, 3, kHe);
      AddConvolution(tensors, name + "layer.1", outputs, outputs, 3, 1);
      inputs = outputs;
    }
  }
}

Json TransformerJson(int hidden, int inner, int layers, int heads, const char* activation) {
  return {{"hidden_size", hidden},
          {"intermediate_size", inner},
          {"num_hidden_layers", layers},
          {"num_attention_heads", heads},
          {"hidden_act", activation}};
}

Json VitJson() {
  Json json = {{"architectures", {"ViTModel"}}, {"model_type", "vit"}};
  json.update(TransformerJson(kHidden, kInner, kLayers, kHeads, "gelu"));
  json.update({{"image_size", kSynthModelSide}, {"patch_size", kPatch}});
  return json;
}

Json ClipJson(int vocabulary) {
  Json vision = {{"model_type", "clip_vision_model"}};
  vision.update(TransformerJson(kHidden, kInner, kLayers, kHeads, "quick_gelu"));
  vision.update(
      {{"image_size", kSynthModelSide}, {"patch_size", kPatch}, {"projection_dim", kProjection}});
  Json text = {{"model_type", "clip_text_model"}, {"vocab_size", vocabulary}};
  text.update(TransformerJson(kTextHidden, kTextInner, kTextLayers, kTextHeads, "quick_gelu"));
  text.update({{"max_position_embeddings", kTextPositions},
               {"projection_dim", kProjection},
               {"bos_token_id", vocabulary - 2},
               {"eos_token_id", vocabulary - 1},
               {"pad_token_id", vocabulary - 1}});
  return {{"architectures", {"CLIPModel"}}, {"model_type", "clip"},
          {"projection_dim", kProjection},  {"logit_scale_init_value", kLogitScale},
          {"vision_config", vision},        {"text_config", text}};
}

Json ResnetJson() {
  return {{"architectures", {"ResNetModel"}},
          {"model_type", "resnet"},
          {"embedding_size", kResnetWidths[0]},
          {"hidden_sizes", kResnetWidths},
          {"depths", {2, 2, 2, 2}},
          {"layer_type", "basic"},
          {"hidden_act", "relu"}};
}

Json PreparationJson(SynthModelKind kind) {
  const Json square = {{"height", kSynthModelSide}, {"width", kSynthModelSide}};
  const char* type = kind == SynthModelKind::kClip ? "CLIPImageProcessor" : "ViTImageProcessor";
  return {{"image_processor_type", type},
          {"do_resize", true},
          {"size", square},
          {"resample", 3},
          {"do_center_crop", false},
          {"do_rescale", true},
          {"rescale_factor", 1.0 / 255},
          {"do_normalize", true},
          {"image_mean", {0.5, 0.5, 0.5}},
          {"image_std", {0.5, 0.5, 0.5}}};
}

}  // namespace

std::map<std::string, std::string> SynthModelFiles(const SynthModelOptions& options) {
  RandomTensors tensors(options.seed);
  Json config;
  switch (options.kind) {
    case SynthModelKind::kVit:
      AddVit(tensors);
      config = VitJson();
      break;
    case SynthModelKind::kClip:
      AddClipVision(tensors);
      AddClipText(tensors, options.vocabulary);
      config = ClipJson(options.vocabulary);
      break;
    case SynthModelKind::kResnet18:
      AddResnet(tensors);
      config = ResnetJson();
      break;
  }
  return {{"config.json", config.dump(2) + "\n"},
          {"preprocessor_config.json", PreparationJson(options.kind).dump(2) + "\n"},
          {"model.safetensors", tensors.Bytes()}};
}

}  // namespace unmask

#include "worker/backbone/backbone_config.h"

#include <fmt/format.h>

#include <map>

#include "common/base/parse_json.h"
#include "common/base/text.h"
#include "worker/backbone/config_fields.h"

namespace unmask {
namespace {

using Json = nlohmann::json;

constexpr const char* kKnown = "model_type clip, clip_vision_model, vit or resnet";

Result<BackboneConfig> Checked(TransformerConfig model, Fields& fields) {
  UNMASK_TRY(fields.status());  // what follows from a wrong value is not another fault
  fields.CheckHeads(model);
  const Size grid = model.grid();
  if (grid.height < 1 || grid.width < 1 || grid.height * std::int64_t{grid.width} > kExtentMax) {
    fields.Complain("patch_size", "at least one patch, and not too many, in an image");
  }
  if (fields.Count("num_channels", 3) != 3) fields.Complain("num_channels", "3");
  UNMASK_TRY(fields.status());
  return BackboneConfig{model};
}

Result<BackboneConfig> ReadClip(const Json& vision, int projection, const std::string& where) {
  Fields fields(vision, where);
  TransformerConfig model{fields.Layers({.hidden = 768,
                                         .intermediate = 3072,
                                         .layers = 12,
                                         .heads = 12,
                                         .activation = Activation::kQuickGelu,
                                         .norm_epsilon = 1e-5})};
  model.clip = true;
  model.projection = projection > 0 ? projection : fields.Count("projection_dim", 512);
  model.image = fields.Extent("image_size", 224);
  model.patch = fields.Extent("patch_size", 32);
  return Checked(model, fields);
}

Result<BackboneConfig> ReadVit(const Json& json, const std::string& where) {
  Fields fields(json, where);
  TransformerConfig model{fields.Layers({.hidden = 768,
                                         .intermediate = 3072,
                                         .layers = 12,
                                         .heads = 12,
                                         .activation = Activation::kGelu,
                                         .norm_epsilon = 1e-12})};
  model.image = fields.Extent("image_size", 224);
  model.patch = fields.Extent("patch_size", 16);
  model.qkv_bias = fields.Flag("qkv_bias", true);
  return Checked(model, fields);
}

Result<BackboneConfig> ReadResnet(const Json& json, const std::string& where) {
  Fields fields(json, where);
  ResnetConfig model;
  model.embedding = fields.Count("embedding_size", 64);
  model.widths = fields.Counts("hidden_sizes", {256, 512, 1024, 2048});
  model.depths = fields.Counts("depths", {3, 4, 6, 3}, kLayersMax);
  if (model.widths.size() != model.depths.size()) {
    fields.Complain("depths", "as many numbers as hidden_sizes");
  }
  const std::string layer = fields.Has("layer_type") ? fields.Text("layer_type") : "bottleneck";
  if (layer != "basic" && layer != "bottleneck") fields.Complain("layer_type", "basic, bottleneck");
  model.bottleneck = layer == "bottleneck";
  model.stride_in_first_stage = fields.Flag("downsample_in_first_stage", false);
  model.stride_in_first_convolution = fields.Flag("downsample_in_bottleneck", false);
  model.activation = fields.Act("hidden_act", Activation::kRelu);
  if (fields.Count("num_channels", 3) != 3) fields.Complain("num_channels", "3");
  UNMASK_TRY(fields.status());
  return BackboneConfig{model};
}

// The published ResNets by name, as timm's and torchvision's configurations give it.
std::optional<ResnetConfig> NamedResnet(const std::string& name) {
  static const std::map<std::string, std::pair<std::vector<int>, bool>> depths = {
      {"resnet18", {{2, 2, 2, 2}, false}},
      {"resnet34", {{3, 4, 6, 3}, false}},
      {"resnet50", {{3, 4, 6, 3}, true}},
      {"resnet101", {{3, 4, 23, 3}, true}},
      {"resnet152", {{3, 8, 36, 3}, true}}};
  const auto found = depths.find(name.substr(0, name.find('.')));
  if (found == depths.end()) return std::nullopt;
  const auto& [blocks, bottleneck] = found->second;
  const std::vector<int> basic = {64, 128, 256, 512};
  const std::vector<int> wide = {256, 512, 1024, 2048};
  return ResnetConfig{64, bottleneck ? wide : basic, blocks, bottleneck};
}

Result<BackboneConfig> ReadNamed(const Json& json, ResnetConfig named, Fields& fields) {
  if (fields.Has("model_args") && json["model_args"] != Json::object()) {
    fields.Complain("model_args", "none: a model that is built by other arguments is not read");
  }
  UNMASK_TRY(fields.status());
  return BackboneConfig{std::move(named)};
}

// model_type, or what the class's name in `architectures` says.
std::string ModelType(const Json& json, const Fields& fields) {
  std::string type = fields.Text("model_type");
  if (!type.empty()) return type;
  const Json& classes = json.contains("architectures") ? json["architectures"] : Json();
  const std::string name =
      classes.is_array() && !classes.empty() && classes[0].is_string() ? classes[0] : Json("");
  if (name.starts_with("CLIPVision")) return "clip_vision_model";
  if (name.starts_with("CLIP")) return "clip";
  if (name.starts_with("ViT")) return "vit";
  return name.starts_with("ResNet") ? "resnet" : fields.Text("architecture");
}

Result<BackboneConfig> ReadWholeClip(const Json& json, Fields& fields, const std::string& where) {
  UNMASK_ASSIGN(const Json vision, NestedConfig(json, "vision_config", where));
  const int projection = fields.Count("projection_dim", 512);
  UNMASK_TRY(fields.status());
  return ReadClip(vision, projection, where);
}

}  // namespace

BackboneKind BackboneConfig::kind() const {
  const auto* transformer = std::get_if<TransformerConfig>(&model);
  if (transformer == nullptr) return BackboneKind::kResnet;
  return transformer->clip ? BackboneKind::kClip : BackboneKind::kVit;
}

Size BackboneConfig::image_size() const {
  const auto* transformer = std::get_if<TransformerConfig>(&model);
  return transformer == nullptr ? Size{224, 224} : transformer->image;
}

Result<BackboneConfig> ReadBackboneConfig(const std::string& text, const std::string& where) {
  UNMASK_ASSIGN(const Json json, ParseJsonObject(text, where, kKnown));
  Fields fields(json, where);
  const std::string type = ModelType(json, fields);
  if (type == "clip") return ReadWholeClip(json, fields, where);
  if (type == "clip_vision_model") return ReadClip(json, 0, where);
  if (type == "vit") return ReadVit(json, where);
  if (type == "resnet") return ReadResnet(json, where);
  if (auto named = NamedResnet(type)) return ReadNamed(json, *std::move(named), fields);
  if (type.empty()) return DataError("no model_type", where, kKnown);
  return DataError(fmt::format("unknown model_type '{}'", Beginning(type)), where, kKnown);
}

}  // namespace unmask

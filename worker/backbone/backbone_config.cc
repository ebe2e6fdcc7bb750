#include "worker/backbone/backbone_config.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

namespace unmask {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kExtentMax = 1 << 16;
constexpr std::int64_t kLayersMax = 1000;
constexpr std::size_t kStagesMax = 8;
constexpr const char* kKnown = "model_type clip, clip_vision_model, vit or resnet";

// Typed reads of one JSON object; what is wrong is collected.
class Fields {
 public:
  Fields(const Json& json, std::string where) : json_(json), where_(std::move(where)) {}

  bool Has(const char* key) const { return json_.contains(key) && !json_[key].is_null(); }

  int Count(const char* key, int by_default, std::int64_t most = kExtentMax) {
    if (!Has(key)) return by_default;
    if (const auto value = Natural(json_[key], most)) return *value;
    Complain(key, fmt::format("a whole number from 1 to {}", most));
    return 1;
  }

  Size Extent(const char* key, int by_default) {
    if (!Has(key)) return {by_default, by_default};
    const Json& json = json_[key];
    const bool pair = json.is_array() && json.size() == 2;
    const auto height = Natural(pair ? json[0] : json, kExtentMax);
    const auto width = Natural(pair ? json[1] : json, kExtentMax);
    if (height && width) return {*height, *width};
    Complain(key, "one or two whole numbers above 0");
    return {1, 1};
  }

  std::vector<int> Counts(const char* key, std::vector<int> by_default) {
    if (!Has(key)) return by_default;
    std::vector<int> values;
    const Json& json = json_[key];
    if (json.is_array() && json.size() <= kStagesMax) {
      for (const Json& item : json) values.push_back(Natural(item, kExtentMax).value_or(0));
    }
    const bool good = !values.empty() && std::count(values.begin(), values.end(), 0) == 0;
    if (good) return values;
    Complain(key, fmt::format("1 to {} whole numbers above 0", kStagesMax));
    return by_default;
  }

  bool Flag(const char* key, bool by_default) {
    if (!Has(key)) return by_default;
    if (!json_[key].is_boolean()) Complain(key, "true or false");
    return json_[key] == true;
  }

  double Epsilon(const char* key, double by_default) {
    if (!Has(key)) return by_default;
    const double value = json_[key].is_number() ? json_[key].get<double>() : -1;
    if (value >= 0 && value < 1) return value;
    Complain(key, "a number from 0 to 1");
    return by_default;
  }

  Activation Act(const char* key, Activation by_default) {
    static const std::map<std::string, Activation> names = {
        {"relu", Activation::kRelu},
        {"gelu", Activation::kGelu},
        {"quick_gelu", Activation::kQuickGelu},
        {"gelu_new", Activation::kGeluTanh},
        {"gelu_fast", Activation::kGeluTanh},
        {"gelu_pytorch_tanh", Activation::kGeluTanh},
        {"silu", Activation::kSilu},
        {"swish", Activation::kSilu}};
    if (!Has(key)) return by_default;
    const auto found = names.find(json_[key].is_string() ? json_[key].get<std::string>() : "");
    if (found != names.end()) return found->second;
    Complain(key, "relu, gelu, quick_gelu, gelu_new, gelu_pytorch_tanh, silu");
    return by_default;
  }

  std::string Text(const char* key) const {
    return Has(key) && json_[key].is_string() ? json_[key].get<std::string>() : "";
  }

  void Complain(const char* key, std::string expected) {
    problems_.push_back({fmt::format("'{}' is {}", key, Has(key) ? json_[key].dump() : "absent"),
                         where_, std::move(expected)});
  }
  Status status() const {
    if (problems_.empty()) return {};
    return Error(ErrorCode::kData, problems_);
  }

 private:
  static std::optional<int> Natural(const Json& json, std::int64_t most) {
    if (!json.is_number_integer()) return std::nullopt;
    const auto value = json.get<std::int64_t>();
    if (value < 1 || value > most) return std::nullopt;
    return static_cast<int>(value);
  }

  const Json& json_;
  std::string where_;
  std::vector<Problem> problems_;
};

Result<BackboneConfig> Checked(TransformerConfig model, Fields& fields) {
  if (model.hidden % model.heads != 0) {
    fields.Complain("hidden_size", "a multiple of num_attention_heads");
  }
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
  TransformerConfig model;
  model.clip = true;
  model.hidden = fields.Count("hidden_size", 768);
  model.intermediate = fields.Count("intermediate_size", 3072);
  model.layers = fields.Count("num_hidden_layers", 12, kLayersMax);
  model.heads = fields.Count("num_attention_heads", 12);
  model.projection = projection > 0 ? projection : fields.Count("projection_dim", 512);
  model.image = fields.Extent("image_size", 224);
  model.patch = fields.Extent("patch_size", 32);
  model.activation = fields.Act("hidden_act", Activation::kQuickGelu);
  model.norm_epsilon = fields.Epsilon("layer_norm_eps", 1e-5);
  return Checked(model, fields);
}

Result<BackboneConfig> ReadVit(const Json& json, const std::string& where) {
  Fields fields(json, where);
  TransformerConfig model;
  model.hidden = fields.Count("hidden_size", 768);
  model.intermediate = fields.Count("intermediate_size", 3072);
  model.layers = fields.Count("num_hidden_layers", 12, kLayersMax);
  model.heads = fields.Count("num_attention_heads", 12);
  model.image = fields.Extent("image_size", 224);
  model.patch = fields.Extent("patch_size", 16);
  model.activation = fields.Act("hidden_act", Activation::kGelu);
  model.norm_epsilon = fields.Epsilon("layer_norm_eps", 1e-12);
  model.qkv_bias = fields.Flag("qkv_bias", true);
  return Checked(model, fields);
}

Result<BackboneConfig> ReadResnet(const Json& json, const std::string& where) {
  Fields fields(json, where);
  ResnetConfig model;
  model.embedding = fields.Count("embedding_size", 64);
  model.widths = fields.Counts("hidden_sizes", {256, 512, 1024, 2048});
  model.depths = fields.Counts("depths", {3, 4, 6, 3});
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

// CLIP's whole model nests its vision side; versions before 4.30 repeat it as vision_config_dict.
Result<BackboneConfig> ReadWholeClip(const Json& json, Fields& fields, const std::string& where) {
  Json vision = Json::object();
  for (const char* key : {"vision_config", "vision_config_dict"}) {
    if (!fields.Has(key)) continue;
    if (!json[key].is_object()) {
      return DataError(fmt::format("'{}' is {}", key, json[key].dump()), where, "an object");
    }
    vision.update(json[key]);
  }
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
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return DataError("not a JSON object", where, kKnown);
  Fields fields(json, where);
  const std::string type = ModelType(json, fields);
  if (type == "clip") return ReadWholeClip(json, fields, where);
  if (type == "clip_vision_model") return ReadClip(json, 0, where);
  if (type == "vit") return ReadVit(json, where);
  if (type == "resnet") return ReadResnet(json, where);
  if (const auto named = NamedResnet(type)) return BackboneConfig{*named};
  return DataError(type.empty() ? "no model_type" : fmt::format("unknown model_type '{}'", type),
                   where, kKnown);
}

}  // namespace unmask

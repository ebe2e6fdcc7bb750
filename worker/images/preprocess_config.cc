// preprocessor_config.json: what transformers wrote between versions 4.0 and 5.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "worker/images/preprocess.h"

namespace unmask {
namespace {

using Json = nlohmann::json;

constexpr int kSideMax = 4096;  // of a prepared picture

constexpr std::array<float, 3> kHalf = {0.5F, 0.5F, 0.5F};
constexpr std::array<float, 3> kImagenetMean = {0.485F, 0.456F, 0.406F};
constexpr std::array<float, 3> kImagenetStd = {0.229F, 0.224F, 0.225F};
constexpr std::array<float, 3> kClipMean = {0.48145466F, 0.4578275F, 0.40821073F};
constexpr std::array<float, 3> kClipStd = {0.26862954F, 0.26130258F, 0.27577711F};

// The processor classes; each has its defaults.
enum class Processor { kClip, kVit, kConvNext };

Processor ProcessorOf(const Json& json, BackboneKind model) {
  for (const char* key : {"image_processor_type", "feature_extractor_type"}) {
    if (!json.contains(key) || !json[key].is_string()) continue;
    const auto& name = json[key].get_ref<const std::string&>();
    if (name.starts_with("CLIP") || name.starts_with("Bit")) return Processor::kClip;
    if (name.starts_with("ViT")) return Processor::kVit;
    if (name.starts_with("ConvNext") || name.starts_with("ConvNeXT")) return Processor::kConvNext;
  }
  switch (model) {
    case BackboneKind::kClip:
      return Processor::kClip;
    case BackboneKind::kVit:
      return Processor::kVit;
    case BackboneKind::kResnet:
      break;
  }
  return Processor::kConvNext;
}

class Reader {
 public:
  Reader(const Json& json, Processor processor, std::string where)
      : json_(json), processor_(processor), where_(std::move(where)) {}

  Result<Preprocessing> Read() {
    Preprocessing result;
    result.rescale.reset();
    if (Flag("do_resize", true)) {
      UNMASK_TRY(ReadResize(result));
    }
    if (Flag("do_center_crop", processor_ == Processor::kClip)) {
      const Size by_default{224, 224};
      UNMASK_ASSIGN(result.crop, ReadSquare("crop_size", by_default));
    }
    if (Flag("do_rescale", true)) {
      UNMASK_ASSIGN(result.rescale, Number("rescale_factor", 1.0 / 255));
    }
    if (Flag("do_normalize", true)) {
      const bool clip = processor_ == Processor::kClip;
      Preprocessing::Normal normal;
      UNMASK_ASSIGN(normal.mean, Triple("image_mean", clip ? kClipMean : kHalf));
      UNMASK_ASSIGN(normal.std, Triple("image_std", clip ? kClipStd : kHalf));
      for (const float value : normal.std) {
        if (value <= 0) return Bad("image_std", "three numbers above 0");
      }
      result.normalize = normal;
    }
    return result;
  }

 private:
  Error Bad(const std::string& key, std::string expected) const {
    const std::string value = json_.contains(key) ? json_[key].dump() : "";
    return DataError(fmt::format("'{}' is {}", key, value), where_, std::move(expected));
  }
  bool Has(const char* key) const { return json_.contains(key) && !json_[key].is_null(); }
  bool Flag(const char* key, bool by_default) const {
    return Has(key) && json_[key].is_boolean() ? json_[key].get<bool>() : by_default;
  }

  Result<double> Number(const char* key, double by_default) const {
    if (!Has(key)) return by_default;
    const double value = json_[key].is_number() ? json_[key].get<double>() : NAN;
    if (!std::isfinite(value) || value <= 0) return Bad(key, "a number above 0");
    return value;
  }

  Result<std::array<float, 3>> Triple(const char* key, std::array<float, 3> by_default) const {
    if (!Has(key)) return by_default;
    const Json& json = json_[key];
    std::array<float, 3> values{};
    for (std::size_t i = 0; i < 3; ++i) {
      const bool list = json.is_array() && json.size() == 3;
      if (!json.is_number() && !(list && json[i].is_number())) return Bad(key, "three numbers");
      values[i] = list ? json[i].get<float>() : json.get<float>();
    }
    return values;
  }

  // A side of a prepared picture; 0 where it is none.
  static int Side(const Json& json) {
    if (!json.is_number_integer()) return 0;
    const auto side = json.get<std::int64_t>();
    return side >= 1 && side <= kSideMax ? static_cast<int>(side) : 0;
  }
  static int Side(const Json& object, const char* key) {
    return object.is_object() && object.contains(key) ? Side(object[key]) : 0;
  }

  // {"height": 3, "width": 4}, [3, 4] or 3.
  Result<Size> ReadSquare(const char* key, Size by_default) const {
    if (!Has(key)) return by_default;
    const Json& json = json_[key];
    Size size{Side(json, "height"), Side(json, "width")};
    if (json.is_array() && json.size() == 2) size = {Side(json[0]), Side(json[1])};
    if (json.is_number()) size = {Side(json), Side(json)};
    if (size.height == 0 || size.width == 0) {
      return Bad(key, fmt::format("sides between 1 and {}", kSideMax));
    }
    return size;
  }

  Result<Filter> ReadFilter() const {
    const Filter by_default = processor_ == Processor::kVit ? Filter::kBilinear : Filter::kBicubic;
    if (!Has("resample")) return by_default;
    const Json& json = json_["resample"];
    if (!json.is_number_integer() || json < 0 || json > 5) return Bad("resample", "0 to 5");
    return static_cast<Filter>(json.get<int>());
  }

  Status ReadResize(Preprocessing& result) const {
    ResizeRule rule;
    UNMASK_ASSIGN(rule.filter, ReadFilter());
    const Json size =
        Has("size") ? json_["size"] : Json(processor_ == Processor::kConvNext ? 384 : 224);
    // The first generation wrote one number: the shorter side, but for ViT a square.
    rule.shortest_edge = size.is_number() && processor_ != Processor::kVit
                             ? Side(size)
                             : Side(size, "shortest_edge");
    rule.longest_edge = Side(size, "longest_edge");
    if (rule.shortest_edge == 0) {
      UNMASK_ASSIGN(rule.exact, ReadSquare("size", Size{224, 224}));
    }
    if (processor_ == Processor::kConvNext) UNMASK_TRY(ShrinkOrWarp(rule, result));
    result.resize = rule;
    return {};
  }

  // ConvNext's own: below 384 the picture is made larger by 1 / crop_pct and cropped, else warped.
  Status ShrinkOrWarp(ResizeRule& rule, Preprocessing& result) const {
    const int side = rule.exact ? rule.exact->height : rule.shortest_edge;
    if (rule.exact && rule.exact->width != side) return Bad("size", "one side");
    rule = {.filter = rule.filter, .exact = Size{side, side}};
    if (side >= 384) return {};
    UNMASK_ASSIGN(const double share, Number("crop_pct", 224.0 / 256));
    if (share < 0.01 || share > 1) return Bad("crop_pct", "a number above 0.01, at most 1");
    rule.exact.reset();
    rule.shortest_edge = static_cast<int>(side / share);
    result.crop = Size{side, side};
    return {};
  }

  const Json& json_;
  Processor processor_;
  std::string where_;
};

// Without a file: the model's own preparation, at its own size.
Preprocessing DefaultFor(BackboneKind model, Size size) {
  Preprocessing result;
  result.crop = size;
  switch (model) {
    case BackboneKind::kClip:
      result.resize = {.shortest_edge = std::min(size.height, size.width)};
      if (size.height != size.width) result.resize = {.exact = size};
      result.normalize = {kClipMean, kClipStd};
      break;
    case BackboneKind::kVit:
      result.resize = {.filter = Filter::kBilinear, .exact = size};
      result.normalize = {kHalf, kHalf};
      break;
    case BackboneKind::kResnet:
      result.resize = {.filter = Filter::kBilinear, .shortest_edge = size.height * 256 / 224};
      result.corner_to_even = true;
      result.normalize = {kImagenetMean, kImagenetStd};
      break;
  }
  return result;
}

}  // namespace

Result<Preprocessing> ReadPreprocessing(const std::optional<std::string>& json, BackboneKind model,
                                        Size image_size, const std::string& where) {
  if (!json) return DefaultFor(model, image_size);
  const Json parsed = Json::parse(*json, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) return DataError("not a JSON object", where);
  return Reader(parsed, ProcessorOf(parsed, model), where).Read();
}

}  // namespace unmask

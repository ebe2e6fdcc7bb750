// An image processor's JSON: what transformers wrote between versions 4.0 and 5.
#include <fmt/format.h>

#include "common/base/parse_json.h"
#include "worker/images/preparation_fields.h"
#include "worker/images/preprocess.h"

namespace unmask {
namespace {

using Json = nlohmann::json;

constexpr std::array<float, 3> kHalf = {0.5F, 0.5F, 0.5F};
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

class Reader : PreparationFields {
 public:
  Reader(const Json& json, Processor processor, std::string where)
      : PreparationFields(json, std::move(where)), processor_(processor) {}

  Result<Preprocessing> Read() {
    const bool clip = processor_ == Processor::kClip;
    Preprocessing result;
    result.rescale.reset();
    UNMASK_ASSIGN(const bool over_white, Flag("do_convert_rgb", clip));
    if (over_white) result.transparency = Transparency::kOverWhite;
    UNMASK_ASSIGN(const bool resize, Flag("do_resize", true));
    if (resize) UNMASK_TRY(ReadResize(result));
    UNMASK_ASSIGN(const bool crop, Flag("do_center_crop", clip));
    if (crop) {
      UNMASK_ASSIGN(const Size size, ReadSquare("crop_size", Size{224, 224}));
      // ConvNext's own crop comes first: two with roundings of their own, where they differ.
      if (result.crop && size != *result.crop) return Bad("crop_size", "as size");
      result.crop = size;
    }
    for (const char* key : {"do_pad", "use_square_size"}) {
      UNMASK_ASSIGN(const bool asked, Flag(key, false));
      if (asked) return Bad(key, "false: it is not done here");
    }
    UNMASK_ASSIGN(const bool rescale, Flag("do_rescale", true));
    if (rescale) {
      UNMASK_ASSIGN(result.rescale, Number("rescale_factor", 1.0 / 255));
    }
    UNMASK_ASSIGN(const bool normalize, Flag("do_normalize", true));
    if (normalize) {
      Preprocessing::Normal normal;
      UNMASK_ASSIGN(normal.mean, Triple("image_mean", clip ? kClipMean : kHalf));
      UNMASK_ASSIGN(normal.std, Deviations("image_std", clip ? kClipStd : kHalf));
      result.normalize = normal;
    }
    return result;
  }

 private:
  // {"height": 3, "width": 4}, [3, 4] or 3.
  Result<Size> ReadSquare(const char* key, Size by_default) const {
    if (!Has(key)) return by_default;
    const Json& json = (*this)[key];
    Size size{Side(json, "height"), Side(json, "width")};
    if (json.is_array() && json.size() == 2) size = {Side(json[0]), Side(json[1])};
    if (json.is_number()) size = {Side(json), Side(json)};
    if (size.height == 0 || size.width == 0) {
      return Bad(key, fmt::format("sides between 1 and {}", kPreparedSideMax));
    }
    return size;
  }

  Result<Filter> ReadFilter() const {
    const Filter by_default = processor_ == Processor::kVit ? Filter::kBilinear : Filter::kBicubic;
    if (!Has("resample")) return by_default;
    const Json& json = (*this)["resample"];
    if (!json.is_number_integer() || json < 0 || json > 5) return Bad("resample", "0 to 5");
    return static_cast<Filter>(json.get<int>());
  }

  // 0 where a square or both sides are stated. The first generation wrote one number: for ViT a
  // square, else the shorter side, unless told otherwise; ConvNext's processor knows no square.
  Result<int> ReadShorterSide(const Json& size) const {
    if (!size.is_number()) return Side(size, "shortest_edge");
    bool square = processor_ == Processor::kVit;
    if (Has("size") && processor_ != Processor::kConvNext) {
      UNMASK_ASSIGN(square, Flag("default_to_square", square));
    }
    return square ? 0 : Side(size);
  }

  Status ReadResize(Preprocessing& result) const {
    ResizeRule rule;
    UNMASK_ASSIGN(rule.filter, ReadFilter());
    const Json size =
        Has("size") ? (*this)["size"] : Json(processor_ == Processor::kConvNext ? 384 : 224);
    UNMASK_ASSIGN(rule.shortest_edge, ReadShorterSide(size));
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
    UNMASK_ASSIGN(const double share, CropShare(224.0 / 256));
    rule.exact.reset();
    rule.shortest_edge = static_cast<int>(side / share);
    result.crop = Size{side, side};
    return {};
  }

  Processor processor_;
};

}  // namespace

Preprocessing DefaultPreprocessing(BackboneKind model, Size size) {
  Preprocessing result;
  result.crop = size;
  switch (model) {
    case BackboneKind::kClip:
      result.resize = {.shortest_edge = std::min(size.height, size.width)};
      if (size.height != size.width) result.resize = {.exact = size};
      result.normalize = {kClipMean, kClipStd};
      result.transparency = Transparency::kOverWhite;
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

Result<Preprocessing> ReadPreprocessing(const std::string& json, BackboneKind model,
                                        const std::string& where) {
  UNMASK_ASSIGN(const Json parsed, ParseJsonObject(json, where));
  return Reader(parsed, ProcessorOf(parsed, model), where).Read();
}

}  // namespace unmask

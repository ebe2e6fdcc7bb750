// timm's `pretrained_cfg`, with the defaults of its resolve_data_config, as the transform that its
// transforms_imagenet_eval makes of it.
#include <fmt/format.h>

#include <cmath>
#include <map>

#include "common/base/parse_json.h"
#include "common/base/text.h"
#include "worker/images/preparation_fields.h"
#include "worker/images/preprocess.h"

namespace unmask {
namespace {

// timm takes an empty value for an absent one.
std::string Text(const PreparationFields& fields, const char* key, const std::string& by_default) {
  if (!fields.Has(key)) return by_default;
  const nlohmann::json& json = fields[key];
  const std::string text = json.is_string() ? json.get<std::string>() : json.dump();
  return text.empty() ? by_default : text;
}

Result<int> ReadSide(const PreparationFields& fields) {
  const char* key = "input_size";  // channels, height, width
  if (!fields.Has(key)) return 224;
  const nlohmann::json& size = fields[key];
  const bool square = size.is_array() && size.size() == 3 && size[0] == 3 && size[1] == size[2];
  const int side = square ? PreparationFields::Side(size[1]) : 0;
  if (side > 0) return side;
  return fields.Bad(key, fmt::format("[3, side, side] with sides up to {}", kPreparedSideMax));
}

Result<Filter> ReadInterpolation(const PreparationFields& fields) {
  static const std::map<std::string, Filter> names = {
      {"nearest", Filter::kNearest}, {"bilinear", Filter::kBilinear},
      {"bicubic", Filter::kBicubic}, {"box", Filter::kBox},
      {"hamming", Filter::kHamming}, {"lanczos", Filter::kLanczos}};
  const auto found = names.find(Text(fields, "interpolation", "bicubic"));
  if (found != names.end()) return found->second;
  return fields.Bad("interpolation", "nearest, bilinear, bicubic, box, hamming, lanczos");
}

}  // namespace

Result<Preprocessing> ReadTimmPreprocessing(const std::string& json, const std::string& where) {
  const auto parsed = ParseJsonObject(json, where);
  if (!parsed.ok()) {
    return DataError("'pretrained_cfg' is " + Beginning(json), where, "an object");
  }
  const PreparationFields fields(*parsed, where);
  Preprocessing result;
  UNMASK_ASSIGN(const int side, ReadSide(fields));
  UNMASK_ASSIGN(const double share, fields.CropShare(0.875));
  if (Text(fields, "crop_mode", "center") != "center") return fields.Bad("crop_mode", "center");
  ResizeRule rule{.shortest_edge = static_cast<int>(std::floor(side / share))};
  UNMASK_ASSIGN(rule.filter, ReadInterpolation(fields));
  result.resize = rule;
  result.crop = Size{side, side};
  result.corner_to_even = true;  // torchvision's CenterCrop
  Preprocessing::Normal normal;
  UNMASK_ASSIGN(normal.mean, fields.Triple("mean", kImagenetMean));
  UNMASK_ASSIGN(normal.std, fields.Deviations("std", kImagenetStd));
  result.normalize = normal;
  return result;
}

}  // namespace unmask

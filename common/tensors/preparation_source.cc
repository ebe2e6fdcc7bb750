#include "common/tensors/preparation_source.h"

#include <algorithm>
#include <array>

#include "common/base/parse_json.h"

namespace unmask {
namespace {

using Json = nlohmann::json;
using Source = std::optional<PreparationSource>;

Result<std::optional<std::string>> ReadIfThere(const fs::path& path) {
  if (!IsThere(path)) return std::optional<std::string>();
  UNMASK_ASSIGN(std::string text, ReadFile(path, kConfigBytesMax));
  return std::optional(std::move(text));
}

bool Has(const Json& json, const char* key) { return json.contains(key) && !json[key].is_null(); }

Result<Source> Nested(const fs::path& file) {
  UNMASK_ASSIGN(const auto text, ReadIfThere(file));
  if (!text) return Source();
  UNMASK_ASSIGN(const Json json, ParseJsonObject(*text, file.string()));
  // Other versions keep in this file what is of the tokenizer and the processor alone.
  if (!Has(json, "image_processor")) return Source();
  return Source({PreparationSource::Kind::kNested, file, json["image_processor"].dump()});
}

Result<Source> Own(const fs::path& file) {
  UNMASK_ASSIGN(auto text, ReadIfThere(file));
  if (!text) return Source();
  return Source({PreparationSource::Kind::kOwn, file, *std::move(text)});
}

// Timm's; older versions wrote `pretrained_cfg`'s keys beside the others.
std::string PretrainedCfg(const Json& config) {
  if (Has(config, "pretrained_cfg")) return config["pretrained_cfg"].dump();
  if (config.contains("pretrained_cfg")) return "";
  constexpr std::array<const char*, 6> kKeys = {"input_size", "interpolation", "crop_pct",
                                                "crop_mode",  "mean",          "std"};
  const bool any =
      std::any_of(kKeys.begin(), kKeys.end(), [&](const char* key) { return Has(config, key); });
  return any ? config.dump() : "";
}

Result<Source> Timm(const fs::path& file) {
  UNMASK_ASSIGN(const auto text, ReadIfThere(file));
  if (!text) return Source();
  const auto json = ParseJsonObject(*text, file.string());
  // What is wrong with it is told by whoever reads the model's configuration.
  const bool timm = json.ok() && Has(*json, "architecture") && !Has(*json, "model_type");
  std::string prepared = timm ? PretrainedCfg(*json) : "";
  if (prepared.empty()) return Source();
  return Source({PreparationSource::Kind::kTimm, file, std::move(prepared)});
}

}  // namespace

Result<Source> FindPreparation(const fs::path& folder) {
  UNMASK_ASSIGN(Source found, Nested(folder / "processor_config.json"));
  if (!found) {
    UNMASK_ASSIGN(found, Own(folder / "preprocessor_config.json"));
  }
  if (!found) {
    UNMASK_ASSIGN(found, Timm(folder / "config.json"));
  }
  return found;
}

}  // namespace unmask

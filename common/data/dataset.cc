#include "common/data/dataset.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

namespace unmask {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kFloatDigits = 8;

std::string FeaturesText(const std::vector<float>& features) {
  std::string text;
  text.reserve(features.size() * kFloatDigits);
  for (const float value : features) {
    fmt::format_to(std::back_inserter(text), "{:08x}", std::bit_cast<std::uint32_t>(value));
  }
  return text;
}

// nullopt: no such text, or not of finite numbers.
std::optional<std::vector<float>> FeaturesOf(std::string_view text) {
  if (text.size() % kFloatDigits != 0) return std::nullopt;
  std::vector<float> features;
  features.reserve(text.size() / kFloatDigits);
  for (; !text.empty(); text.remove_prefix(kFloatDigits)) {
    const char* const begin = &text.front();
    const char* const end = begin + kFloatDigits;
    std::uint32_t bits = 0;
    if (std::from_chars(begin, end, bits, 16).ptr != end) return std::nullopt;
    features.push_back(std::bit_cast<float>(bits));
    if (!std::isfinite(features.back())) return std::nullopt;
  }
  return features;
}

// Empty columns are left out, so a column that no job consumes cannot change the bytes.
Json ClipJson(const Clip& clip) {
  Json json = {{"sample", clip.sample}, {"subject", clip.subject}};
  if (!clip.true_label.empty()) json["true"] = clip.true_label;
  if (!clip.disguised_label.empty()) json["disguised"] = clip.disguised_label;
  if (!clip.action_units.empty()) json["action_units"] = clip.action_units;
  if (!clip.features.empty()) json["features"] = FeaturesText(clip.features);
  return json;
}

// Throws Json::exception where a field is missing or of another type.
Result<Clip> ClipFromJson(const Json& json) {
  Clip clip;
  json.at("sample").get_to(clip.sample);
  json.at("subject").get_to(clip.subject);
  clip.true_label = json.value("true", "");
  clip.disguised_label = json.value("disguised", "");
  clip.action_units = json.value("action_units", std::vector<std::string>());
  for (const std::string& unit : clip.action_units) {
    if (FacsIndex(unit) >= 0) continue;
    return DataError("unknown action unit '" + unit + "' in a dataset blob", clip.sample);
  }
  auto features = FeaturesOf(json.value("features", ""));
  if (!features) return DataError("features in a dataset blob are no numbers", clip.sample);
  clip.features = *std::move(features);
  return clip;
}

std::vector<std::string> Distinct(const Dataset& dataset, std::string Clip::* column) {
  std::set<std::string> values;
  for (const Clip& clip : dataset.clips) values.insert(clip.*column);
  return {values.begin(), values.end()};
}

}  // namespace

std::string DatasetBlob(const Dataset& dataset) {
  Json clips = Json::array();
  for (const Clip& clip : dataset.clips) clips.push_back(ClipJson(clip));
  return Json{{"clips", std::move(clips)}}.dump();
}

Result<Dataset> ParseDatasetBlob(std::string_view blob) {
  try {
    Dataset dataset;
    const Json json = Json::parse(blob);
    for (const Json& clip : json.at("clips").get_ref<const Json::array_t&>()) {
      UNMASK_ASSIGN(Clip known, ClipFromJson(clip));
      dataset.clips.push_back(std::move(known));
      if (dataset.clips.back().features.size() == dataset.clips.front().features.size()) continue;
      return DataError("clips in a dataset blob differ in the number of their features",
                       dataset.clips.back().sample);
    }
    return dataset;
  } catch (const Json::exception& error) {
    return DataError(std::string("dataset blob cannot be read: ") + error.what(), "",
                     "a blob that unmask wrote");
  }
}

std::vector<std::string> SortedSubjects(const Dataset& dataset) {
  return Distinct(dataset, &Clip::subject);
}

std::vector<std::string> TrueClasses(const Dataset& dataset) {
  return Distinct(dataset, &Clip::true_label);
}

std::vector<std::string> DisguisedClasses(const Dataset& dataset) {
  return Distinct(dataset, &Clip::disguised_label);
}

}  // namespace unmask

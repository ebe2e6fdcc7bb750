#include "common/data/dataset.h"

#include <nlohmann/json.hpp>
#include <set>

namespace unmask {
namespace {

using Json = nlohmann::json;

// Empty columns are left out, so a column that no job consumes cannot change the bytes.
Json ClipJson(const Clip& clip) {
  Json json = {{"sample", clip.sample}, {"subject", clip.subject}};
  if (!clip.true_label.empty()) json["true"] = clip.true_label;
  if (!clip.disguised_label.empty()) json["disguised"] = clip.disguised_label;
  if (!clip.action_units.empty()) json["action_units"] = clip.action_units;
  return json;
}

// Throws Json::exception where a field is missing or of another type.
Clip ClipFromJson(const Json& json) {
  Clip clip;
  json.at("sample").get_to(clip.sample);
  json.at("subject").get_to(clip.subject);
  clip.true_label = json.value("true", "");
  clip.disguised_label = json.value("disguised", "");
  clip.action_units = json.value("action_units", std::vector<std::string>());
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
      dataset.clips.push_back(ClipFromJson(clip));
    }
    for (const Clip& clip : dataset.clips) {
      for (const std::string& unit : clip.action_units) {
        if (FacsIndex(unit) < 0) {
          return DataError("unknown action unit '" + unit + "' in a dataset blob", clip.sample);
        }
      }
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

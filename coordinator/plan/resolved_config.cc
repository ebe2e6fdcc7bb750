#include "coordinator/plan/resolved_config.h"

#include "common/config/names.h"

namespace unmask {
namespace {

using Json = nlohmann::json;

Json GridJson(const Study& study, bool with_paths) {
  Json grid{{"shape", Name(study.grid.shape)}};
  for (const GridAxis& axis : study.grid.axes) {
    const bool path = FindField(axis.key)->path;
    Json values = Json::array();
    for (const Value& value : axis.values) {
      if (with_paths || !path) values.push_back(ToJson(value));
    }
    grid[axis.key] = std::move(values);
  }
  return grid;
}

Json StudyJson(const Study& study, bool with_paths) {
  const auto to_json = with_paths ? SettingsJson : NamingSettingsJson;
  Json json = to_json(study.settings);
  json["name"] = study.name;
  json["seeds"] = study.seeds;
  json["grid"] = GridJson(study, with_paths);
  for (const Experiment& experiment : study.experiments) {
    Json own = to_json(experiment.settings);
    own["grid"] = experiment.grid;
    json["experiments"][experiment.name] = std::move(own);
  }
  return json;
}

}  // namespace

Json ResolvedConfig(const Study& study) {
  Json json = StudyJson(study, true);
  json["tables"] = Json::parse(study.tables_json);
  return json;
}

Json ConfigIdentity(const Study& study, const Fingerprints& fingerprints) {
  Json json = StudyJson(study, false);
  for (const auto& [experiment, sha256s] : fingerprints) {
    json["experiments"][experiment]["dataset"]["sha256"] = sha256s;
  }
  return json;
}

}  // namespace unmask

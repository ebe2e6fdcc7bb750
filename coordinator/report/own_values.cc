#include "coordinator/report/own_values.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "common/config/schema.h"

namespace unmask {
namespace {

using Json = nlohmann::json;

// What the configuration says at a dotted key; null where it is silent.
Json Lookup(const Json& config, std::string_view key) {
  const Json* at = &config;
  while (!key.empty()) {
    const std::size_t dot = std::min(key.find('.'), key.size());
    const auto found = at->find(std::string(key.substr(0, dot)));
    if (found == at->end()) return {};  // as where `at` is no object
    at = &*found;
    key.remove_prefix(std::min(dot + 1, key.size()));
  }
  return *at;
}

// A young setting's default is not said.
Json OwnValue(const Json& own, const std::string& key) {
  Json said = Lookup(own, key);
  const Field* field = said.is_null() ? FindField(key) : nullptr;
  return field != nullptr && field->young ? ToJson(field->get(Settings{})) : said;
}

}  // namespace

bool IsAtOwnValues(const Json& config, const std::string& experiment, const Json& point) {
  const auto experiments = config.find("experiments");
  if (experiments == config.end() || !experiments->contains(experiment)) return false;
  if (!point.is_object()) return false;
  const Json& own = experiments->at(experiment);
  for (const auto& [key, value] : point.items()) {
    if (OwnValue(own, key) != value) return false;
  }
  return true;
}

}  // namespace unmask

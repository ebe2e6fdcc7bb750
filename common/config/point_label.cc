#include "common/config/point_label.h"

#include <map>
#include <nlohmann/json.hpp>

#include "common/base/json_text.h"
#include "common/base/text.h"

namespace unmask {
namespace {

std::string LastPart(const std::string& key) { return key.substr(key.rfind('.') + 1); }

}  // namespace

std::string PointLabel(const std::string& point) {
  const auto json = nlohmann::json::parse(point, nullptr, false);
  if (!json.is_object()) return point;
  std::map<std::string, int> uses;
  for (const auto& [key, value] : json.items()) uses[LastPart(key)] += 1;
  std::string label;
  for (const auto& [key, value] : json.items()) {
    const std::string last = LastPart(key);
    if (!label.empty()) label += ", ";
    label += (uses[last] == 1 ? last : key) + " " + PointValue(value);
  }
  return label;
}

std::string PointValue(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return ShortestReal(value.get<double>());
  return JsonText(value);
}

}  // namespace unmask

#include "coordinator/report/point_argument.h"

#include <nlohmann/json.hpp>

#include "common/base/text.h"
#include "common/config/point_label.h"

namespace unmask {

std::vector<std::string> PointConditions(const std::string& point) {
  std::vector<std::string> conditions;
  const auto json = nlohmann::json::parse(point, nullptr, false);
  if (!json.is_object()) return conditions;
  for (const auto& [key, value] : json.items()) {
    const bool loss = key == "loss.alpha" || key == "loss.beta";
    conditions.push_back((loss ? key.substr(5) : key) + "=" + PointValue(value));
  }
  return conditions;
}

std::string PointArgument(const std::string& experiment, const std::string& point) {
  std::vector<std::string> words = PointConditions(point);
  if (!experiment.empty()) words.insert(words.begin(), experiment);
  return Join(words, " ");
}

}  // namespace unmask

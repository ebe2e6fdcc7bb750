#include "coordinator/report/point_label.h"

#include <nlohmann/json.hpp>

#include "common/base/text.h"

namespace unmask {

std::string PointValue(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number() ? ShortestReal(value.get<double>()) : value.dump();
}

std::string PointLabel(const std::string& experiment, const std::string& point) {
  std::string label = experiment;
  const auto json = nlohmann::json::parse(point, nullptr, false);
  if (!json.is_object()) return label;
  for (const auto& [key, value] : json.items()) {
    const bool loss = key == "loss.alpha" || key == "loss.beta";
    label += (label.empty() ? "" : " ") + (loss ? key.substr(5) : key) + "=" + PointValue(value);
  }
  return label;
}

}  // namespace unmask

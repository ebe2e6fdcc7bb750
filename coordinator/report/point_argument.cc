#include "coordinator/report/point_argument.h"

#include <nlohmann/json.hpp>

#include "common/config/point_label.h"

namespace unmask {

std::string PointArgument(const std::string& experiment, const std::string& point) {
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

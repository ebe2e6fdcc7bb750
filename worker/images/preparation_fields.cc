#include "worker/images/preparation_fields.h"

#include <fmt/format.h>

#include <cmath>

#include "common/base/parse_json.h"

namespace unmask {

Error PreparationFields::Bad(const std::string& key, std::string expected) const {
  const std::string value = json_.contains(key) ? ShownJson(json_[key]) : "absent";
  return DataError(fmt::format("'{}' is {}", key, value), where_, std::move(expected));
}

Result<bool> PreparationFields::Flag(const char* key, bool by_default) const {
  if (!json_.contains(key)) return by_default;
  const nlohmann::json& json = json_[key];
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_null() || json == 0) return false;
  if (json == 1) return true;
  return Bad(key, "true or false");
}

Result<double> PreparationFields::Number(const char* key, double by_default) const {
  if (!Has(key)) return by_default;
  const double value = json_[key].is_number() ? json_[key].get<double>() : NAN;
  if (!std::isfinite(value) || value <= 0) return Bad(key, "a number above 0");
  return value;
}

Result<double> PreparationFields::CropShare(double by_default) const {
  const char* key = "crop_pct";
  UNMASK_ASSIGN(const double share, Number(key, by_default));
  if (share < 0.01 || share > 1) return Bad(key, "a number above 0.01, at most 1");
  return share;
}

Result<std::array<float, 3>> PreparationFields::Triple(const char* key,
                                                       std::array<float, 3> by_default) const {
  if (!Has(key)) return by_default;
  const nlohmann::json& json = json_[key];
  std::array<float, 3> values{};
  for (std::size_t i = 0; i < 3; ++i) {
    const bool list = json.is_array() && json.size() == 3;
    if (!json.is_number() && !(list && json[i].is_number())) return Bad(key, "three numbers");
    values[i] = list ? json[i].get<float>() : json.get<float>();
    if (!std::isfinite(values[i])) return Bad(key, "three numbers that a float32 can hold");
  }
  return values;
}

Result<std::array<float, 3>> PreparationFields::Deviations(const char* key,
                                                           std::array<float, 3> by_default) const {
  UNMASK_ASSIGN(const auto values, Triple(key, by_default));
  for (const float value : values) {
    if (value <= 0) return Bad(key, "three numbers above 0");
  }
  return values;
}

int PreparationFields::Side(const nlohmann::json& json) {
  if (!json.is_number_integer()) return 0;
  const auto side = json.get<std::int64_t>();
  return side >= 1 && side <= kPreparedSideMax ? static_cast<int>(side) : 0;
}

int PreparationFields::Side(const nlohmann::json& object, const char* key) {
  return object.is_object() && object.contains(key) ? Side(object[key]) : 0;
}

}  // namespace unmask

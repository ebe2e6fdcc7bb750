// Typed reads of one JSON object that says how pictures are prepared; the first that is wrong ends
// the reading.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "common/base/result.h"

namespace unmask {

inline constexpr int kPreparedSideMax = 4096;

inline constexpr std::array<float, 3> kImagenetMean = {0.485F, 0.456F, 0.406F};
inline constexpr std::array<float, 3> kImagenetStd = {0.229F, 0.224F, 0.225F};

class PreparationFields {
 public:
  // `json`, an object, must outlive this; `where` names its file in errors.
  PreparationFields(const nlohmann::json& json, std::string where)
      : json_(json), where_(std::move(where)) {}

  bool Has(const char* key) const { return json_.contains(key) && !json_[key].is_null(); }
  const nlohmann::json& operator[](const char* key) const { return json_[key]; }
  Error Bad(const std::string& key, std::string expected) const;

  // Truth as in Python: null is false, which is not the same as an absent key, and 0 and 1 count.
  Result<bool> Flag(const char* key, bool by_default) const;
  // The rest have `by_default` for null too.
  Result<double> Number(const char* key, double by_default) const;  // above 0
  Result<double> CropShare(double by_default) const;                // `crop_pct`
  Result<std::array<float, 3>> Triple(const char* key, std::array<float, 3> by_default) const;
  Result<std::array<float, 3>> Deviations(const char* key, std::array<float, 3> by_default) const;

  // A side of a prepared picture; 0 where it is none.
  static int Side(const nlohmann::json& json);
  static int Side(const nlohmann::json& object, const char* key);

 private:
  const nlohmann::json& json_;
  std::string where_;
};

}  // namespace unmask

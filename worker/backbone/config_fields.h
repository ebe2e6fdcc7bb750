// Typed reads of one JSON object of a model's configuration; what is wrong is collected.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "worker/backbone/backbone_config.h"

namespace unmask {

inline constexpr std::int64_t kExtentMax = 1 << 16;
inline constexpr std::int64_t kLayersMax = 1000;

class Fields {
 public:
  // `json`, an object, must outlive this; `where` names its file in errors.
  Fields(const nlohmann::json& json, std::string where) : json_(json), where_(std::move(where)) {}

  bool Has(const char* key) const { return json_.contains(key) && !json_[key].is_null(); }

  // Each has `by_default` where the key is absent or what it holds is wrong.
  int Count(const char* key, int by_default, std::int64_t most = kExtentMax);
  Size Extent(const char* key, int by_default);
  std::vector<int> Counts(const char* key, std::vector<int> by_default,
                          std::int64_t most = kExtentMax);
  bool Flag(const char* key, bool by_default);
  double Epsilon(const char* key, double by_default);
  Activation Act(const char* key, Activation by_default);
  LayersConfig Layers(const LayersConfig& by_default);
  std::string Text(const char* key) const;  // empty where there is none

  void Complain(const char* key, std::string expected);
  // Where nothing is wrong so far: what follows from a wrong value is not another fault.
  void CheckHeads(const LayersConfig& layers);
  Status status() const;

 private:
  static std::optional<int> Natural(const nlohmann::json& json, std::int64_t most);

  const nlohmann::json& json_;
  std::string where_;
  std::vector<Problem> problems_;
};

// The object under `key`, which versions before 4.30 repeat as KEY_dict; empty where there is none.
Result<nlohmann::json> NestedConfig(const nlohmann::json& json, const std::string& key,
                                    const std::string& where);

}  // namespace unmask

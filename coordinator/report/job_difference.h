// Which fields make two job specs different jobs.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "sql/store_reader.h"

namespace unmask {

struct FieldDifference {
  std::string field;  // "settings.loss.alpha"
  std::string here;   // as JSON; "0.5 (default)" where the spec leaves it out
  std::string there;
  bool operator==(const FieldDifference&) const = default;
};

// Sorted by field.
std::vector<FieldDifference> CompareSpecs(const nlohmann::json& here, const nlohmann::json& there);

struct NearestJob {
  std::string job_key;
  std::vector<FieldDifference> differences;
};

// The finished job that is most like this spec: with the same held-out subject and seed if there is
// one, else with the fewest differences. nullopt: nothing is finished.
Result<std::optional<NearestJob>> FindNearestDone(StoreReader& reader,
                                                  const std::string& spec_json);

}  // namespace unmask

#include "coordinator/report/job_difference.h"

#include <fmt/format.h>

#include <map>
#include <string_view>

#include "common/config/schema.h"

namespace unmask {
namespace {

using Leaves = std::map<std::string, std::string>;

void CollectLeaves(const nlohmann::json& value, const std::string& path, Leaves& leaves) {
  if (!value.is_object()) {
    leaves[path] = value.dump();
    return;
  }
  for (const auto& [key, child] : value.items()) {
    CollectLeaves(child, path.empty() ? key : fmt::format("{}.{}", path, key), leaves);
  }
}

Leaves LeavesOf(const nlohmann::json& value) {
  Leaves leaves;
  CollectLeaves(value, "", leaves);
  return leaves;
}

// What a setting is where the spec leaves it out; other fields have no such value.
std::string DefaultOf(std::string_view field) {
  constexpr std::string_view kSettings = "settings.";
  if (field.starts_with(kSettings)) field.remove_prefix(kSettings.size());
  const Field* setting = FindField(field);
  if (setting == nullptr) return "default";
  return ToJson(setting->get(Settings{})).dump() + " (default)";
}

std::string ValueOf(const Leaves& leaves, const std::string& field) {
  const auto found = leaves.find(field);
  return found == leaves.end() ? DefaultOf(field) : found->second;
}

std::vector<FieldDifference> CompareLeaves(const Leaves& here, const Leaves& there) {
  std::map<std::string, bool> fields;
  for (const auto& [field, value] : here) fields[field];
  for (const auto& [field, value] : there) fields[field];
  std::vector<FieldDifference> differences;
  for (const auto& [field, unused] : fields) {
    FieldDifference difference{field, ValueOf(here, field), ValueOf(there, field)};
    if (difference.here != difference.there) differences.push_back(std::move(difference));
  }
  return differences;
}

// Another fold or seed is never the job that was meant, however alike it is.
std::size_t Distance(const std::vector<FieldDifference>& differences) {
  std::size_t distance = differences.size();
  for (const FieldDifference& difference : differences) {
    if (difference.field == "held_out" || difference.field == "seed") distance += 1000;
  }
  return distance;
}

}  // namespace

std::vector<FieldDifference> CompareSpecs(const nlohmann::json& here, const nlohmann::json& there) {
  return CompareLeaves(LeavesOf(here), LeavesOf(there));
}

Result<std::optional<NearestJob>> FindNearestDone(StoreReader& reader,
                                                  const std::string& spec_json) {
  const Leaves here = LeavesOf(nlohmann::json::parse(spec_json, nullptr, false));
  std::optional<NearestJob> nearest;
  UNMASK_TRY(reader.ForEachDoneSpec([&](const DoneSpecRow& job) {
    const Leaves there = LeavesOf(nlohmann::json::parse(job.spec, nullptr, false));
    auto differences = CompareLeaves(here, there);
    if (!nearest || Distance(differences) < Distance(nearest->differences)) {
      nearest = NearestJob{job.job_key, std::move(differences)};
    }
  }));
  return nearest;
}

}  // namespace unmask

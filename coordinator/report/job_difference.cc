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

// The key of "settings.loss.alpha" (of a job) and of "experiments.NAME.loss.alpha" (of a sweep).
std::string_view SettingOf(std::string_view field) {
  constexpr std::string_view kSettings = "settings.";
  if (field.starts_with(kSettings)) return field.substr(kSettings.size());
  if (!field.starts_with("experiments.")) return field;
  return field.substr(field.rfind('.', field.rfind('.') - 1) + 1);
}

// What a setting is where it is left out; other fields have no such value.
std::string DefaultOf(std::string_view field) {
  const Field* setting = FindField(SettingOf(field));
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

// More than a spec has fields.
constexpr std::size_t kOtherFold = 1000;

// Another fold or seed is never the job that was meant, however alike it is.
std::size_t Distance(const std::vector<FieldDifference>& differences) {
  std::size_t distance = differences.size();
  for (const FieldDifference& difference : differences) {
    if (difference.field == "held_out" || difference.field == "seed") distance += kOtherFold;
  }
  return distance;
}

// Whether the spec says both.
bool NamesItsFold(const nlohmann::json& spec) {
  return spec.is_object() && spec.contains("held_out") && spec.contains("seed") &&
         spec["held_out"].is_string() && spec["seed"].is_number_integer();
}

}  // namespace

std::vector<FieldDifference> CompareSpecs(const nlohmann::json& here, const nlohmann::json& there) {
  return CompareLeaves(LeavesOf(here), LeavesOf(there));
}

Result<std::optional<NearestJob>> FindNearestDone(StoreReader& reader,
                                                  const std::string& spec_json) {
  const nlohmann::json spec = nlohmann::json::parse(spec_json, nullptr, false);
  const Leaves here = LeavesOf(spec);
  std::optional<NearestJob> nearest;
  const auto compare = [&](const DoneSpecRow& job) {
    const Leaves there = LeavesOf(nlohmann::json::parse(job.spec, nullptr, false));
    auto differences = CompareLeaves(here, there);
    if (!nearest || Distance(differences) < Distance(nearest->differences)) {
      nearest = NearestJob{job.job_key, std::move(differences)};
    }
  };
  // Where there are finished jobs of the same fold and seed, the nearest is one of them.
  if (NamesItsFold(spec)) {
    UNMASK_TRY(reader.ForEachDoneSpecOf(spec["held_out"].get<std::string>(),
                                        spec["seed"].get<std::int64_t>(), compare));
  }
  if (nearest && Distance(nearest->differences) < kOtherFold) return nearest;
  nearest.reset();
  UNMASK_TRY(reader.ForEachDoneSpec(compare));
  return nearest;
}

}  // namespace unmask

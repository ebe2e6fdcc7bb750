// Which clips a study sees, and which of their columns.
#include <fmt/format.h>

#include <algorithm>

#include "common/data/manifest.h"

namespace unmask {
namespace {

// The clip's columns that the study consumes.
Clip Consumed(const ManifestClip& row, const ClipQuery& query) {
  Clip clip{row.sample, row.subject, "", "", {}};
  if (query.true_label) clip.true_label = row.true_label;
  if (query.disguised_label) clip.disguised_label = row.disguised_label;
  if (query.action_units) {
    clip.action_units = row.action_units;
    std::sort(clip.action_units.begin(), clip.action_units.end(),
              [](const auto& a, const auto& b) { return FacsIndex(a) < FacsIndex(b); });
  }
  if (query.features != nullptr) {
    const auto features = query.features->rows.find(row.sample);
    if (features != query.features->rows.end()) clip.features = features->second;
  }
  return clip;
}

void CheckFeatures(const Dataset& dataset, const FeatureTable& table,
                   std::vector<Problem>& problems) {
  const auto without = [](const Clip& clip) { return clip.features.empty(); };
  if (!dataset.clips.empty() && std::ranges::all_of(dataset.clips, without)) {
    problems.push_back(
        {"no clip has features", table.name,
         fmt::format("the manifest's samples, such as '{}'", dataset.clips.front().sample)});
    return;
  }
  for (const Clip& clip : dataset.clips) {
    if (!without(clip)) continue;
    problems.push_back({fmt::format("clip '{}' has no features", clip.sample), table.name,
                        "a row with that sample"});
  }
}

// Without both labels nobody can say whether a clip is masked.
void CheckLabels(const Manifest& manifest, const ManifestClip& row, const ClipQuery& query,
                 std::vector<Problem>& problems) {
  const auto check = [&](const std::string& label, bool consumed, const char* column) {
    if (!label.empty() || !(consumed || query.masked_only)) return;
    problems.push_back({fmt::format("clip '{}' has no {} label", row.sample, column),
                        fmt::format("{}:{}", manifest.name, row.line),
                        consumed ? "a label, which this study learns"
                                 : "a label, which dataset.clips=masked compares, or "
                                   "dataset.clips=all"});
  };
  check(row.true_label, query.true_label, "true");
  check(row.disguised_label, query.disguised_label, "disguised");
}

}  // namespace

Result<Dataset> SelectClips(const Manifest& manifest, const ClipQuery& query) {
  Dataset dataset;
  std::vector<Problem> problems;
  for (const ManifestClip& row : manifest.clips) {
    CheckLabels(manifest, row, query, problems);
    if (!query.masked_only || IsMasked(row)) dataset.clips.push_back(Consumed(row, query));
  }
  if (query.features != nullptr) CheckFeatures(dataset, *query.features, problems);
  if (!problems.empty()) return Error(ErrorCode::kData, problems);
  if (dataset.clips.empty()) {
    return DataError("no masked clips", manifest.name,
                     "clips whose true label differs from the disguised one, or dataset.clips=all");
  }
  const bool without = std::ranges::all_of(
      dataset.clips, [](const Clip& clip) { return clip.action_units.empty(); });
  if (query.action_units && without) {
    return DataError("no clip has action units", manifest.name,
                     "the column action_units, or another features.source");
  }
  const auto subjects = static_cast<int>(SortedSubjects(dataset).size());
  if (subjects < query.min_subjects) {
    return DataError(fmt::format("{} subject(s) in the selected clips", subjects), manifest.name,
                     fmt::format("at least {}: one is held out{}", query.min_subjects,
                                 query.min_subjects > 2 ? ", one validates, the rest train" : ""));
  }
  std::sort(dataset.clips.begin(), dataset.clips.end(),
            [](const Clip& a, const Clip& b) { return a.sample < b.sample; });
  return dataset;
}

}  // namespace unmask

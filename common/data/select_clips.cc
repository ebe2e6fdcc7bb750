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

// One of a clip's labels, as a study wants it.
struct LabelColumn {
  const char* name;
  std::string ManifestClip::* text;
  bool learnt;
  const char* other_task;  // which is learnt without this label

  bool InNoClip(const Manifest& manifest) const {
    return std::ranges::all_of(manifest.clips,
                               [&](const auto& row) { return (row.*text).empty(); });
  }
};

// As of data with one emotion a clip: what study fits them is told once, not clip by clip.
Problem NoClipHas(const LabelColumn& column, const LabelColumn& other, const Manifest& manifest,
                  const ClipQuery& query) {
  std::string expected = "labels";
  if (!other.InNoClip(manifest)) {
    expected += ", or";
    if (query.masked_only) expected += " dataset.clips=all";
    if (column.learnt && other.learnt) expected += " model.kind=single-task";
    if (column.learnt) expected += fmt::format(" model.task={}", column.other_task);
  }
  return {fmt::format("no clip has a {} label", column.name), manifest.name, expected};
}

// Without both labels nobody can say whether a clip is masked.
void CheckLabel(const LabelColumn& column, const Manifest& manifest, const ManifestClip& row,
                std::vector<Problem>& problems) {
  if (!(row.*column.text).empty()) return;
  problems.push_back({fmt::format("clip '{}' has no {} label", row.sample, column.name),
                      fmt::format("{}:{}", manifest.name, row.line),
                      column.learnt ? "a label, which this study learns"
                                    : "a label, which dataset.clips=masked compares, or "
                                      "dataset.clips=all"});
}

void CheckLabels(const Manifest& manifest, const ClipQuery& query, std::vector<Problem>& problems) {
  const LabelColumn felt{"true", &ManifestClip::true_label, query.true_label, "der"};
  const LabelColumn shown{"disguised", &ManifestClip::disguised_label, query.disguised_label,
                          "ter"};
  std::vector<const LabelColumn*> by_clip;
  for (const LabelColumn* column : {&felt, &shown}) {
    if (!column->learnt && !query.masked_only) continue;
    if (column->InNoClip(manifest)) {
      problems.push_back(NoClipHas(*column, column == &felt ? shown : felt, manifest, query));
    } else {
      by_clip.push_back(column);
    }
  }
  for (const ManifestClip& row : manifest.clips) {
    for (const LabelColumn* column : by_clip) CheckLabel(*column, manifest, row, problems);
  }
}

}  // namespace

Result<Dataset> SelectClips(const Manifest& manifest, const ClipQuery& query) {
  Dataset dataset;
  std::vector<Problem> problems;
  CheckLabels(manifest, query, problems);
  for (const ManifestClip& row : manifest.clips) {
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

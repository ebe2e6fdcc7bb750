#include "coordinator/plan/data_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/sha256.h"
#include "common/data/synth.h"
#include "common/jobs/job.h"

namespace unmask {
namespace {

ClipQuery QueryOf(const Settings& settings) {
  const std::vector<Task> tasks = TasksOf(settings);
  const auto learns = [&](Task task) {
    return std::find(tasks.begin(), tasks.end(), task) != tasks.end();
  };
  ClipQuery query;
  query.masked_only = settings.dataset.clips == ClipSelection::kMasked;
  query.true_label = learns(Task::kTer);
  query.disguised_label = learns(Task::kDer);
  query.action_units = settings.features.source == FeatureSource::kActionUnits;
  query.min_subjects = settings.train.validation == Validation::kInnerSubject ? 3 : 2;
  return query;
}

std::string KeyOf(const Settings::Dataset& dataset) {
  return dataset.manifest.empty() ? fmt::format("synth {}", dataset.synth)
                                  : dataset.manifest + '\n' + dataset.root;
}

std::string KeyOf(const ClipQuery& query) {
  return fmt::format("\n{}{}{}{}{}", query.masked_only, query.true_label, query.disguised_label,
                     query.action_units, query.min_subjects);
}

}  // namespace

Result<const Manifest*> DataSource::Load(const Settings::Dataset& dataset) {
  const std::string key = KeyOf(dataset);
  const auto known = manifests_.find(key);
  if (known != manifests_.end()) return &known->second;
  if (dataset.manifest.empty() && dataset.synth == 0) {
    return UsageError("no data set is named", "dataset.manifest", "dataset.manifest=FILE");
  }
  Manifest manifest;
  if (dataset.manifest.empty()) {
    manifest.name = fmt::format("dataset.synth={}", dataset.synth);
    manifest.clips = SynthesizeClips({.subjects = static_cast<int>(dataset.synth), .seed = 0});
  } else {
    UNMASK_ASSIGN(manifest, LoadManifest(dataset.manifest, dataset.root));
  }
  return &manifests_.emplace(key, std::move(manifest)).first->second;
}

Result<const SelectedData*> DataSource::Select(const Settings& settings) {
  const ClipQuery query = QueryOf(settings);
  const std::string key = KeyOf(settings.dataset) + KeyOf(query);
  const auto known = selections_.find(key);
  if (known != selections_.end()) return &known->second;
  UNMASK_ASSIGN(const Manifest* manifest, Load(settings.dataset));
  UNMASK_ASSIGN(const Dataset dataset, SelectClips(*manifest, query));
  SelectedData data;
  data.blob = DatasetBlob(dataset);
  data.sha256 = Sha256Hex(data.blob);
  data.subjects = SortedSubjects(dataset);
  return &selections_.emplace(key, std::move(data)).first->second;
}

}  // namespace unmask

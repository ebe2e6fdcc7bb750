#include "coordinator/plan/data_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/sha256.h"
#include "common/config/names.h"
#include "common/data/pictures.h"
#include "common/data/synth.h"
#include "common/jobs/job.h"
#include "common/synth_faces/synth_faces.h"

namespace unmask {
namespace {

ClipQuery QueryOf(const Settings& settings, const FeatureTable* features) {
  const std::vector<Task> tasks = TasksOf(settings);
  const auto learns = [&](Task task) {
    return std::find(tasks.begin(), tasks.end(), task) != tasks.end();
  };
  ClipQuery query;
  query.masked_only = settings.dataset.clips == ClipSelection::kMasked;
  query.true_label = learns(Task::kTer);
  query.disguised_label = learns(Task::kDer);
  query.action_units = settings.features.source == FeatureSource::kActionUnits;
  query.features = features;
  query.min_subjects = settings.train.validation == Validation::kInnerSubject ? 3 : 2;
  return query;
}

std::string KeyOf(const Settings::Dataset& dataset) {
  return dataset.manifest.empty() ? fmt::format("synth {}", dataset.synth)
                                  : dataset.manifest + '\n' + dataset.root;
}

std::string KeyOf(const ClipQuery& query) {
  return fmt::format("\n{}{}{}{}{}{}", query.masked_only, query.true_label, query.disguised_label,
                     query.action_units, query.min_subjects,
                     query.features != nullptr ? "\n" + query.features->name : "");
}

PicturesData MakePictures(const Dataset& dataset, const std::vector<std::string>& fingerprints,
                          const std::vector<FrameRef>& frames) {
  std::vector<Picture> list;
  list.reserve(dataset.clips.size());
  for (std::size_t i = 0; i < dataset.clips.size(); ++i) {
    list.push_back({dataset.clips[i].sample, fingerprints[i]});
  }
  PicturesData pictures;
  pictures.blob = PicturesBlob(list);
  pictures.sha256 = Sha256Hex(pictures.blob);
  pictures.frames = frames;
  return pictures;
}

// Synthetic clips have no files: their pictures become blobs of the store.
PicturesData Draw(const Settings::Dataset& settings, const Manifest& manifest,
                  const Dataset& dataset) {
  std::map<std::string, const ManifestClip*> rows;
  for (const ManifestClip& row : manifest.clips) rows.emplace(row.sample, &row);
  std::map<std::string, std::string> drawn;
  std::vector<std::string> fingerprints;
  std::vector<FrameRef> frames;
  for (const Clip& clip : dataset.clips) {
    const ManifestClip& row = *rows.at(clip.sample);
    const bool apex = settings.frame == FrameChoice::kApex;
    std::string png = SynthPicture({.subjects = static_cast<int>(settings.synth), .seed = 0}, row,
                                   apex ? *row.apex : *row.onset);
    fingerprints.push_back(Sha256Hex(png));
    frames.push_back({fs::path("blobs") / fingerprints.back(), -1});
    drawn.emplace(fingerprints.back(), std::move(png));
  }
  PicturesData pictures = MakePictures(dataset, fingerprints, frames);
  pictures.drawn = std::move(drawn);
  return pictures;
}

Result<PicturesData> Find(const Settings::Dataset& settings, const Manifest& manifest,
                          const Dataset& dataset) {
  const FramePoint point =
      settings.frame == FrameChoice::kApex ? FramePoint::kApex : FramePoint::kOnset;
  UNMASK_ASSIGN(
      const std::vector<FrameRef> frames,
      FindFrames(manifest, dataset, DatasetRoot(settings.manifest, settings.root), point));
  for (const FrameRef& frame : frames) UNMASK_TRY(CheckPath(frame.path));
  UNMASK_ASSIGN(const std::vector<std::string> fingerprints, FrameFingerprints(frames));
  return MakePictures(dataset, fingerprints, frames);
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

Result<const FeatureTable*> DataSource::Features(const Settings& settings) {
  if (settings.features.source != FeatureSource::kTable) return nullptr;
  const std::string& file = settings.features.table;
  const auto known = tables_.find(file);
  if (known != tables_.end()) return &known->second;
  UNMASK_ASSIGN(FeatureTable table, LoadFeatureTable(file));
  return &tables_.emplace(file, std::move(table)).first->second;
}

Result<const SelectedData*> DataSource::Select(const Settings& settings) {
  UNMASK_ASSIGN(const FeatureTable* features, Features(settings));
  const ClipQuery query = QueryOf(settings, features);
  const std::string key = KeyOf(settings.dataset) + KeyOf(query);
  const auto known = selections_.find(key);
  if (known != selections_.end()) return &known->second;
  UNMASK_ASSIGN(const Manifest* manifest, Load(settings.dataset));
  SelectedData data;
  UNMASK_ASSIGN(data.dataset, SelectClips(*manifest, query));
  data.blob = DatasetBlob(data.dataset);
  data.sha256 = Sha256Hex(data.blob);
  data.subjects = SortedSubjects(data.dataset);
  return &selections_.emplace(key, std::move(data)).first->second;
}

Result<const PicturesData*> DataSource::Pictures(const Settings& settings) {
  const std::string key =
      fmt::format("{}{}\n{}", KeyOf(settings.dataset), KeyOf(QueryOf(settings, nullptr)),
                  Name(settings.dataset.frame));
  const auto known = pictures_.find(key);
  if (known != pictures_.end()) return &known->second;
  UNMASK_ASSIGN(const SelectedData* data, Select(settings));
  UNMASK_ASSIGN(const Manifest* manifest, Load(settings.dataset));
  PicturesData pictures;
  if (settings.dataset.manifest.empty()) {
    pictures = Draw(settings.dataset, *manifest, data->dataset);
  } else {
    UNMASK_ASSIGN(pictures, Find(settings.dataset, *manifest, data->dataset));
  }
  return &pictures_.emplace(key, std::move(pictures)).first->second;
}

}  // namespace unmask

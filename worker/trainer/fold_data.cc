#include "worker/trainer/fold_data.h"

#include <fmt/format.h>

#include "common/jobs/feature_jobs.h"
#include "worker/model/class_weights.h"
#include "worker/model/split.h"

namespace unmask {
namespace {

std::vector<float> ActionUnitFeatures(const Dataset& dataset) {
  const std::size_t width = FacsVocabulary().size();
  std::vector<float> features(dataset.clips.size() * width, 0.0F);
  for (std::size_t i = 0; i < dataset.clips.size(); ++i) {
    for (const std::string& code : dataset.clips[i].action_units) {
      const int column = FacsIndex(code);
      UNMASK_CHECK(column >= 0);  // ParseDatasetBlob refuses others
      features[i * width + static_cast<std::size_t>(column)] = 1.0F;
    }
  }
  return features;
}

std::vector<float> TableFeatures(const Dataset& dataset) {
  std::vector<float> features;
  features.reserve(dataset.clips.size() * dataset.clips.front().features.size());
  for (const Clip& clip : dataset.clips) {
    features.insert(features.end(), clip.features.begin(), clip.features.end());
  }
  return features;
}

Status CheckSupported(const JobSpec& spec) {
  const Settings& settings = spec.settings;
  if (spec.kind != JobKind::kTrain) return DataError("not a training job");
  if (settings.train.engine == EngineKind::kAuto) {
    return DataError("the job's engine is not resolved", "train.engine",
                     "core, lanes or reference");
  }
  return {};
}

Status CheckBatches(const JobSpec& spec) {
  const std::int64_t least = LeastBatch(spec.settings);
  if (spec.settings.train.batch >= least) return {};
  return DataError(fmt::format("batches of {} clips", spec.settings.train.batch), "train.batch",
                   fmt::format("at least {} for this loss", least));
}

}  // namespace

Result<FoldData> PrepareFold(const JobSpec& spec, const Dataset& dataset) {
  UNMASK_TRY(CheckSupported(spec));
  FoldData fold;
  for (const Task task : TasksOf(spec.settings)) {
    UNMASK_ASSIGN(TaskLabels labels, LabelsOf(task, dataset));
    fold.tasks.push_back(std::move(labels));
  }
  UNMASK_ASSIGN(fold.split, SplitClips(spec, dataset, fold.tasks.front().labels));
  UNMASK_TRY(CheckBatches(spec));
  if (spec.settings.loss.class_weights == ClassWeights::kBalanced) {
    for (TaskLabels& task : fold.tasks) {
      task.class_weights = BalancedWeights(task, fold.split.train);
    }
  }
  for (const Clip& clip : dataset.clips) fold.samples.push_back(clip.sample);
  if (SeesPictures(spec.settings)) return fold;
  const bool units = spec.settings.features.source == FeatureSource::kActionUnits;
  const std::size_t width = units ? FacsVocabulary().size() : dataset.clips.front().features.size();
  if (width == 0) return DataError("a data set without features", spec.dataset);
  fold.width = static_cast<std::int64_t>(width);
  fold.inputs =
      std::make_shared<TableInputs>(units ? ActionUnitFeatures(dataset) : TableFeatures(dataset));
  return fold;
}

}  // namespace unmask

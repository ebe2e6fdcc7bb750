#include "common/jobs/feature_jobs.h"

#include <algorithm>

#include "common/config/names.h"

namespace unmask {

bool ReadsBank(const Settings& settings) {
  return SeesPictures(settings) && settings.features.bank && !settings.features.finetune;
}

JobSpec CropsJob(const JobSpec& training) {
  JobSpec spec;
  spec.kind = JobKind::kFeatures;
  spec.dataset = training.pictures;
  spec.detector = training.detector;
  spec.view = kCropsView;
  spec.settings.features.source = FeatureSource::kActionUnits;
  spec.settings.faces = training.settings.faces;
  return spec;
}

JobSpec ViewJob(const JobSpec& training, std::int64_t view) {
  JobSpec spec = CropsJob(training);
  spec.weights = training.weights;
  spec.view = view;
  spec.settings.features = training.settings.features;
  spec.settings.features.finetune = false;
  if (view >= 0) spec.settings.augment.seed = training.settings.augment.seed;
  return spec;
}

JobLabels LabelsOf(const JobSpec& spec) {
  const Settings& settings = spec.settings;
  const std::string_view source = Name(settings.features.source);
  if (spec.kind == JobKind::kTrain) {
    return {Name(spec.kind), Name(settings.model.kind), source, Name(settings.train.engine)};
  }
  return {Name(spec.kind), "", spec.view == kCropsView ? "crops" : source, ""};
}

std::int64_t ViewsOf(const Settings& settings) {
  return std::min(settings.augment.views, settings.train.max_epochs);
}

}  // namespace unmask

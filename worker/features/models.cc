#include "worker/features/models.h"

#include <fmt/format.h>

#include "common/config/names.h"
#include "common/data/pictures.h"

namespace unmask {

Result<ModelFolder> OpenJobModel(const fs::path& store, const JobSpec& spec) {
  const Settings::Features& features = spec.settings.features;
  const bool projected =
      features.source == FeatureSource::kClip && features.clip == ClipFeature::kProjected;
  UNMASK_ASSIGN(const fs::path folder, ReadPath(store, spec.weights));
  UNMASK_ASSIGN(ModelFolder model, OpenModelFolder(folder, projected ? FeatureKind::kProjected
                                                                     : FeatureKind::kPooled));
  if (features.normalize == Normalization::kImagenet) {
    // Of ImageNet's pictures, as torchvision's models have them.
    model.preprocessing.normalize = {{0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}};
  }
  model.parts.precision = features.precision;
  if (!OutputSize(model.preprocessing)) {
    return DataError("the model's pictures have different sizes", folder.string(),
                     "a preprocessor_config.json that crops or resizes to one size");
  }
  return model;
}

Result<const LoadedModel*> Models::Get(const JobSpec& spec) {
  const Settings::Features& features = spec.settings.features;
  const std::string key = fmt::format("{} {} {} {}", spec.weights, Name(features.clip),
                                      Name(features.normalize), Name(features.precision));
  const std::lock_guard lock(mutex_);
  const auto known = loaded_.find(key);
  if (known != loaded_.end()) return &known->second;
  UNMASK_ASSIGN(ModelFolder folder, OpenJobModel(store_, spec));
  LoadedModel model{folder.preprocessing, nullptr};
  UNMASK_ASSIGN(model.backbone, make_(std::move(folder.parts)));
  return &loaded_.emplace(key, std::move(model)).first->second;
}

}  // namespace unmask

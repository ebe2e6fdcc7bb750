#include "worker/backbone/model_for.h"

#include <fmt/format.h>

#include "common/config/names.h"
#include "worker/images/preparation_fields.h"

namespace unmask {
namespace {

FeatureSource SourceOf(BackboneKind kind) {
  switch (kind) {
    case BackboneKind::kClip:
      return FeatureSource::kClip;
    case BackboneKind::kVit:
      return FeatureSource::kVit;
    case BackboneKind::kResnet:
      break;
  }
  return FeatureSource::kResnet18;
}

}  // namespace

Result<ModelFolder> OpenModelFor(const Settings::Features& features, const fs::path& folder) {
  const bool clip = features.source == FeatureSource::kClip;
  UNMASK_ASSIGN(ModelFolder model,
                OpenModelFolder(folder, clip ? features.clip : ClipFeature::kPooled));
  const FeatureSource held = SourceOf(model.parts.config.kind());
  if (held != features.source) {
    return DataError(fmt::format("a model of the kind {}", Name(held)), folder.string(),
                     fmt::format("{}, as features.source says", Name(features.source)));
  }
  model.parts.precision = features.precision;
  if (features.normalize == Normalization::kImagenet) {
    // Of ImageNet's pictures, as torchvision's models have them.
    model.preprocessing.normalize = {kImagenetMean, kImagenetStd};
  }
  if (!OutputSize(model.preprocessing)) {
    return DataError("the model's pictures have different sizes", folder.string(),
                     "a preprocessor_config.json that crops or resizes to one size");
  }
  return model;
}

}  // namespace unmask

#include "worker/backbone/tuned.h"

namespace unmask {

Result<TunedBackbone> MakeTunedBackbone(const BackboneParts& parts, Size image) {
  TunedBackbone tuned{parts.config, parts.feature, image, {}};
  for (const auto& [role, stored] : parts.weights) {
    if (role == "projection" && parts.feature == ClipFeature::kPooled) continue;
    UNMASK_ASSIGN(std::vector<float> values, FloatsOf(stored, role));
    tuned.weights[std::string(kBackbonePrefix) + role] = {stored.view.shape, std::move(values)};
  }
  return tuned;
}

std::int64_t FeatureWidth(const BackboneConfig& config, ClipFeature feature) {
  if (const auto* resnet = std::get_if<ResnetConfig>(&config.model)) return resnet->widths.back();
  const auto& transformer = std::get<TransformerConfig>(config.model);
  return feature == ClipFeature::kPooled ? transformer.hidden : transformer.projection;
}

}  // namespace unmask

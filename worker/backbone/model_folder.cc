#include <fmt/format.h>

#include "common/tensors/preparation_source.h"
#include "worker/backbone/backbone.h"

namespace unmask {
namespace {

Result<Preprocessing> ReadPreparation(const std::optional<PreparationSource>& source,
                                      const BackboneConfig& config) {
  if (!source) return DefaultPreprocessing(config.kind(), config.image_size());
  if (source->kind == PreparationSource::Kind::kTimm) {
    return ReadTimmPreprocessing(source->json, source->file.string());
  }
  return ReadPreprocessing(source->json, config.kind(), source->file.string());
}

// A transformer takes pictures of one size only.
Status CheckPreparation(const Preprocessing& preprocessing, const BackboneConfig& config,
                        const std::string& where) {
  const auto* transformer = std::get_if<TransformerConfig>(&config.model);
  if (transformer == nullptr) return {};
  const auto made = OutputSize(preprocessing);
  if (made == transformer->image) return {};
  const std::string size =
      made ? fmt::format("{} x {}", made->height, made->width) : "different sizes";
  return DataError(fmt::format("pictures are prepared at {}", size), where,
                   fmt::format("the model's image_size, {} x {}", transformer->image.height,
                               transformer->image.width));
}

Status CheckFeature(const BackboneParts& parts, const std::string& where) {
  if (parts.feature == ClipFeature::kPooled || parts.weights.contains("projection")) return {};
  if (parts.config.kind() != BackboneKind::kClip) {
    return UsageError("only CLIP has projected features", where, "--feature pooled");
  }
  return DataError("the model has no projected features", where,
                   "a CLIP model with visual_projection.weight, or --feature pooled");
}

}  // namespace

Result<ModelFolder> OpenModelFolder(const fs::path& folder, ClipFeature feature) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    return DataError("not a folder", folder.string(), "a Hugging Face model folder");
  }
  const fs::path config = folder / "config.json";
  ModelFolder model;
  UNMASK_ASSIGN(const std::string text, ReadFile(config, kConfigBytesMax));
  UNMASK_ASSIGN(model.parts.config, ReadBackboneConfig(text, config.string()));
  UNMASK_ASSIGN(const auto source, FindPreparation(folder));
  UNMASK_ASSIGN(model.preprocessing, ReadPreparation(source, model.parts.config));
  UNMASK_TRY(CheckPreparation(model.preprocessing, model.parts.config,
                              source ? source->file.string() : config.string()));
  model.parts.feature = feature;
  UNMASK_ASSIGN(model.parts.files, OpenWeightFiles(folder));
  UNMASK_ASSIGN(model.parts.weights,
                BindWeights(model.parts.files, model.parts.config, folder.string()));
  UNMASK_TRY(CheckFeature(model.parts, folder.string()));
  return model;
}

}  // namespace unmask

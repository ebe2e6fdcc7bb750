#include "worker/features/models.h"

#include <fmt/format.h>

#include "common/config/names.h"
#include "common/data/pictures.h"
#include "common/tensors/model_fingerprint.h"
#include "worker/backbone/model_for.h"

namespace unmask {

Result<fs::path> Models::Folder(const JobSpec& spec) {
  const std::lock_guard lock(hashing_);
  const auto known = folders_.find(spec.weights);
  if (known != folders_.end()) return known->second;
  UNMASK_ASSIGN(fs::path folder, ReadPath(store_, spec.weights));
  UNMASK_ASSIGN(const FileHashes files, HashModelFiles(folder));
  if (FingerprintOf(files) != spec.weights) {
    return DataError("the model is another one than when the study was planned", folder.string(),
                     "the same files on every host, unchanged while a study runs");
  }
  return folders_.emplace(spec.weights, std::move(folder)).first->second;
}

Result<ModelFolder> Models::Open(const JobSpec& spec) {
  UNMASK_ASSIGN(const fs::path folder, Folder(spec));
  return OpenModelFor(spec.settings.features, folder);
}

Result<const LoadedModel*> Models::Get(const JobSpec& spec) {
  const Settings::Features& features = spec.settings.features;
  const std::string key = fmt::format("{} {} {} {}", spec.weights, Name(features.clip),
                                      Name(features.normalize), Name(features.precision));
  const std::lock_guard lock(mutex_);
  const auto known = loaded_.find(key);
  if (known != loaded_.end()) return &known->second;
  UNMASK_ASSIGN(ModelFolder folder, Open(spec));
  LoadedModel model{folder.preprocessing, nullptr};
  UNMASK_ASSIGN(model.backbone, make_(std::move(folder.parts)));
  return &loaded_.emplace(key, std::move(model)).first->second;
}

}  // namespace unmask

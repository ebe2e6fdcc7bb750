#include "worker/features/models.h"

#include <fmt/format.h>

#include "common/config/names.h"
#include "common/data/pictures.h"
#include "worker/backbone/model_for.h"

namespace unmask {

Result<ModelFolder> OpenJobModel(const fs::path& store, const JobSpec& spec) {
  UNMASK_ASSIGN(const fs::path folder, ReadPath(store, spec.weights));
  return OpenModelFor(spec.settings.features, folder);
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

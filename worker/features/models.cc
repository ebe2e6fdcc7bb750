#include "worker/features/models.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <system_error>

#include "common/config/names.h"
#include "common/data/pictures.h"
#include "common/tensors/model_fingerprint.h"
#include "worker/backbone/model_for.h"

namespace unmask {
namespace {

// Which files a folder holds: inode, size, time of change by name. Far less than reading them.
Models::Stamp StampOf(const fs::path& folder) {
  Models::Stamp files;
  std::error_code ignored;
  for (fs::directory_iterator it(folder, ignored), end; !ignored && it != end;
       it.increment(ignored)) {
    struct stat info{};
    if (stat(it->path().c_str(), &info) != 0) continue;
    files[it->path().filename().string()] = fmt::format("{} {} {}.{}", info.st_ino, info.st_size,
                                                        info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
  }
  return files;
}

}  // namespace

Result<fs::path> Models::Folder(const JobSpec& spec) {
  const std::lock_guard lock(hashing_);
  const auto known = folders_.find(spec.weights);
  if (known != folders_.end() && StampOf(known->second.folder) == known->second.files) {
    return known->second.folder;
  }
  UNMASK_ASSIGN(fs::path folder, ReadPath(store_, spec.weights));
  Stamp stamp = StampOf(folder);  // before they are read: a change meanwhile shows
  UNMASK_ASSIGN(const FileHashes files, HashModelFiles(folder));
  if (FingerprintOf(files) != spec.weights) {
    return DataError("the model is another one than when the study was planned", folder.string(),
                     "the same files on every host, unchanged while a study runs");
  }
  return folders_.insert_or_assign(spec.weights, Hashed{std::move(folder), std::move(stamp)})
      .first->second.folder;
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

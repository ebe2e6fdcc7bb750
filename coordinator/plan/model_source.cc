#include "coordinator/plan/model_source.h"

#include <fmt/format.h>

#include <string_view>

#include "common/base/sha256.h"
#include "common/config/names.h"
#include "common/data/pictures.h"
#include "common/synth_model/synth_model.h"
#include "common/tensors/mapped_file.h"
#include "common/tensors/model_fingerprint.h"
#include "common/tensors/safetensors.h"

namespace unmask {
namespace {

// As float32, whatever they are stored in. What is no such file is told when it is opened to train.
std::int64_t TrainedBytes(std::string_view safetensors) {
  const auto file = ParseSafetensors(safetensors, "");
  if (!file.ok()) return 0;
  std::int64_t elements = 0;
  for (const auto& [name, tensor] : file->tensors) {
    elements += static_cast<std::int64_t>(tensor.bytes.size() / BytesOf(tensor.dtype));
  }
  return elements * static_cast<std::int64_t>(sizeof(float));
}

Result<ModelData> HashFolder(const ModelSetting& wanted) {
  const fs::path folder = fs::absolute(wanted.folder);
  UNMASK_TRY(CheckPath(folder));
  UNMASK_TRY(CheckModelFolder(wanted));
  ModelData model;
  model.folder = folder;
  UNMASK_ASSIGN(model.config_json, ReadFile(folder / "config.json"));
  UNMASK_ASSIGN(const FileHashes hashes, HashModelFiles(folder));
  for (const auto& [name, sha256] : hashes) {
    if (!IsWeights(name)) continue;
    const auto file = MappedFile::Open(folder / name);
    if (file.ok()) model.weight_bytes += TrainedBytes((*file)->bytes());
  }
  model.sha256 = FingerprintOf(hashes);
  return model;
}

ModelData MakeModel(const Settings& settings) {
  const auto kind = FromName<SynthModelKind>(Name(settings.features.source));
  UNMASK_CHECK(kind.has_value());
  ModelData model;
  model.files = SynthModelFiles({.kind = *kind, .seed = settings.weights.synth});
  FileHashes hashes;
  for (const auto& [name, bytes] : model.files) {
    hashes[name] = Sha256Hex(bytes);
    if (IsWeights(name)) model.weight_bytes += TrainedBytes(bytes);
  }
  model.config_json = model.files.at("config.json");
  model.sha256 = FingerprintOf(hashes);
  model.folder = fs::path("models") / model.sha256;
  return model;
}

}  // namespace

ModelSetting ModelSettingOf(const Settings& settings) {
  const Settings::Weights& weights = settings.weights;
  switch (settings.features.source) {
    case FeatureSource::kVit:
      return {"weights.vit", weights.vit, "google/vit-base-patch16-224-in21k"};
    case FeatureSource::kClip:
      return {"weights.clip", weights.clip, "openai/clip-vit-base-patch16"};
    default:
      return {"weights.resnet18", weights.resnet18, "microsoft/resnet-18"};
  }
}

Status CheckModelFolder(const ModelSetting& wanted) {
  std::error_code ignored;
  if (fs::exists(fs::path(wanted.folder) / "config.json", ignored)) return {};
  return DataError(fmt::format("no model in '{}': config.json is missing", wanted.folder),
                   wanted.key, fmt::format("a Hugging Face folder, such as {}", wanted.example));
}

Result<const ModelData*> ModelSource::Model(const Settings& settings) {
  const ModelSetting wanted = ModelSettingOf(settings);
  const bool made = wanted.folder.empty() && settings.weights.synth > 0;
  if (wanted.folder.empty() && !made) {
    return UsageError(
        fmt::format("no weights for features.source={}", Name(settings.features.source)),
        wanted.key,
        fmt::format("{}=FOLDER, a Hugging Face folder such as {}", wanted.key, wanted.example));
  }
  const std::string key =
      made ? fmt::format("{} {}", Name(settings.features.source), settings.weights.synth)
           : "folder " + wanted.folder;  // which may be called "vit 1"
  const auto known = models_.find(key);
  if (known != models_.end()) return &known->second;
  ModelData model;
  if (made) {
    model = MakeModel(settings);
  } else {
    UNMASK_ASSIGN(model, HashFolder(wanted));
  }
  return &models_.emplace(key, std::move(model)).first->second;
}

Result<std::string> ModelSource::Detector(const Settings::Faces& faces) {
  if (faces.detector != FaceDetector::kYunet) return std::string();
  if (faces.yunet.empty()) {
    return UsageError("faces.detector=yunet needs its network", "faces.yunet",
                      "faces.yunet=FILE, an ONNX file of OpenCV's model zoo");
  }
  const auto known = detector_hashes_.find(faces.yunet);
  if (known != detector_hashes_.end()) return known->second;
  UNMASK_TRY(CheckPath(fs::absolute(faces.yunet)));
  UNMASK_ASSIGN(const std::string sha256, HashFile(faces.yunet));
  detectors_.emplace(sha256, fs::absolute(faces.yunet));
  return detector_hashes_.emplace(faces.yunet, sha256).first->second;
}

}  // namespace unmask

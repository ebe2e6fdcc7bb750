// The model folders and detector files that settings ask for: each found and read once, and
// identified by content.
#pragma once

#include <map>
#include <string>

#include "common/base/files.h"
#include "common/config/settings.h"

namespace unmask {

// The setting that names the folder of the settings' backbone, its value, and a model of Hugging
// Face that would do. Not for action units.
struct ModelSetting {
  const char* key;
  const std::string& folder;  // of the settings that were given
  const char* example;
};
ModelSetting ModelSettingOf(const Settings& settings);

// A DataError where the folder holds no model.
Status CheckModelFolder(const ModelSetting& wanted);

struct ModelData {
  std::string sha256;  // of the names and hashes of the files that features depend on
  fs::path folder;     // absolute; relative to the store where `files` are to be written there
  std::map<std::string, std::string> files;  // a synthetic model's, by name
  std::string config_json;
  std::int64_t weight_bytes = 0;  // of its tensors as float32, in which they are trained and kept
};

class ModelSource {
 public:
  // The backbone of settings that see pictures. Owned by this object. A UsageError where no folder
  // is named, a DataError where it is none.
  Result<const ModelData*> Model(const Settings& settings);
  // SHA-256 of the face detector's file; empty where the detector needs none.
  Result<std::string> Detector(const Settings::Faces& faces);

  const std::map<std::string, fs::path>& detectors() const { return detectors_; }  // by SHA-256

 private:
  std::map<std::string, ModelData> models_;  // by folder, or kind and seed
  std::map<std::string, fs::path> detectors_;
  std::map<std::string, std::string> detector_hashes_;  // by file, as the settings name it
};

}  // namespace unmask

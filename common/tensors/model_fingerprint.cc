#include "common/tensors/model_fingerprint.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "common/base/sha256.h"
#include "common/base/text.h"
#include "common/tensors/preparation_source.h"

namespace unmask {
namespace {

bool Matters(const std::string& name) {
  constexpr std::array<std::string_view, 5> kNames = {"config.json", "preprocessor_config.json",
                                                      "vocab.json", "merges.txt", "tokenizer.json"};
  return IsWeights(name) || name.ends_with(".safetensors.index.json") ||
         std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

// What was not always read counts only where it is, so that other folders keep their jobs' keys.
Status AddPreparation(const fs::path& folder, FileHashes& hashes) {
  UNMASK_ASSIGN(const auto preparation, FindPreparation(folder));
  if (!preparation || preparation->kind == PreparationSource::Kind::kOwn) return {};
  const bool timm = preparation->kind == PreparationSource::Kind::kTimm;
  hashes[timm ? "config.json pretrained_cfg" : "processor_config.json image_processor"] =
      Sha256Hex(preparation->json);
  return {};
}

}  // namespace

bool IsWeights(const std::string& name) { return name.ends_with(".safetensors"); }

Result<FileHashes> HashModelFiles(const fs::path& folder) {
  FileHashes hashes;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const fs::directory_entry& entry = *it;
    const std::string name = entry.path().filename().string();
    if (!Matters(name)) continue;
    if (!IsUtf8(name)) {
      return DataError("a file whose name is not UTF-8", entry.path().string(),
                       "names in UTF-8: the model's fingerprint keeps them in JSON");
    }
    UNMASK_ASSIGN(hashes[name], HashFile(entry.path()));
  }
  if (error) return DataError("cannot list: " + error.message(), folder.string());
  UNMASK_TRY(AddPreparation(folder, hashes));
  return hashes;
}

std::string FingerprintOf(const FileHashes& files) {
  return Sha256Hex(nlohmann::json(files).dump());
}

}  // namespace unmask

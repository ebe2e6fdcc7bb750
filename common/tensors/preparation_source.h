// Which file of a model folder says how its pictures are prepared: asked by what reads it and by
// the folder's fingerprint.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/files.h"

namespace unmask {

inline constexpr std::uint64_t kConfigBytesMax = 4 << 20;  // of each JSON file of a model folder

struct PreparationSource {
  enum class Kind {
    kNested,  // the `image_processor` of processor_config.json, as transformers 5 writes
    kOwn,     // preprocessor_config.json
    kTimm     // timm's config.json: its `pretrained_cfg`, or all of an older one
  };
  Kind kind = Kind::kOwn;
  fs::path file;
  std::string json;  // what it says, for its reader to check
};

// The first of the kinds that the folder has, which is the order of transformers' from_pretrained;
// nullopt: none. A DataError where processor_config.json is no JSON object.
Result<std::optional<PreparationSource>> FindPreparation(const fs::path& folder);

}  // namespace unmask

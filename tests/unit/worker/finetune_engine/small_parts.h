// A small backbone as the parts of one that is not trained.
#pragma once

#include "tests/unit/worker/finetune_engine/small_backbone.h"
#include "worker/backbone/backbone.h"

namespace unmask::testing {

// `small` must outlive what is made of the parts.
inline BackboneParts PartsOf(const SmallCase& small) {
  BackboneParts parts;
  parts.config = small.fold.backbone->config;
  parts.feature = small.fold.backbone->feature;
  for (const auto& [name, tensor] : small.fold.backbone->weights) {
    const std::string_view bytes(reinterpret_cast<const char*>(tensor.values.data()),
                                 tensor.values.size() * sizeof(float));
    parts.weights[name.substr(kBackbonePrefix.size())] =
        StoredTensor{{DType::kF32, tensor.shape, bytes}, "formula"};
  }
  return parts;
}

inline std::vector<Pixels> PicturesOf(const SmallCase& small) {
  const Size size = small.fold.backbone->image;
  std::vector<Pixels> pictures;
  for (std::int64_t clip = 0; clip < kClips; ++clip) {
    Pixels& picture = pictures.emplace_back(Pixels{size, {}});
    picture.values.resize(static_cast<std::size_t>(small.fold.width));
    small.fold.inputs->Copy(kPlainView, clip, picture.values);
  }
  return pictures;
}

}  // namespace unmask::testing

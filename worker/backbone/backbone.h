// A pre-trained network that turns pictures into features. Its implementation needs libtorch and
// lies in worker/torch_backbone, behind this interface.
#pragma once

#include <memory>
#include <vector>

#include "worker/backbone/bind_weights.h"

namespace unmask {

enum class FeatureKind { kPooled, kProjected };

class Backbone {
 public:
  virtual ~Backbone() = default;
  // Features of one picture; [3, height, width] float32. Thread-safe. One picture a call, so that
  // its bits depend on nothing else: not on others beside it, nor on how many there are.
  virtual Result<std::vector<float>> Features(const Pixels& pixels) const = 0;
};

struct BackboneParts {
  BackboneConfig config;
  FeatureKind feature = FeatureKind::kPooled;
  WeightFiles files;     // kept mapped by the backbone
  BoundWeights weights;  // into `files`
};

Result<std::unique_ptr<Backbone>> MakeBackbone(BackboneParts parts);  // in worker/torch_backbone
using BackboneFactory = Result<std::unique_ptr<Backbone>>(BackboneParts);

// A Hugging Face folder, read and checked.
struct ModelFolder {
  Preprocessing preprocessing;
  BackboneParts parts;
};
Result<ModelFolder> OpenModelFolder(const fs::path& folder, FeatureKind feature);

}  // namespace unmask

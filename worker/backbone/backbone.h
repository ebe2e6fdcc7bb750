// A pre-trained network that turns pictures into features. Its implementation needs libtorch and
// lies in worker/torch_backbone, behind this interface.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "common/config/settings.h"
#include "worker/backbone/bind_weights.h"

namespace unmask {

// Part of the numerics class, beside the engines: raised when a change of code changes features'
// bits.
inline constexpr std::string_view kBackbones = "backbones-4";

// Whether this processor has the instructions. Without them oneDNN computes in float32 and rounds:
// slower, and other bits.
inline bool MultipliesBfloat16() { return __builtin_cpu_supports("avx512bf16"); }
inline Error NoBfloat16() {
  return UsageError("this processor does not multiply bfloat16", "features.precision",
                    "float32, or a processor with avx512_bf16");
}

class Backbone {
 public:
  virtual ~Backbone() = default;
  // What is best done together. A block of fewer is filled up, so a full one costs no more.
  static constexpr std::size_t kBlockPictures = 8;
  // Features of at most that many pictures, of the model's size: [pictures, width] float32.
  // Thread-safe. The bits of a picture's features depend on nothing else: not on others beside it,
  // how many there are, nor its place among them.
  virtual Result<std::vector<float>> FeaturesOfBlock(std::span<const Pixels> pictures) const = 0;
};

struct BackboneParts {
  BackboneConfig config;
  ClipFeature feature = ClipFeature::kPooled;
  Precision precision = Precision::kFloat32;
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
Result<ModelFolder> OpenModelFolder(const fs::path& folder, ClipFeature feature);

}  // namespace unmask

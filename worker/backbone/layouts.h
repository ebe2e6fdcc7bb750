// Which tensors a model needs, under each spelling that their names have in the wild.
#pragma once

#include <string>
#include <vector>

#include "worker/backbone/backbone_config.h"

namespace unmask {

struct WantedTensor {
  std::string role;  // ours: "layer.3.q.weight"
  std::string name;  // in the file, without prefixes such as "vision_model."
  std::vector<std::int64_t> shape;
  bool optional = false;
};

using Layout = std::vector<WantedTensor>;

// One layout for each spelling, the commonest first. CLIP: transformers. ViT: transformers up to
// version 4, and its modules since. ResNet: transformers, and torchvision (which is timm's).
std::vector<Layout> LayoutsOf(const BackboneConfig& config);

// Whether a tensor belongs to a part that features do not need: a head, a pooler, CLIP's text side.
bool IsKnownExtra(const std::string& name, BackboneKind kind);

// ResNet's convolutions in order. Roles: ROLE.weight, ROLE.norm.{weight,bias,mean,variance}.
inline constexpr double kResnetNormEpsilon = 1e-5;
struct Convolution {
  std::string role;  // "stem", "stage.0.block.1.convolution.0", "stage.1.block.0.shortcut"
  int inputs = 0;
  int outputs = 0;
  int kernel = 0;
  int stride = 1;
};
struct ResnetBlock {
  std::vector<Convolution> convolutions;
  std::vector<Convolution> shortcut;  // one or none
};
Convolution StemOf(const ResnetConfig& config);
std::vector<std::vector<ResnetBlock>> StagesOf(const ResnetConfig& config);

}  // namespace unmask

// From a picture to what a backbone takes, as the image processors of transformers do it: resize,
// crop, rescale, normalise.
#pragma once

#include <array>
#include <optional>

#include "worker/images/resize.h"

namespace unmask {

enum class BackboneKind { kClip, kVit, kResnet };

struct Size {
  int height = 0;
  int width = 0;
  bool operator==(const Size&) const = default;
};

struct ResizeRule {
  Filter filter = Filter::kBicubic;
  std::optional<Size> exact = std::nullopt;  // else by the shorter side:
  int shortest_edge = 0;
  int longest_edge = 0;  // the longer side is at most this; 0: any
};

struct Preprocessing {
  // As CLIP's processor converts pictures; ViT's and ResNet's take RGB alone.
  Transparency transparency = Transparency::kDropped;
  std::optional<ResizeRule> resize;
  std::optional<Size> crop;  // from the middle; what lies outside is black
  // torchvision rounds the crop's corner to even, transformers down.
  bool corner_to_even = false;
  std::optional<double> rescale = 1.0 / 255;
  struct Normal {
    std::array<float, 3> mean{};
    std::array<float, 3> std{};
  };
  std::optional<Normal> normalize;
};

// An image processor of transformers, of either generation ("size": 224, or {"shortest_edge":
// 224}); a key that is absent has its model's default. `where` names the file in errors.
Result<Preprocessing> ReadPreprocessing(const std::string& json, BackboneKind model,
                                        const std::string& where);

// What timm's `pretrained_cfg` says of pictures, as its transform for evaluation.
Result<Preprocessing> ReadTimmPreprocessing(const std::string& json, const std::string& where);

// Where no file says it: the model's own preparation at `size` (torchvision's 256/224 ratio for
// ResNet).
Preprocessing DefaultPreprocessing(BackboneKind model, Size size);

// Size of every prepared picture; nullopt where it depends on the picture.
std::optional<Size> OutputSize(const Preprocessing& preprocessing);

struct Pixels {
  Size size;
  std::vector<float> values;  // [3, height, width]
};

// Whether a picture stays within kImagePixelsMax when it is scaled: a narrow one grows. Square ones
// always do.
bool CanPrepare(const Image& image, const Preprocessing& preprocessing);
Pixels Prepare(const Image& image, const Preprocessing& preprocessing);

}  // namespace unmask

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

// preprocessor_config.json of either generation ("size": 224, or {"shortest_edge": 224}); a key
// that is absent has its model's default, and an absent file (nullopt) gives the model's own
// preparation at `image_size` (torchvision's 256/224 ratio for ResNet).
Result<Preprocessing> ReadPreprocessing(const std::optional<std::string>& json, BackboneKind model,
                                        Size image_size, const std::string& where);

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

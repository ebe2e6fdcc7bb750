// Augmented views of a face: mirrored, turned a little, in another light. What a view looks like is
// a function of (augment seed, view, clip's name) and of nothing else, so it is the same wherever
// and whenever it is made. The plain view is the crop itself and does not come here.
#pragma once

#include <array>
#include <string_view>

#include "worker/images/image.h"

namespace unmask {

// What is drawn, uniformly within these bounds. The paper names the three kinds, and 10 degrees.
inline constexpr double kFlipShare = 0.5;
inline constexpr double kDegreesMax = 10;      // -10 .. 10
inline constexpr double kBrightnessMax = 0.2;  // factors 0.8 .. 1.2
inline constexpr double kContrastMax = 0.2;
inline constexpr double kSaturationMax = 0.2;
inline constexpr double kHueMax = 0.02;  // of the colour circle, -0.02 .. 0.02

enum class Jitter { kBrightness, kContrast, kSaturation, kHue };

struct Augmentation {
  bool flip = false;
  double degrees = 0;  // counter-clockwise
  float brightness = 1;
  float contrast = 1;
  float saturation = 1;
  double hue = 0;
  // The order in which colours are changed, drawn too, as torchvision's ColorJitter does.
  std::array<Jitter, 4> order = {Jitter::kBrightness, Jitter::kContrast, Jitter::kSaturation,
                                 Jitter::kHue};
};

// `view` from 0 on.
Augmentation DrawAugmentation(std::int64_t augment_seed, std::int64_t view, std::string_view clip);

// Mirrors, then turns, then changes colours; the size stays.
Image ApplyAugmentation(const Image& crop, const Augmentation& augmentation);

// Both.
Image Augment(const Image& crop, std::int64_t augment_seed, std::int64_t view,
              std::string_view clip);

}  // namespace unmask

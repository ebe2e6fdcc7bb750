// Resizing that gives the bits of Pillow's Image.resize (src/libImaging/Resample.c): separable, the
// width before the height except where the height shrinks by more than twice as much, the filter
// widened by the ratio when shrinking (antialiasing), weights of 22 bits, eight bits between the
// passes.
#pragma once

#include "worker/images/image.h"

namespace unmask {

// Numbered as in Pillow and in preprocessor_config.json.
enum class Filter {
  kNearest = 0,
  kLanczos = 1,
  kBilinear = 2,
  kBicubic = 3,
  kBox = 4,
  kHamming = 5
};

Image Resize(const Image& image, int width, int height, Filter filter);

}  // namespace unmask

// A picture by formula, and what tells two such pictures apart.
#pragma once

#include <cstdint>
#include <utility>

#include "worker/images/image.h"

namespace unmask {

inline Image Picture(int width, int height) {
  Image image{width, height, {}};
  for (int i = 0; i < width * height * 3; ++i) {
    image.rgb.push_back(static_cast<std::uint8_t>((i * 37 + i * i / 5) % 256));
  }
  return image;
}

// Sum, and sum weighted by place modulo 251: no byte of the picture can change alone.
inline std::pair<int, int> Sums(const Image& image) {
  int sum = 0, weighted = 0;
  for (std::size_t i = 0; i < image.rgb.size(); ++i) {
    sum += image.rgb[i];
    weighted += image.rgb[i] * static_cast<int>(i % 251);
  }
  return {sum, weighted};
}

}  // namespace unmask

// A face of seven ellipses, enough for a detector.
#pragma once

#include "worker/images/image.h"

namespace unmask::testing {

// In pixels of the picture: the face is about twice as wide as `radius`.
struct DrawnFace {
  int x;
  int y;
  int radius;
};

inline Image DrawFaces(int width, int height, const std::vector<DrawnFace>& faces) {
  struct Ellipse {  // in radii from the middle
    double x, y, half_width, half_height;
    std::uint8_t light;
  };
  static const std::vector<Ellipse> kParts = {
      {0, 0, .78, 1.05, 190},     {-.38, -.28, .22, .10, 120}, {.38, -.28, .22, .10, 120},
      {-.38, -.42, .24, .05, 50}, {.38, -.42, .24, .05, 50},   {-.38, -.24, .14, .07, 50},
      {.38, -.24, .14, .07, 50},  {0, 0, .10, .35, 215},       {0, .26, .18, .05, 130},
      {0, .55, .32, .08, 100}};
  Image image{width, height, std::vector<std::uint8_t>(std::size_t{3} * width * height, 90)};
  for (const DrawnFace& face : faces) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        for (const Ellipse& part : kParts) {
          const double u =
              (static_cast<double>(x - face.x) / face.radius - part.x) / part.half_width;
          const double v =
              (static_cast<double>(y - face.y) / face.radius - part.y) / part.half_height;
          if (u * u + v * v >= 1) continue;
          std::uint8_t* pixel = &image.rgb[(static_cast<std::size_t>(y) * width + x) * 3];
          pixel[0] = pixel[1] = pixel[2] = part.light;
        }
      }
    }
  }
  return image;
}

}  // namespace unmask::testing

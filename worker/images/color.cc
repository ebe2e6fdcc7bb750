#include "worker/images/color.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace unmask {
namespace {

// Pillow's "L": ITU-R 601-2 luma in 16 bits (src/libImaging/Convert.c).
int Grey(const std::uint8_t* rgb) {
  return (rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16;
}

// Image.blend (src/libImaging/Blend.c): from `other` towards, and past, the pixel; cut, not
// rounded.
std::uint8_t Blend(int other, int value, float factor) {
  const float mixed = static_cast<float>(other) + factor * static_cast<float>(value - other);
  return static_cast<std::uint8_t>(std::clamp(mixed, 0.0F, 255.0F));
}

void BlendWith(Image& image, int other, float factor) {
  std::array<std::uint8_t, 256> table{};
  for (int value = 0; value < 256; ++value) table[value] = Blend(other, value, factor);
  for (std::uint8_t& value : image.rgb) value = table[value];
}

struct Hsv {
  std::uint8_t hue, saturation, value;
};

// src/libImaging/Convert.c, rgb2hsv_row and hsv2rgb: float and double mixed as there.
Hsv ToHsv(const std::uint8_t* rgb) {
  const int most = std::max({rgb[0], rgb[1], rgb[2]});
  const int least = std::min({rgb[0], rgb[1], rgb[2]});
  const auto value = static_cast<std::uint8_t>(most);
  if (most == least) return {0, 0, value};
  const auto range = static_cast<float>(most - least);
  const auto lack = [&](int channel) { return static_cast<float>(most - rgb[channel]) / range; };
  float hue = 0;
  if (rgb[0] == most) {
    hue = lack(2) - lack(1);
  } else if (rgb[1] == most) {
    hue = static_cast<float>(2.0 + lack(0) - lack(2));
  } else {
    hue = static_cast<float>(4.0 + lack(1) - lack(0));
  }
  const double shifted = hue / 6.0 + 1.0;
  hue = static_cast<float>(shifted >= 1 ? shifted - 1 : shifted);  // fmod by 1
  const float saturation = range / static_cast<float>(most);
  return {static_cast<std::uint8_t>(std::clamp(static_cast<int>(hue * 255.0), 0, 255)),
          static_cast<std::uint8_t>(std::clamp(static_cast<int>(saturation * 255.0), 0, 255)),
          value};
}

void ToRgb(Hsv hsv, std::uint8_t* rgb) {
  const std::uint8_t v = hsv.value;
  if (hsv.saturation == 0) {
    std::fill(rgb, rgb + 3, v);
    return;
  }
  const double sextant = static_cast<float>(hsv.hue) * 6.0 / 255.0;
  const int i = static_cast<int>(sextant);
  const auto f = static_cast<float>(sextant - i);
  const auto saturation = static_cast<float>(static_cast<float>(hsv.saturation) / 255.0);
  // Rounded; never negative, so cutting does (floor is a call on plain x86-64).
  const auto part = [&](double share) {
    return static_cast<std::uint8_t>(v * (1.0 - share) + 0.5);  // NOLINT
  };
  const std::uint8_t p = part(saturation);
  const std::uint8_t q = part(saturation * f);
  const std::uint8_t t = part(saturation * (1.0 - f));
  const std::uint8_t colours[6][3] = {{v, t, p}, {q, v, p}, {p, v, t},
                                      {p, q, v}, {t, p, v}, {v, p, q}};
  std::copy_n(colours[i % 6], 3, rgb);
}

}  // namespace

void AdjustBrightness(Image& image, float factor) { BlendWith(image, 0, factor); }

void AdjustContrast(Image& image, float factor) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < image.rgb.size(); i += 3) sum += Grey(&image.rgb[i]);
  const auto count = static_cast<std::int64_t>(image.rgb.size()) / 3;
  BlendWith(image, static_cast<int>((2 * sum + count) / (2 * count)), factor);  // mean, rounded
}

void AdjustSaturation(Image& image, float factor) {
  for (std::size_t i = 0; i < image.rgb.size(); i += 3) {
    const int grey = Grey(&image.rgb[i]);
    for (std::size_t c = i; c < i + 3; ++c) image.rgb[c] = Blend(grey, image.rgb[c], factor);
  }
}

void AdjustHue(Image& image, double turns) {
  UNMASK_CHECK(std::abs(turns) <= 0.5);
  const int shift = static_cast<int>(turns * 255);
  for (std::size_t i = 0; i < image.rgb.size(); i += 3) {
    Hsv hsv = ToHsv(&image.rgb[i]);
    hsv.hue = static_cast<std::uint8_t>(hsv.hue + shift);  // round the circle
    ToRgb(hsv, &image.rgb[i]);
  }
}

}  // namespace unmask

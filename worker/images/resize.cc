#include "worker/images/resize.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace unmask {
namespace {

constexpr int kPrecisionBits = 32 - 8 - 2;  // of a weight, so that sums fit an int
constexpr std::size_t kChannels = 3;

double Sinc(double x) {
  if (x == 0) return 1;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double Bicubic(double x) {
  constexpr double kA = -0.5;
  x = std::abs(x);
  if (x < 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * kA : 0;
}

double Hamming(double x) {
  x = std::abs(x);
  if (x == 0) return 1;
  if (x >= 1) return 0;
  return Sinc(x) * (0.54 + 0.46 * std::cos(x * std::numbers::pi));
}

double Support(Filter filter) {
  switch (filter) {
    case Filter::kBox:
      return 0.5;
    case Filter::kBicubic:
      return 2;
    case Filter::kLanczos:
      return 3;
    default:
      return 1;
  }
}

double Weight(Filter filter, double x) {
  switch (filter) {
    case Filter::kBox:
      return x > -0.5 && x <= 0.5 ? 1 : 0;
    case Filter::kBicubic:
      return Bicubic(x);
    case Filter::kHamming:
      return Hamming(x);
    case Filter::kLanczos:
      return -3 <= x && x < 3 ? Sinc(x) * Sinc(x / 3) : 0;
    default:
      return std::max(0.0, 1 - std::abs(x));
  }
}

// Which inputs make one output, and by how much.
struct Tap {
  int first = 0;
  std::vector<int> weights;  // of 2^kPrecisionBits
};

Tap MakeTap(int input, double scale, int at, Filter filter) {
  const double stretch = std::max(scale, 1.0);
  const double support = Support(filter) * stretch;
  const double centre = (at + 0.5) * scale;
  // Pillow's own rounding, here and below.
  const int first = std::max(static_cast<int>(centre - support + 0.5), 0);     // NOLINT
  const int last = std::min(static_cast<int>(centre + support + 0.5), input);  // NOLINT
  std::vector<double> exact;
  exact.reserve(std::max(last - first, 0));
  double sum = 0;
  for (int i = first; i < last; ++i) {
    exact.push_back(Weight(filter, (i - centre + 0.5) * (1.0 / stretch)));
    sum += exact.back();
  }
  Tap tap{first, {}};
  tap.weights.reserve(exact.size());
  for (double weight : exact) {
    if (sum != 0) weight /= sum;
    weight *= 1 << kPrecisionBits;
    tap.weights.push_back(static_cast<int>(weight < 0 ? weight - 0.5 : weight + 0.5));
  }
  return tap;
}

// Pillow adds the scale up (ImagingScaleAffine of its Geometry.c), which rounds otherwise than a
// product does.
std::vector<Tap> NearestTaps(int input, int output, double scale) {
  std::vector<Tap> taps;
  taps.reserve(output);
  double centre = scale * 0.5;
  for (int at = 0; at < output; ++at, centre += scale) {
    taps.push_back({std::min(static_cast<int>(centre), input - 1), {1 << kPrecisionBits}});
  }
  return taps;
}

std::vector<Tap> MakeTaps(int input, int output, Filter filter) {
  const double scale = static_cast<double>(input) / output;
  if (filter == Filter::kNearest) return NearestTaps(input, output, scale);
  std::vector<Tap> taps;
  taps.reserve(output);
  for (int at = 0; at < output; ++at) taps.push_back(MakeTap(input, scale, at, filter));
  return taps;
}

std::uint8_t ToByte(int sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255));
}

Image ResizeWidth(const Image& image, int width, Filter filter) {
  const std::vector<Tap> taps = MakeTaps(image.width, width, filter);
  Image result{width, image.height, {}};
  result.rgb.reserve(static_cast<std::size_t>(width) * image.height * kChannels);
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* row = &image.rgb[static_cast<std::size_t>(y) * image.width * kChannels];
    for (const Tap& tap : taps) {
      int sums[kChannels] = {1 << (kPrecisionBits - 1), 1 << (kPrecisionBits - 1),
                             1 << (kPrecisionBits - 1)};
      const std::uint8_t* pixel = row + tap.first * kChannels;
      for (const int weight : tap.weights) {
        for (int& sum : sums) sum += *pixel++ * weight;
      }
      for (const int sum : sums) result.rgb.push_back(ToByte(sum));
    }
  }
  return result;
}

Image ResizeHeight(const Image& image, int height, Filter filter) {
  const std::vector<Tap> taps = MakeTaps(image.height, height, filter);
  const std::size_t stride = image.width * kChannels;
  Image result{image.width, height, {}};
  result.rgb.reserve(stride * height);
  std::vector<int> sums(stride);
  for (const Tap& tap : taps) {
    std::fill(sums.begin(), sums.end(), 1 << (kPrecisionBits - 1));
    const std::uint8_t* row = &image.rgb[tap.first * stride];
    for (const int weight : tap.weights) {
      for (std::size_t x = 0; x < stride; ++x) sums[x] += row[x] * weight;
      row += stride;
    }
    for (const int sum : sums) result.rgb.push_back(ToByte(sum));
  }
  return result;
}

// Which pass Pillow 13 takes first; older ones always begin with the width, which differs by a
// level or two where a picture is much taller than wide. Found by comparing both orders with its
// results.
bool HeightFirst(const Image& image, int width, int height) {
  return height < image.height && image.height - height > 2 * (image.width - width);
}

}  // namespace

Image Resize(const Image& image, int width, int height, Filter filter) {
  UNMASK_CHECK(width > 0 && height > 0 && !image.rgb.empty());
  Image result = image;
  const bool height_first = HeightFirst(image, width, height);
  if (height_first) result = ResizeHeight(result, height, filter);
  if (width != image.width) result = ResizeWidth(result, width, filter);
  if (!height_first && height != image.height) result = ResizeHeight(result, height, filter);
  return result;
}

}  // namespace unmask

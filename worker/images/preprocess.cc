#include "worker/images/preprocess.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace unmask {
namespace {

// Python's int(a * b / c): exact product, one division, cut. No more than an int holds, which is
// more than CanPrepare lets pass.
int Scaled(std::int64_t a, std::int64_t b, std::int64_t c) {
  constexpr double kMax = std::numeric_limits<int>::max();
  return static_cast<int>(std::min(kMax, static_cast<double>(a * b) / static_cast<double>(c)));
}

// get_resize_output_image_size and get_size_with_aspect_ratio of transformers.
Size ResizedSize(const Image& image, const ResizeRule& rule) {
  if (rule.exact) return *rule.exact;
  const int shorter = std::min(image.width, image.height);
  const int longer = std::max(image.width, image.height);
  double shortest = rule.shortest_edge;
  int target = rule.shortest_edge;
  if (rule.longest_edge > 0 &&
      static_cast<double>(longer) / shorter * rule.shortest_edge > rule.longest_edge) {
    shortest = static_cast<double>(rule.longest_edge) * shorter / longer;
    target = static_cast<int>(std::nearbyint(shortest));
  }
  if (rule.longest_edge > 0 && target == shorter) return {image.height, image.width};
  int other = Scaled(rule.shortest_edge, longer, shorter);
  if (shortest != rule.shortest_edge) other = static_cast<int>(shortest * longer / shorter);
  target = std::max(target, 1);
  other = std::max(other, 1);
  return image.width <= image.height ? Size{other, target} : Size{target, other};
}

int Corner(int input, int crop, bool to_even) {
  if (crop > input) return -((crop - input + 1) / 2);  // the padding before the picture
  return to_even ? static_cast<int>(std::nearbyint((input - crop) / 2.0)) : (input - crop) / 2;
}

Image CropMiddle(const Image& image, Size crop, bool to_even) {
  const int top = Corner(image.height, crop.height, to_even);
  const int left = Corner(image.width, crop.width, to_even);
  Image result{crop.width, crop.height, {}};
  result.rgb.resize(static_cast<std::size_t>(crop.width) * crop.height * 3);
  const int from = std::max(left, 0);
  const int to = std::min(left + crop.width, image.width);
  for (int y = std::max(top, 0); y < std::min(top + crop.height, image.height); ++y) {
    const auto row = image.rgb.begin() + static_cast<std::ptrdiff_t>(y) * image.width * 3;
    const auto at = (static_cast<std::ptrdiff_t>(y - top) * crop.width + from - left) * 3;
    std::copy(row + from * std::ptrdiff_t{3}, row + to * std::ptrdiff_t{3},
              result.rgb.begin() + at);
  }
  return result;
}

// What one of the 256 values becomes in one channel.
float Value(int byte, int channel, const Preprocessing& preprocessing) {
  auto value = static_cast<float>(byte);
  if (preprocessing.rescale) value = static_cast<float>(byte * *preprocessing.rescale);
  if (!preprocessing.normalize) return value;
  return (value - preprocessing.normalize->mean[channel]) / preprocessing.normalize->std[channel];
}

Pixels ToPixels(const Image& image, const Preprocessing& preprocessing) {
  Pixels pixels{{image.height, image.width}, {}};
  const std::size_t count = image.rgb.size() / 3;
  pixels.values.reserve(image.rgb.size());
  for (int channel = 0; channel < 3; ++channel) {
    std::array<float, 256> table{};
    for (int byte = 0; byte < 256; ++byte) table[byte] = Value(byte, channel, preprocessing);
    for (std::size_t i = 0; i < count; ++i) {
      pixels.values.push_back(table[image.rgb[i * 3 + channel]]);
    }
  }
  return pixels;
}

}  // namespace

std::optional<Size> OutputSize(const Preprocessing& preprocessing) {
  if (preprocessing.crop) return preprocessing.crop;
  return preprocessing.resize ? preprocessing.resize->exact : std::nullopt;
}

bool CanPrepare(const Image& image, const Preprocessing& preprocessing) {
  if (!preprocessing.resize) return true;
  const Size size = ResizedSize(image, *preprocessing.resize);
  return std::int64_t{size.width} * size.height <= kImagePixelsMax;
}

Pixels Prepare(const Image& image, const Preprocessing& preprocessing) {
  Image prepared = image;
  if (preprocessing.resize) {
    const Size size = ResizedSize(image, *preprocessing.resize);
    prepared = Resize(image, size.width, size.height, preprocessing.resize->filter);
  }
  if (preprocessing.crop) {
    prepared = CropMiddle(prepared, *preprocessing.crop, preprocessing.corner_to_even);
  }
  return ToPixels(prepared, preprocessing);
}

}  // namespace unmask

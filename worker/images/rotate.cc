#include "worker/images/rotate.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace unmask {
namespace {

constexpr int kChannels = 3;
constexpr int kCoordinateBits = 32;  // of a coordinate's fraction
constexpr int kWeightBits = 11;      // of a weight, so that sums fit an int

// By their series: libraries differ in the last bit of theirs. Exact to double precision for the
// angles taken here.
struct SineCosine {
  double sine, cosine;
};
SineCosine SineCosineOf(double radians) {
  double sine = 0, cosine = 0, term = 1;
  for (int n = 0; n < 24; ++n) {
    (n % 2 == 0 ? cosine : sine) += n % 4 < 2 ? term : -term;
    term *= radians / (n + 1);
  }
  return {sine, cosine};
}

std::int64_t Fixed(double x) {
  return static_cast<std::int64_t>(std::floor(x * (std::int64_t{1} << kCoordinateBits) + 0.5));
}

// The two inputs that one coordinate lies between, and the weight of the second.
struct Between {
  int first, second, weight;
};
Between Place(std::int64_t coordinate, int size) {
  const auto low = static_cast<int>(coordinate >> kCoordinateBits);
  const int weight =
      static_cast<int>(coordinate >> (kCoordinateBits - kWeightBits)) & ((1 << kWeightBits) - 1);
  return {std::clamp(low, 0, size - 1), std::clamp(low + 1, 0, size - 1), weight};
}

void Sample(const Image& image, std::int64_t x, std::int64_t y, std::uint8_t* out) {
  const Between column = Place(x, image.width);
  const Between row = Place(y, image.height);
  const auto at = [&](int from_row, int from_column) {
    return &image.rgb[(static_cast<std::size_t>(from_row) * image.width + from_column) * kChannels];
  };
  const std::uint8_t* corners[4] = {at(row.first, column.first), at(row.first, column.second),
                                    at(row.second, column.first), at(row.second, column.second)};
  constexpr int kOne = 1 << kWeightBits;
  const int weights[4] = {(kOne - row.weight) * (kOne - column.weight),
                          (kOne - row.weight) * column.weight, row.weight * (kOne - column.weight),
                          row.weight * column.weight};
  for (int c = 0; c < kChannels; ++c) {
    int sum = 1 << (2 * kWeightBits - 1);
    for (int i = 0; i < 4; ++i) sum += weights[i] * corners[i][c];
    out[c] = static_cast<std::uint8_t>(sum >> (2 * kWeightBits));
  }
}

}  // namespace

Image Mirror(const Image& image) {
  Image result = image;
  for (int y = 0; y < image.height; ++y) {
    std::uint8_t* left = &result.rgb[static_cast<std::size_t>(y) * image.width * kChannels];
    std::uint8_t* right = left + (image.width - 1) * kChannels;
    for (; left < right; left += kChannels, right -= kChannels) {
      std::swap_ranges(left, left + kChannels, right);
    }
  }
  return result;
}

Image Rotate(const Image& image, double degrees) {
  UNMASK_CHECK(std::abs(degrees) <= 45 && !image.rgb.empty());
  const auto [sine, cosine] = SineCosineOf(degrees * std::numbers::pi / 180);
  const double middle_x = (image.width - 1) / 2.0;
  const double middle_y = (image.height - 1) / 2.0;
  const std::int64_t step[2] = {Fixed(cosine), Fixed(sine)};
  Image result{image.width, image.height, std::vector<std::uint8_t>(image.rgb.size())};
  std::uint8_t* out = result.rgb.data();
  for (int row = 0; row < image.height; ++row) {
    const double down = row - middle_y;
    std::int64_t x = Fixed(middle_x - cosine * middle_x - sine * down);
    std::int64_t y = Fixed(middle_y - sine * middle_x + cosine * down);
    for (int column = 0; column < image.width; ++column, out += kChannels) {
      Sample(image, x, y, out);
      x += step[0];
      y += step[1];
    }
  }
  return result;
}

}  // namespace unmask

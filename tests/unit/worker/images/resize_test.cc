#include "worker/images/resize.h"

#include <gtest/gtest.h>

#include "tests/unit/worker/images/sample_picture.h"

namespace unmask {
namespace {

struct Case {
  int from_width, from_height, width, height;
  Filter filter;
  std::vector<int> expected;
};

// What Pillow 13.0.0 makes of Picture, pixel by pixel. The fourth is much taller than wide: Pillow
// takes its height first.
const std::vector<Case>& PillowCases() {
  static const std::vector<Case> cases = {
      {9,
       7,
       3,
       2,
       Filter::kBicubic,
       {114, 115, 113, 137, 115, 131, 132, 121, 140, 162, 127, 119, 101, 172, 127, 153, 133, 105}},
      {9,
       7,
       3,
       2,
       Filter::kBilinear,
       {115, 118, 115, 137, 114, 128, 132, 126, 139, 156, 128, 119, 108, 161, 128, 149, 137, 107}},
      {2,
       9,
       2,
       3,
       Filter::kBicubic,
       {168, 13, 53, 94, 139, 187, 159, 30, 83, 131, 151, 135, 102, 166, 148, 111, 94, 119}},
      {4, 17, 3, 3, Filter::kBicubic, {134, 111, 128, 114, 91,  151, 122, 103, 106,
                                       131, 146, 129, 141, 143, 122, 157, 132, 113,
                                       117, 155, 101, 171, 107, 132, 112, 132, 133}},
      {3, 2, 4, 3, Filter::kLanczos, {0,  11,  48,  32,  133, 171, 176, 118, 158, 255, 0,   22,
                                      41, 86,  125, 116, 81,  121, 178, 73,  115, 156, 72,  113,
                                      91, 161, 202, 200, 29,  71,  180, 28,  71,  56,  161, 204}},
      {9,
       7,
       3,
       2,
       Filter::kBox,
       {123, 114, 105, 117, 111, 148, 143, 98, 139, 167, 117, 124, 103, 170, 124, 156, 141, 100}},
      {9,
       7,
       3,
       2,
       Filter::kHamming,
       {112, 110, 115, 140, 102, 130, 125, 126, 142, 165, 124, 118, 100, 163, 130, 157, 142, 101}},
      {9,
       7,
       3,
       2,
       Filter::kNearest,
       {10, 59, 108, 211, 8, 61, 188, 245, 46, 210, 47, 140, 32, 128, 225, 143, 242, 86}},
      {14,
       1,
       5,
       1,
       Filter::kNearest,
       {112, 151, 190, 216, 2, 45, 218, 7, 52, 120, 168, 217, 55, 106, 158}},
  };
  return cases;
}

TEST(Resize, GivesPillowsBits) {
  for (const Case& one : PillowCases()) {
    const Image resized =
        Resize(Picture(one.from_width, one.from_height), one.width, one.height, one.filter);
    EXPECT_EQ(resized.width, one.width);
    EXPECT_EQ(resized.height, one.height);
    EXPECT_EQ(std::vector<int>(resized.rgb.begin(), resized.rgb.end()), one.expected)
        << one.from_width << "x" << one.from_height << " filter " << static_cast<int>(one.filter);
  }
}

// Sizes at which a product and a running sum of the scale do not choose the same pixels.
TEST(Resize, TakesTheNearestPixelsThatPillowTakes) {
  const auto sums = [](int from_width, int from_height, int width, int height) {
    return Sums(Resize(Picture(from_width, from_height), width, height, Filter::kNearest));
  };
  EXPECT_EQ(sums(60, 41, 54, 37), std::pair(766796, 96083978));
  EXPECT_EQ(sums(300, 1, 185, 1), std::pair(71266, 8322528));
  EXPECT_EQ(sums(1, 640, 1, 298), std::pair(114622, 13178523));
}

TEST(Resize, KeepsWhatHasTheSizeAlready) {
  const Image picture = Picture(5, 4);
  EXPECT_EQ(Resize(picture, 5, 4, Filter::kBicubic).rgb, picture.rgb);
}

TEST(Resize, KeepsOneColour) {
  Image grey{31, 17, std::vector<std::uint8_t>(std::size_t{31} * 17 * 3, 77)};
  for (const int side : {1, 2, 16, 40}) {
    for (const std::uint8_t value : Resize(grey, side, side, Filter::kBicubic).rgb) {
      ASSERT_EQ(value, 77);
    }
  }
}

}  // namespace
}  // namespace unmask

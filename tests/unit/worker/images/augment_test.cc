#include "worker/images/augment.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/unit/worker/images/sample_picture.h"
#include "worker/images/color.h"
#include "worker/images/rotate.h"

namespace unmask {
namespace {

template <class Change>
std::pair<int, int> SumsAfter(Change change) {
  Image image = Picture(11, 9);
  change(image);
  return Sums(image);
}

using SumPair = std::pair<int, int>;

// Expected: Pillow 13.0.0, ImageEnhance's classes, and torchvision's adjust_hue on its pictures.
TEST(ColorTest, HasPillowsBits) {
  EXPECT_EQ(SumsAfter([](Image& i) { AdjustBrightness(i, 1.17F); }), SumPair(42241, 4644137));
  EXPECT_EQ(SumsAfter([](Image& i) { AdjustContrast(i, 0.83F); }), SumPair(36876, 4054376));
  EXPECT_EQ(SumsAfter([](Image& i) { AdjustContrast(i, 1.19F); }), SumPair(36879, 4052313));
  EXPECT_EQ(SumsAfter([](Image& i) { AdjustSaturation(i, 1.18F); }), SumPair(36891, 4052889));
  EXPECT_EQ(SumsAfter([](Image& i) { AdjustSaturation(i, 0.85F); }), SumPair(36898, 4063870));
  EXPECT_EQ(SumsAfter([](Image& i) { AdjustHue(i, 0.02); }), SumPair(36203, 3966670));
  EXPECT_EQ(SumsAfter([](Image& i) { AdjustHue(i, -0.3); }), SumPair(35394, 3873338));
  EXPECT_EQ(SumsAfter([](Image& i) { AdjustHue(i, 0); }), SumPair(37155, 4090225));
}

// Expected: Pillow 13.0.0, its FLIP_LEFT_RIGHT and then the changes in the order given.
TEST(AugmentTest, AppliesInTheOrderDrawn) {
  Augmentation fixed{
      .flip = true,
      .degrees = 0,
      .brightness = 0.87F,
      .contrast = 0.9F,
      .saturation = 1.1F,
      .hue = 0.019,
      .order = {Jitter::kHue, Jitter::kContrast, Jitter::kSaturation, Jitter::kBrightness}};
  const Image picture = Picture(11, 9);
  const Image result = ApplyAugmentation(picture, fixed);
  EXPECT_EQ(Sums(result), SumPair(31289, 3467484));
  std::swap(fixed.order[0], fixed.order[3]);
  EXPECT_NE(Sums(ApplyAugmentation(picture, fixed)), SumPair(31289, 3467484));
}

// Expected: Pillow 13.0.0, rotate(9, BILINEAR), columns 3 to 7 of rows 2 to 6. It cuts where we
// round.
TEST(RotateTest, IsWithinALevelOfPillow) {
  const std::vector<int> pillow = {
      53,  117, 181, 73,  68,  125, 197, 96,  82,  153, 227, 45,  126, 202, 73,  142, 72,  117, 150,
      224, 85,  158, 241, 71,  139, 226, 57,  137, 227, 61,  213, 53,  141, 29,  122, 175, 32,  128,
      225, 79,  139, 24,  141, 164, 91,  207, 76,  156, 40,  109, 215, 72,  181, 76,  145, 44,  114,
      170, 92,  144, 159, 163, 134, 155, 113, 169, 103, 147, 93,  135, 99,  129, 67,  134, 68};
  const Image turned = Rotate(Picture(11, 9), 9);
  for (std::size_t i = 0; i < pillow.size(); ++i) {
    const std::size_t at = (2 + i / 15) * 33 + 9 + i % 15;
    EXPECT_NEAR(turned.rgb[at], pillow[i] + 0.5, 1) << i;
  }
}

TEST(RotateTest, TurnsCounterClockwiseAboutTheMiddleAndRepeatsTheBorder) {
  Image image{21, 21, std::vector<std::uint8_t>(21 * 21 * 3, 200)};
  const auto at = [](const Image& of, int x, int y) { return of.rgb[(y * 21 + x) * 3]; };
  for (int c = 0; c < 3; ++c) {
    image.rgb[(10 * 21 + 10) * 3 + c] = 0;  // the middle stays
    image.rgb[(10 * 21 + 20) * 3 + c] = 0;  // right: moves up by 10 sin 10 = 1.7, left by 0.15
  }
  const Image turned = Rotate(image, 10);
  EXPECT_EQ(at(turned, 10, 10), 0);
  EXPECT_LT(at(turned, 20, 8), 120);
  EXPECT_EQ(at(turned, 20, 12), 200);
  EXPECT_EQ(at(turned, 0, 0), 200) << "from outside: the border's pixel, not black";
  EXPECT_EQ(Rotate(image, 0).rgb, image.rgb);
}

TEST(RotateTest, MirrorsOddAndEvenWidths) {
  EXPECT_THAT(Mirror({2, 1, {1, 2, 3, 4, 5, 6}}).rgb, testing::ElementsAre(4, 5, 6, 1, 2, 3));
  EXPECT_THAT(Mirror({3, 1, {1, 2, 3, 4, 5, 6, 7, 8, 9}}).rgb,
              testing::ElementsAre(7, 8, 9, 4, 5, 6, 1, 2, 3));
  const Image picture = Picture(11, 9);
  EXPECT_EQ(Mirror(Mirror(picture)).rgb, picture.rgb);
}

TEST(AugmentTest, AViewIsAFunctionOfSeedViewAndClip) {
  const Image picture = Picture(40, 40);
  const Image view = Augment(picture, 3, 7, "22_an2_ha");
  EXPECT_EQ(view.width, 40);
  EXPECT_EQ(view.rgb, Augment(picture, 3, 7, "22_an2_ha").rgb);
  EXPECT_NE(view.rgb, Augment(picture, 3, 8, "22_an2_ha").rgb);
  EXPECT_NE(view.rgb, Augment(picture, 4, 7, "22_an2_ha").rgb);
  EXPECT_NE(view.rgb, Augment(picture, 3, 7, "22_an2_h").rgb);
  EXPECT_NE(view.rgb, picture.rgb);
}

// These bits are in every stored view: a change here needs a new numerics version of features.
TEST(AugmentTest, KeepsItsBits) {
  const Augmentation drawn = DrawAugmentation(3, 7, "22_an2_ha");
  EXPECT_EQ(drawn.flip, true);
  EXPECT_EQ(Sums(Augment(Picture(40, 40), 3, 7, "22_an2_ha")), SumPair(605681, 75252358));
}

struct Moments {
  void Add(double x) {
    sum += x;
    squares += x * x;
    least = std::min(least, x);
    most = std::max(most, x);
    ++count;
  }
  double sum = 0, squares = 0, least = 1e9, most = -1e9;
  int count = 0;
};

// Uniform on middle +- most: the mean within five standard errors, the spread, the ends reached.
void ExpectUniform(const Moments& m, double middle, double most) {
  const double mean = m.sum / m.count;
  const double deviation = std::sqrt(m.squares / m.count - mean * mean);
  EXPECT_NEAR(mean, middle, 5 * most / std::sqrt(3.0 * m.count));
  EXPECT_NEAR(deviation, most / std::sqrt(3.0), 0.02 * most);
  EXPECT_GE(m.least, middle - most * 1.0001);
  EXPECT_LE(m.most, middle + most * 1.0001);
  EXPECT_LT(m.least, middle - most * 0.99);
  EXPECT_GT(m.most, middle + most * 0.99);
}

TEST(AugmentTest, DrawsUniformlyWithinItsBounds) {
  Moments flip, degrees, brightness, contrast, saturation, hue;
  std::array<int, 4> first{};
  for (int clip = 0; clip < 100; ++clip) {
    for (int view = 0; view < 200; ++view) {
      const Augmentation drawn = DrawAugmentation(1, view, "clip " + std::to_string(clip));
      flip.Add(drawn.flip ? 1 : 0);
      degrees.Add(drawn.degrees);
      brightness.Add(drawn.brightness);
      contrast.Add(drawn.contrast);
      saturation.Add(drawn.saturation);
      hue.Add(drawn.hue);
      ++first[static_cast<int>(drawn.order[0])];
    }
  }
  EXPECT_NEAR(flip.sum / flip.count, 0.5, 5 * 0.5 / std::sqrt(20000));
  ExpectUniform(degrees, 0, 10);
  ExpectUniform(brightness, 1, 0.2);
  ExpectUniform(contrast, 1, 0.2);
  ExpectUniform(saturation, 1, 0.2);
  ExpectUniform(hue, 0, 0.02);
  for (const int count : first) EXPECT_NEAR(count, 5000, 5 * 62);
}

}  // namespace
}  // namespace unmask

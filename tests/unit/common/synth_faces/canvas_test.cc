#include "common/synth_faces/canvas.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace unmask {
namespace {

double Area(const Mask& mask) {
  return std::accumulate(mask.coverage.begin(), mask.coverage.end(), 0.0);
}

// Half the sum of cross products.
double Shoelace(const Path& polygon) {
  double sum = 0;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Point a = polygon[i];
    const Point b = polygon[(i + 1) % polygon.size()];
    sum += a.x * b.y - b.x * a.y;
  }
  return std::abs(sum) / 2;
}

TEST(CanvasTest, CoversEachPixelByTheAreaThatLiesWithin) {
  const Canvas canvas(20, 20);
  const Mask box = canvas.MaskOf({{2.25, 3.5}, {5.5, 3.5}, {5.5, 6}, {2.25, 6}});
  EXPECT_NEAR(box.At(2, 3), 0.75 * 0.5, 1e-6);
  EXPECT_NEAR(box.At(2, 4), 0.75, 1e-6);
  EXPECT_NEAR(box.At(4, 4), 1, 1e-6);
  EXPECT_NEAR(box.At(5, 5), 0.5, 1e-6);
  EXPECT_EQ(box.At(6, 5), 0);
  EXPECT_EQ(box.At(1, 4), 0);
  const Mask half = canvas.MaskOf({{4, 4}, {8, 8}, {4, 8}});  // below a diagonal
  EXPECT_NEAR(half.At(5, 5), 0.5, 1e-6);
  EXPECT_NEAR(half.At(4, 5), 1, 1e-6);
  EXPECT_NEAR(half.At(6, 5), 0, 1e-6);
}

TEST(CanvasTest, KeepsTheAreaOfAnyShapeAndDirection) {
  const Canvas canvas(40, 40);
  const Point corners[] = {{5.3, 7.1}, {30.2, 4.4}, {34.9, 20.7}, {18.6, 35.5}, {9.9, 24.2}};
  Path shape = ClosedSpline(corners);
  EXPECT_NEAR(Area(canvas.MaskOf(shape)), Shoelace(shape), 1e-3);
  std::reverse(shape.begin(), shape.end());
  EXPECT_NEAR(Area(canvas.MaskOf(shape)), Shoelace(shape), 1e-3);
  const double circle = Area(canvas.MaskOf(Ellipse({20, 20}, 10, 10)));
  EXPECT_NEAR(circle, 314.16, 6);  // of a polygon whose curve is nearly round
}

TEST(CanvasTest, CutsShapesAtItsBorder) {
  const Canvas canvas(10, 10);
  EXPECT_NEAR(Area(canvas.MaskOf({{-5, -5}, {4, -5}, {4, 20}, {-5, 20}})), 40, 1e-3);
  EXPECT_NEAR(Area(canvas.MaskOf({{6, 2}, {30, 2}, {30, 4}, {6, 4}})), 8, 1e-3);
  EXPECT_EQ(Area(canvas.MaskOf({{12, 2}, {30, 2}, {30, 4}})), 0);
}

TEST(CanvasTest, MixesByOpacityAndStaysWithinAMask) {
  Canvas canvas(4, 1);
  canvas.Gradient({0, 0, 0}, {0, 0, 0});
  const Mask left = canvas.MaskOf({{0, 0}, {2, 0}, {2, 1}, {0, 1}});
  canvas.Fill({{1, 0}, {4, 0}, {4, 1}, {1, 1}}, {1, 0.5, 0}, 0.5, &left);
  const std::vector<std::uint8_t> expected = {0, 0, 0, 128, 64, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(canvas.Rgb(), expected);
}

TEST(CanvasTest, StrokesHaveTheWidthGiven) {
  Canvas canvas(20, 20);
  canvas.Gradient({0, 0, 0}, {0, 0, 0});
  canvas.Stroke({{3, 10}, {10, 10}, {17, 10}}, std::vector<double>{4, 4}, {1, 1, 1});
  const auto rgb = canvas.Rgb();
  int lit = 0;
  for (int y = 0; y < 20; ++y) lit += rgb[(y * 20 + 10) * 3];
  EXPECT_EQ(lit, 4 * 255);
}

}  // namespace
}  // namespace unmask

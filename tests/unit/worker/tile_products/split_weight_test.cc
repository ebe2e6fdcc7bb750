#include "worker/tile_products/split_weight.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/testing/products.h"

namespace unmask {
namespace {

class SplitWeightTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!SplitWeight::Available()) GTEST_SKIP() << "this processor has no tiles of bfloat16";
  }
  Numbers Draw(std::int64_t size, auto&& draw) { return unmask::Draw(size, draw, random_); }

  std::mt19937 random_{1};
};

// Ragged rows, several slabs of rows and of inputs, their last ones whole or not.
constexpr Shape kShapes[] = {{1, 32, 32},    {17, 64, 96},  {33, 384, 32}, {400, 416, 64},
                             {417, 800, 32}, {8, 1152, 64}, {900, 768, 32}};

constexpr auto Multiply = unmask::Multiply<SplitWeight>;

TEST(SplitWeight, TakesWholeBlocks) {
  EXPECT_TRUE(SplitWeight::Takes(768, 3072));
  EXPECT_FALSE(SplitWeight::Takes(768, 100));
  EXPECT_FALSE(SplitWeight::Takes(100, 768));
  EXPECT_FALSE(SplitWeight::Takes(0, 32));
}

TEST_F(SplitWeightTest, SumsIntegersExactly) {
  ExpectExactSumsOfIntegers<SplitWeight>(kShapes, random_);
}

// Against double precision: no further from it than a sum of float32 products is.
TEST_F(SplitWeightTest, IsAsExactAsFloat32) {
  for (const Shape shape : kShapes) {
    // Sizes from 2^-20 to 2^20, so that no part of a number can be left out.
    std::normal_distribution<double> normal;
    std::uniform_int_distribution<int> exponents(-20, 20);
    const auto wide = [&](std::mt19937& random) {
      return std::ldexp(normal(random), exponents(random));
    };
    const Numbers x = Draw(shape.rows * shape.inputs, wide);
    const Numbers weight = Draw(shape.outputs * shape.inputs, wide);
    const Numbers out = Multiply(x, weight, {}, shape);
    double ours = 0, plain = 0;  // squared errors, as parts of the products' sizes
    for (std::int64_t row = 0; row < shape.rows; ++row) {
      for (std::int64_t output = 0; output < shape.outputs; ++output) {
        double sum = 0, size = 0;
        float sum32 = 0;
        for (std::int64_t i = 0; i < shape.inputs; ++i) {
          const float a = x[static_cast<std::size_t>(row * shape.inputs + i)];
          const float b = weight[static_cast<std::size_t>(output * shape.inputs + i)];
          sum += double{a} * b;
          size += std::abs(double{a} * b);
          sum32 += a * b;
        }
        const double here = out[static_cast<std::size_t>(row * shape.outputs + output)];
        ours += std::pow((here - sum) / size, 2);
        plain += std::pow((double{sum32} - sum) / size, 2);
      }
    }
    EXPECT_LT(std::sqrt(ours), 1.5 * std::sqrt(plain)) << shape.rows << " x " << shape.inputs;
    EXPECT_GT(ours, 0);
  }
}

TEST_F(SplitWeightTest, GivesARowTheSameBitsWhereverItStands) {
  const Shape shape{900, 800, 64};
  std::normal_distribution<float> normal;
  const Numbers weight = Draw(shape.outputs * shape.inputs, normal);
  const Numbers bias = Draw(shape.outputs, normal);
  const Numbers row = Draw(shape.inputs, normal);
  const Numbers alone = Multiply(row, weight, bias, {1, shape.inputs, shape.outputs});
  for (const std::int64_t place : {0, 1, 15, 16, 31, 32, 415, 416, 899}) {
    Numbers x = Draw(shape.rows * shape.inputs, normal);
    std::copy(row.begin(), row.end(), x.begin() + place * shape.inputs);
    const Numbers out = Multiply(x, weight, bias, shape);
    const auto begin = out.begin() + place * shape.outputs;
    EXPECT_EQ(Numbers(begin, begin + shape.outputs), alone) << place;
  }
}

TEST_F(SplitWeightTest, LetsNothingThatIsNotANumberPass) {
  Numbers x(32, 1.0F);
  x[7] = NAN;
  const Numbers weight(32 * 32, 1.0F);
  for (const float value : Multiply(x, weight, {}, {1, 32, 32})) EXPECT_TRUE(std::isnan(value));
}

}  // namespace
}  // namespace unmask

#include "worker/panel_products/panel_weight.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/testing/products.h"

namespace unmask {
namespace {

class PanelWeightTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
      GTEST_SKIP() << "this processor has no AVX2";
    }
  }
  Numbers Draw(std::int64_t size, auto&& draw) { return unmask::Draw(size, draw, random_); }

  std::mt19937 random_{1};
};

// Ragged rows, inputs and outputs; several blocks of rows and of inputs, their last ones whole or
// not.
constexpr Shape kShapes[] = {{1, 1, 1},      {6, 256, 16},  {7, 257, 17},  {8, 768, 33},
                             {120, 512, 16}, {121, 40, 31}, {256, 300, 48}};

constexpr auto Multiply = unmask::Multiply<PanelWeight>;

TEST_F(PanelWeightTest, SumsIntegersExactly) {
  ExpectExactSumsOfIntegers<PanelWeight>(kShapes, random_);
}

// A row's bits are those that it has alone, wherever it stands.
TEST_F(PanelWeightTest, ARowsBitsDependNeitherOnItsPlaceNorOnOthers) {
  std::normal_distribution<float> normal;
  for (const Shape shape : kShapes) {
    const Numbers x = Draw(shape.rows * shape.inputs, normal);
    const Numbers weight = Draw(shape.outputs * shape.inputs, normal);
    const Numbers all = Multiply(x, weight, {}, shape);
    for (std::int64_t row = 0; row < shape.rows; ++row) {
      const auto of = [&](const Numbers& numbers, std::int64_t width) {
        return Numbers(numbers.begin() + row * width, numbers.begin() + (row + 1) * width);
      };
      const Numbers alone =
          Multiply(of(x, shape.inputs), weight, {}, {1, shape.inputs, shape.outputs});
      ASSERT_EQ(alone, of(all, shape.outputs)) << "row " << row << " of " << shape.rows;
    }
  }
}

TEST_F(PanelWeightTest, SumsOfManyInputsStayExact) {
  constexpr Shape kShape = {6, 3072, 16};
  std::normal_distribution<float> normal;
  const Numbers x = Draw(kShape.rows * kShape.inputs, normal);
  const Numbers weight = Draw(kShape.outputs * kShape.inputs, normal);
  const Numbers out = Multiply(x, weight, {}, kShape);
  double error = 0, scale = 0;
  for (std::int64_t row = 0; row < kShape.rows; ++row) {
    for (std::int64_t output = 0; output < kShape.outputs; ++output) {
      double sum = 0;
      for (std::int64_t i = 0; i < kShape.inputs; ++i) {
        sum += double{x[static_cast<std::size_t>(row * kShape.inputs + i)]} *
               weight[static_cast<std::size_t>(output * kShape.inputs + i)];
      }
      const double off = out[static_cast<std::size_t>(row * kShape.outputs + output)] - sum;
      error += off * off;
      scale += sum * sum;
    }
  }
  EXPECT_LT(std::sqrt(error / scale), 5e-7);
}

}  // namespace
}  // namespace unmask

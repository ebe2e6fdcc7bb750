// Numbers for tests of products, and what a weight makes of them.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace unmask {

using Numbers = std::vector<float>;

struct Shape {
  std::int64_t rows, inputs, outputs;
};

inline Numbers Draw(std::int64_t size, auto&& draw, std::mt19937& random) {
  Numbers numbers(static_cast<std::size_t>(size));
  for (float& number : numbers) number = static_cast<float>(draw(random));
  return numbers;
}

// [rows, outputs]; an empty `bias` is none.
template <typename Weight>
Numbers Multiply(const Numbers& x, const Numbers& weight, const Numbers& bias, Shape shape) {
  Numbers out(static_cast<std::size_t>(shape.rows * shape.outputs), NAN);
  Weight(weight.data(), shape.outputs, shape.inputs)
      .Multiply(x.data(), shape.rows, bias.empty() ? nullptr : bias.data(), out.data());
  return out;
}

// Small integers have exact sums: whatever is at a wrong place shows.
template <typename Weight>
void ExpectExactSumsOfIntegers(std::span<const Shape> shapes, std::mt19937& random) {
  for (const Shape shape : shapes) {
    std::uniform_int_distribution<int> integers(-9, 9);
    const Numbers x = Draw(shape.rows * shape.inputs, integers, random);
    const Numbers weight = Draw(shape.outputs * shape.inputs, integers, random);
    const Numbers bias = Draw(shape.outputs, integers, random);
    const Numbers out = Multiply<Weight>(x, weight, bias, shape);
    for (std::int64_t row = 0; row < shape.rows; ++row) {
      for (std::int64_t output = 0; output < shape.outputs; ++output) {
        float sum = bias[static_cast<std::size_t>(output)];
        for (std::int64_t i = 0; i < shape.inputs; ++i) {
          sum += x[static_cast<std::size_t>(row * shape.inputs + i)] *
                 weight[static_cast<std::size_t>(output * shape.inputs + i)];
        }
        ASSERT_EQ(out[static_cast<std::size_t>(row * shape.outputs + output)], sum)
            << shape.rows << " x " << shape.inputs << " x " << shape.outputs << ": " << row << ", "
            << output;
      }
    }
  }
}

}  // namespace unmask

#include "worker/core_engine/adam.h"

#include <gtest/gtest.h>

#include <cmath>

namespace unmask {
namespace {

// The update as Kingma and Ba's algorithm 1 has it, the epsilon inside the corrected root's sum.
double TextbookUpdate(double lr, std::int64_t step, double first, double second) {
  const auto steps = static_cast<double>(step);
  const double corrected_first = first / (1 - std::pow(0.9, steps));
  const double corrected_second = second / (1 - std::pow(0.999, steps));
  return lr * corrected_first / (std::sqrt(corrected_second) + 1e-8);
}

TEST(AdamStep, CorrectsTheMomentsBias) {
  Settings::Train train;
  train.lr = 0.01;
  for (const std::int64_t step : {1, 2, 7, 1000, 123456}) {
    const AdamStep adam(train, step);
    // With second moments far above epsilon, near it, and none.
    for (const double second : {1e-4, 1e-16, 0.0}) {
      const double update = adam.rate * 3e-3 / (std::sqrt(second) + adam.epsilon);
      const double expected = TextbookUpdate(train.lr, step, 3e-3, second);
      EXPECT_NEAR(update, expected, 3e-7 * expected) << step << ", " << second;
    }
  }
}

}  // namespace
}  // namespace unmask

#include "worker/core_engine/adam.h"

#include <gtest/gtest.h>

#include <cmath>

namespace unmask {
namespace {

TEST(AdamStep, CorrectsTheMomentsBias) {
  Settings::Train train;
  train.lr = 0.01;
  for (const std::int64_t step : {1, 2, 7, 1000, 123456}) {
    const AdamStep adam(train, step);
    const auto steps = static_cast<double>(step);
    EXPECT_FLOAT_EQ(adam.rate, static_cast<float>(0.01 / (1 - std::pow(0.9, steps)))) << step;
    EXPECT_FLOAT_EQ(adam.root_scale, static_cast<float>(1 / std::sqrt(1 - std::pow(0.999, steps))))
        << step;
  }
}

}  // namespace
}  // namespace unmask

#include "coordinator/statistics/quantile.h"

#include <gtest/gtest.h>

#include <vector>

namespace unmask {
namespace {

TEST(Quantile, LiesBetweenOrderStatistics) {
  const std::vector<double> values = {1, 2, 4, 8};
  EXPECT_EQ(Quantile(values, 0), 1);
  EXPECT_EQ(Quantile(values, 0.25), 1.75);  // numpy.quantile
  EXPECT_EQ(Quantile(values, 0.5), 3);
  EXPECT_EQ(Quantile(values, 0.75), 5);
  EXPECT_EQ(Quantile(values, 1), 8);
  EXPECT_EQ(Quantile(std::vector<double>{7}, 0.3), 7);
}

}  // namespace
}  // namespace unmask

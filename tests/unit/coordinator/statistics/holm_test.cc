#include "coordinator/statistics/holm.h"

#include <gtest/gtest.h>

#include "tests/unit/coordinator/statistics/scipy_values.h"

namespace unmask {
namespace {

TEST(Holm, AgreesWithStatsmodels) {
  ASSERT_GE(kHolmCases.size(), 20U);
  for (std::size_t i = 0; i < kHolmCases.size(); ++i) {
    const std::vector<double> adjusted = HolmAdjusted(kHolmCases[i].p_values);
    ASSERT_EQ(adjusted.size(), kHolmCases[i].adjusted.size());
    for (std::size_t j = 0; j < adjusted.size(); ++j) {
      EXPECT_NEAR(adjusted[j], kHolmCases[i].adjusted[j], 1e-15) << "case " << i << "," << j;
    }
  }
}

TEST(Holm, NoTestsNoValues) { EXPECT_TRUE(HolmAdjusted({}).empty()); }

}  // namespace
}  // namespace unmask

#include "coordinator/statistics/seed_mean.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/coordinator/statistics/scipy_values.h"

namespace unmask {
namespace {

TEST(SeedMean, AgreesWithNumpy) {
  ASSERT_GE(kSampleCases.size(), 20U);
  for (const SampleCase& known : kSampleCases) {
    const SeedMean result = MeanOverSeeds(known.values);
    EXPECT_NEAR(result.mean, known.mean, 1e-15 * std::abs(known.mean));
    EXPECT_EQ(result.deviation.has_value(), known.values.size() > 1);
    EXPECT_NEAR(result.deviation.value_or(0), known.deviation, 1e-12);
  }
}

}  // namespace
}  // namespace unmask

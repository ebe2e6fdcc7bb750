#include "coordinator/statistics/seed_mean.h"

#include <cmath>

#include "common/base/check.h"

namespace unmask {

SeedMean MeanOverSeeds(std::span<const double> values) {
  UNMASK_CHECK(!values.empty());
  SeedMean result;
  for (const double value : values) result.mean += value;
  result.mean /= static_cast<double>(values.size());
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  result.deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
  return result;
}

}  // namespace unmask

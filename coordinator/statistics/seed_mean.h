// A figure over several seeds. The seeds' figures are never pooled: their spread is what training
// by chance makes of the same study.
#pragma once

#include <optional>
#include <span>

namespace unmask {

// The one value, or mean and sample standard deviation (n - 1).
struct SeedMean {
  double mean = 0;
  std::optional<double> deviation;  // nullopt: one seed
};

// `values` is not empty.
SeedMean MeanOverSeeds(std::span<const double> values);

}  // namespace unmask

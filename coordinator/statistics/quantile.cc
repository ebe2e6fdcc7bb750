#include "coordinator/statistics/quantile.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"

namespace unmask {

double Quantile(std::span<const double> sorted, double share) {
  UNMASK_CHECK(!sorted.empty());
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(at));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - std::floor(at)) * (sorted[above] - sorted[below]);
}

}  // namespace unmask

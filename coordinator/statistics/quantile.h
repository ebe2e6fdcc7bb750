// Quantiles of a sample.
#pragma once

#include <span>

namespace unmask {

// Linear between the order statistics (Hyndman & Fan's type 7, as in NumPy). `sorted` ascends and
// is not empty; `share` lies in [0, 1].
double Quantile(std::span<const double> sorted, double share);

}  // namespace unmask

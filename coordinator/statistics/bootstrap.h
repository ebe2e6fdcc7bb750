// Intervals from resampling the subjects, whose clips stay together: what another group of subjects
// might have shown. With 22 subjects such an interval is a little narrow; it says nothing about
// another random seed.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "common/metrics/metrics.h"

namespace unmask {

struct BootstrapOptions {
  std::int64_t seed = 0;
  std::int64_t resamples = 9999;
  double level = 0.95;
};

// Percentile interval of `statistic` over subjects drawn with replacement: it gets as many indices
// in [0, subjects) as there are subjects. `subjects` > 0.
Interval BootstrapInterval(std::size_t subjects,
                           const std::function<double(std::span<const std::uint32_t>)>& statistic,
                           const BootstrapOptions& options = {});

// A metric of pooled predictions: Accuracy, MacroF1, WeightedF1, Uar.
using PooledMetric = double (*)(const ConfusionMatrix&);

struct PairedIntervals {
  Interval first;
  Interval second;
  Interval difference;  // the second's metric minus the first's
};

// Of the metric: each resample takes the same subjects of both. One matrix a subject, never empty,
// the same subjects in the same order in both. Classes may differ between them.
PairedIntervals BootstrapPaired(std::span<const ConfusionMatrix> first,
                                std::span<const ConfusionMatrix> second, PooledMetric metric,
                                const BootstrapOptions& options = {});

// sum(numerators) / sum(denominators) over resampled subjects; 0 where the latter is 0.
Interval BootstrapRatio(std::span<const double> numerators, std::span<const double> denominators,
                        const BootstrapOptions& options = {});

}  // namespace unmask

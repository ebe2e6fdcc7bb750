#include "coordinator/statistics/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"
#include "common/random/philox.h"

namespace unmask {
namespace {

// Linear between the order statistics (Hyndman & Fan's type 7, as in NumPy).
double Quantile(const std::vector<double>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(at));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - std::floor(at)) * (sorted[above] - sorted[below]);
}

// The matrices over one list of classes, so that adding them is adding numbers.
std::vector<ConfusionMatrix> Aligned(std::span<const ConfusionMatrix> matrices) {
  const ConfusionMatrix empty(Pool(matrices).classes);
  std::vector<ConfusionMatrix> aligned;
  aligned.reserve(matrices.size());
  for (const ConfusionMatrix& matrix : matrices) {
    aligned.push_back(Pool(std::vector<ConfusionMatrix>{empty, matrix}));
  }
  return aligned;
}

class ResampledMetric {
 public:
  ResampledMetric(std::span<const ConfusionMatrix> subjects, PooledMetric metric)
      : subjects_(Aligned(subjects)), pooled_(subjects_.front().classes), metric_(metric) {}

  double operator()(std::span<const std::uint32_t> drawn) {
    std::ranges::fill(pooled_.counts, 0);
    for (const std::uint32_t subject : drawn) {
      const std::vector<std::int64_t>& counts = subjects_[subject].counts;
      for (std::size_t i = 0; i < counts.size(); ++i) pooled_.counts[i] += counts[i];
    }
    return metric_(pooled_);
  }

 private:
  std::vector<ConfusionMatrix> subjects_;
  ConfusionMatrix pooled_;
  PooledMetric metric_;
};

}  // namespace

Interval BootstrapInterval(std::size_t subjects,
                           const std::function<double(std::span<const std::uint32_t>)>& statistic,
                           const BootstrapOptions& options) {
  UNMASK_CHECK(subjects > 0 && options.resamples > 0);
  const RandomStream stream(options.seed, "", "bootstrap");
  std::vector<std::uint32_t> drawn(subjects);
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(options.resamples));
  for (std::int64_t resample = 0; resample < options.resamples; ++resample) {
    for (std::size_t i = 0; i < subjects; ++i) {
      drawn[i] = stream.Below(static_cast<std::uint32_t>(subjects), 0,
                              static_cast<std::uint32_t>(resample), static_cast<std::uint32_t>(i));
    }
    values.push_back(statistic(drawn));
  }
  std::ranges::sort(values);
  const double outside = (1 - options.level) / 2;
  return {Quantile(values, outside), Quantile(values, 1 - outside)};
}

Interval BootstrapMetric(std::span<const ConfusionMatrix> subjects, PooledMetric metric,
                         const BootstrapOptions& options) {
  ResampledMetric resampled(subjects, metric);
  return BootstrapInterval(subjects.size(), [&](auto drawn) { return resampled(drawn); }, options);
}

Interval BootstrapDifference(std::span<const ConfusionMatrix> first,
                             std::span<const ConfusionMatrix> second, PooledMetric metric,
                             const BootstrapOptions& options) {
  UNMASK_CHECK(first.size() == second.size());
  ResampledMetric of_first(first, metric);
  ResampledMetric of_second(second, metric);
  return BootstrapInterval(
      first.size(), [&](auto drawn) { return of_second(drawn) - of_first(drawn); }, options);
}

Interval BootstrapRatio(std::span<const double> numerators, std::span<const double> denominators,
                        const BootstrapOptions& options) {
  UNMASK_CHECK(numerators.size() == denominators.size());
  const auto ratio = [&](std::span<const std::uint32_t> drawn) {
    double above = 0;
    double below = 0;
    for (const std::uint32_t subject : drawn) {
      above += numerators[subject];
      below += denominators[subject];
    }
    return below == 0 ? 0 : above / below;
  };
  return BootstrapInterval(numerators.size(), ratio, options);
}

}  // namespace unmask

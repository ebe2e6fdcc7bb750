#include "coordinator/statistics/bootstrap.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "common/base/check.h"
#include "common/random/philox.h"
#include "coordinator/statistics/quantile.h"

namespace unmask {
namespace {

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
      : metric_(metric) {
    for (const ConfusionMatrix& matrix : Aligned(subjects)) {
      pooled_ = ConfusionMatrix(matrix.classes);
      std::vector<Count>& counts = subjects_.emplace_back();
      for (std::size_t at = 0; at < matrix.counts.size(); ++at) {
        if (matrix.counts[at] != 0) counts.push_back({at, matrix.counts[at]});
      }
    }
  }

  double operator()(std::span<const std::uint32_t> drawn) {
    std::ranges::fill(pooled_.counts, 0);
    for (const std::uint32_t subject : drawn) {
      for (const Count& count : subjects_[subject]) pooled_.counts[count.at] += count.clips;
    }
    return metric_(pooled_);
  }

 private:
  struct Count {
    std::size_t at = 0;  // of ConfusionMatrix::counts
    std::int64_t clips = 0;
  };

  std::vector<std::vector<Count>> subjects_;  // the few that are not 0
  ConfusionMatrix pooled_;
  PooledMetric metric_;
};

// As many indices in [0, subjects) as there are subjects.
void Draw(const RandomStream& stream, std::int64_t resample, std::span<std::uint32_t> drawn) {
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    drawn[i] = stream.Below(static_cast<std::uint32_t>(drawn.size()), 0,
                            static_cast<std::uint32_t>(resample), static_cast<std::uint32_t>(i));
  }
}

struct Draws {
  std::size_t subjects = 0;
  std::int64_t seed = 0;
  std::vector<std::uint32_t> indices;  // [resamples][subjects]
};

// Cell after cell has as many subjects, and to draw them takes longer than to add them up: each
// thread keeps what it drew last.
std::shared_ptr<const Draws> DrawAll(std::size_t subjects, const BootstrapOptions& options) {
  const std::size_t indices = static_cast<std::size_t>(options.resamples) * subjects;
  thread_local std::shared_ptr<const Draws> last;
  if (last && last->subjects == subjects && last->seed == options.seed &&
      last->indices.size() == indices) {
    return last;
  }
  const RandomStream stream(options.seed, "", "bootstrap");
  Draws draws{subjects, options.seed, std::vector<std::uint32_t>(indices)};
  for (std::int64_t resample = 0; resample < options.resamples; ++resample) {
    Draw(stream, resample,
         std::span(draws.indices).subspan(static_cast<std::size_t>(resample) * subjects, subjects));
  }
  last = std::make_shared<const Draws>(std::move(draws));
  return last;
}

// Calls use(drawn) for each resample: as many indices in [0, subjects) as there are subjects.
void ForEachResample(std::size_t subjects, const BootstrapOptions& options, auto&& use) {
  UNMASK_CHECK(subjects > 0 && options.resamples > 0);
  constexpr std::size_t kKeptMost = 10'000'000;  // 40 MB
  if (static_cast<std::size_t>(options.resamples) * subjects > kKeptMost) {
    const RandomStream stream(options.seed, "", "bootstrap");
    std::vector<std::uint32_t> drawn(subjects);
    for (std::int64_t resample = 0; resample < options.resamples; ++resample) {
      Draw(stream, resample, drawn);
      use(std::span<const std::uint32_t>(drawn));
    }
    return;
  }
  const std::shared_ptr<const Draws> draws = DrawAll(subjects, options);
  for (std::size_t at = 0; at < draws->indices.size(); at += subjects) {
    use(std::span(draws->indices).subspan(at, subjects));
  }
}

Interval PercentileInterval(std::vector<double> values, double level) {
  std::ranges::sort(values);
  const double outside = (1 - level) / 2;
  return {Quantile(values, outside), Quantile(values, 1 - outside)};
}

}  // namespace

Interval BootstrapInterval(std::size_t subjects,
                           const std::function<double(std::span<const std::uint32_t>)>& statistic,
                           const BootstrapOptions& options) {
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(options.resamples));
  ForEachResample(subjects, options, [&](auto drawn) { values.push_back(statistic(drawn)); });
  return PercentileInterval(std::move(values), options.level);
}

PairedIntervals BootstrapPaired(std::span<const ConfusionMatrix> first,
                                std::span<const ConfusionMatrix> second, PooledMetric metric,
                                const BootstrapOptions& options) {
  UNMASK_CHECK(first.size() == second.size());
  ResampledMetric of_first(first, metric);
  ResampledMetric of_second(second, metric);
  std::vector<double> here;
  std::vector<double> there;
  std::vector<double> differences;
  ForEachResample(first.size(), options, [&](auto drawn) {
    here.push_back(of_first(drawn));
    there.push_back(of_second(drawn));
    differences.push_back(there.back() - here.back());
  });
  return {PercentileInterval(std::move(here), options.level),
          PercentileInterval(std::move(there), options.level),
          PercentileInterval(std::move(differences), options.level)};
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

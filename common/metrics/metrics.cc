#include "common/metrics/metrics.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "common/base/check.h"

namespace unmask {
namespace {

double Ratio(double numerator, double denominator) {
  return denominator == 0 ? 0 : numerator / denominator;
}

// What the rates of one class are made of.
struct ClassCounts {
  std::int64_t labels = 0;     // row sum: how often the class is the truth
  std::int64_t predicted = 0;  // column sum
  std::int64_t right = 0;

  double Recall() const { return Ratio(right, labels); }
  double F1() const { return Ratio(2.0 * right, labels + predicted); }
};

// Class by class, without a vector of them: intervals take a metric of thousands of resamples.
ClassCounts CountClass(const ConfusionMatrix& matrix, std::size_t at) {
  ClassCounts counts;
  for (std::size_t other = 0; other < matrix.classes.size(); ++other) {
    counts.labels += matrix.At(at, other);
    counts.predicted += matrix.At(other, at);
  }
  counts.right = matrix.At(at, at);
  return counts;
}

}  // namespace

std::int64_t ConfusionMatrix::Right() const {
  std::int64_t right = 0;
  for (std::size_t i = 0; i < classes.size(); ++i) right += At(i, i);
  return right;
}

std::int64_t ConfusionMatrix::Total() const {
  std::int64_t total = 0;
  for (const std::int64_t count : counts) total += count;
  return total;
}

ConfusionMatrix Confuse(std::vector<std::string> classes, std::span<const std::int32_t> labels,
                        std::span<const std::int32_t> predicted) {
  UNMASK_CHECK(labels.size() == predicted.size());
  ConfusionMatrix matrix(std::move(classes));
  const auto index = [&](std::int32_t i) {
    UNMASK_CHECK(i >= 0 && static_cast<std::size_t>(i) < matrix.classes.size());
    return static_cast<std::size_t>(i);
  };
  for (std::size_t i = 0; i < labels.size(); ++i)
    ++matrix.At(index(labels[i]), index(predicted[i]));
  return matrix;
}

ConfusionMatrix Pool(std::span<const ConfusionMatrix> folds) {
  std::map<std::string, std::size_t> index;
  for (const ConfusionMatrix& fold : folds) {
    for (const std::string& name : fold.classes) index.emplace(name, 0);
  }
  std::vector<std::string> names;
  for (auto& [name, at] : index) {
    at = names.size();
    names.push_back(name);
  }
  ConfusionMatrix pooled(std::move(names));
  for (const ConfusionMatrix& fold : folds) {
    for (std::size_t label = 0; label < fold.classes.size(); ++label) {
      for (std::size_t predicted = 0; predicted < fold.classes.size(); ++predicted) {
        pooled.At(index[fold.classes[label]], index[fold.classes[predicted]]) +=
            fold.At(label, predicted);
      }
    }
  }
  return pooled;
}

double Accuracy(const ConfusionMatrix& matrix) {
  return Ratio(static_cast<double>(matrix.Right()), static_cast<double>(matrix.Total()));
}

double MacroF1(const ConfusionMatrix& matrix) {
  double sum = 0;
  std::int64_t occurring = 0;
  for (std::size_t at = 0; at < matrix.classes.size(); ++at) {
    const ClassCounts counts = CountClass(matrix, at);
    if (counts.labels + counts.predicted == 0) continue;
    sum += counts.F1();
    ++occurring;
  }
  return Ratio(sum, static_cast<double>(occurring));
}

double WeightedF1(const ConfusionMatrix& matrix) {
  double sum = 0;
  for (std::size_t at = 0; at < matrix.classes.size(); ++at) {
    const ClassCounts counts = CountClass(matrix, at);
    sum += static_cast<double>(counts.labels) * counts.F1();
  }
  return Ratio(sum, static_cast<double>(matrix.Total()));
}

double Uar(const ConfusionMatrix& matrix) {
  double sum = 0;
  std::int64_t occurring = 0;
  for (std::size_t at = 0; at < matrix.classes.size(); ++at) {
    const ClassCounts counts = CountClass(matrix, at);
    if (counts.labels == 0) continue;
    sum += counts.Recall();
    ++occurring;
  }
  return Ratio(sum, static_cast<double>(occurring));
}

double FoldMeanAccuracy(std::span<const ConfusionMatrix> folds) {
  double sum = 0;
  std::int64_t counted = 0;
  for (const ConfusionMatrix& fold : folds) {
    if (fold.Total() == 0) continue;
    sum += Accuracy(fold);
    ++counted;
  }
  return Ratio(sum, static_cast<double>(counted));
}

Interval WilsonInterval(std::int64_t k, std::int64_t n) {
  if (n == 0) return {};
  constexpr double kZ = 1.959963984540054;  // the normal quantile of 0.975
  const auto count = static_cast<double>(n);
  const double rate = static_cast<double>(k) / count;
  const double shrink = 1 + kZ * kZ / count;
  const double centre = (rate + kZ * kZ / (2 * count)) / shrink;
  const double half =
      kZ * std::sqrt(rate * (1 - rate) / count + kZ * kZ / (4 * count * count)) / shrink;
  // At k = 0 and k = n rounding must not leave [0, 1] or the rate itself.
  return {k == 0 ? 0 : std::max(0.0, centre - half), k == n ? 1 : std::min(1.0, centre + half)};
}

CellMetrics Evaluate(std::span<const ConfusionMatrix> folds) {
  const ConfusionMatrix pooled = Pool(folds);
  CellMetrics metrics;
  metrics.k = pooled.Right();
  metrics.n = pooled.Total();
  metrics.accuracy = Accuracy(pooled);
  const Interval wilson = WilsonInterval(metrics.k, metrics.n);
  metrics.wilson_low = wilson.low;
  metrics.wilson_high = wilson.high;
  metrics.macro_f1 = MacroF1(pooled);
  metrics.weighted_f1 = WeightedF1(pooled);
  metrics.uar = Uar(pooled);
  metrics.fold_mean_accuracy = FoldMeanAccuracy(folds);
  return metrics;
}

}  // namespace unmask

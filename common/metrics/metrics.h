// The figures of a table cell, from confusion matrices. Definitions are scikit-learn's; where it
// warns (0/0) the value is 0.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace unmask {

// counts[label * classes.size() + predicted], row-major.
struct ConfusionMatrix {
  std::vector<std::string> classes;
  std::vector<std::int64_t> counts;

  ConfusionMatrix() = default;
  explicit ConfusionMatrix(std::vector<std::string> names)
      : classes(std::move(names)), counts(classes.size() * classes.size()) {}
  std::int64_t& At(std::size_t label, std::size_t predicted) {
    return counts[label * classes.size() + predicted];
  }
  std::int64_t At(std::size_t label, std::size_t predicted) const {
    return counts[label * classes.size() + predicted];
  }
  std::int64_t Right() const;  // k
  std::int64_t Total() const;  // n
  bool operator==(const ConfusionMatrix&) const = default;
};

// `labels` and `predicted` are indices into `classes`.
ConfusionMatrix Confuse(std::vector<std::string> classes, std::span<const std::int32_t> labels,
                        std::span<const std::int32_t> predicted);

// Sums by class name, so that folds which list different classes may be pooled.
ConfusionMatrix Pool(std::span<const ConfusionMatrix> folds);

double Accuracy(const ConfusionMatrix& matrix);
// Mean F1 over the classes that occur among labels or predictions.
double MacroF1(const ConfusionMatrix& matrix);
// F1 weighted by how often each class occurs among the labels.
double WeightedF1(const ConfusionMatrix& matrix);
// Unweighted average recall: mean recall over the classes that occur among the labels.
double Uar(const ConfusionMatrix& matrix);
// Mean of the folds' accuracies; folds without clips do not count.
double FoldMeanAccuracy(std::span<const ConfusionMatrix> folds);

struct Interval {
  double low = 0;
  double high = 1;
};
// Wilson's score interval at 95 % (Wilson 1927, doi:10.1080/01621459.1927.10502953), without
// continuity correction. n = 0 says nothing: [0, 1].
Interval WilsonInterval(std::int64_t k, std::int64_t n);

// Everything that a complete cell shows: pooled over its folds.
struct CellMetrics {
  std::int64_t k = 0;
  std::int64_t n = 0;
  double accuracy = 0;
  double wilson_low = 0;
  double wilson_high = 0;
  double macro_f1 = 0;
  double weighted_f1 = 0;
  double uar = 0;
  double fold_mean_accuracy = 0;
};
CellMetrics Evaluate(std::span<const ConfusionMatrix> folds);

}  // namespace unmask

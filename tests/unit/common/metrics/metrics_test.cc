// Expected values: scikit-learn 1.9.1 (accuracy_score, f1_score, recall_score over the labels'
// classes) and statsmodels 0.15.0 (proportion_confint, method "wilson").
#include "common/metrics/metrics.h"

#include <gtest/gtest.h>

namespace unmask {
namespace {

using Counts = std::vector<std::int64_t>;

ConfusionMatrix Matrix(std::vector<std::string> classes, Counts counts) {
  ConfusionMatrix matrix(std::move(classes));
  EXPECT_EQ(counts.size(), matrix.counts.size());
  matrix.counts = std::move(counts);
  return matrix;
}

ConfusionMatrix FourClasses() {
  return Matrix({"a", "b", "c", "d"}, {12, 3, 1, 0, 4, 9, 2, 1, 0, 5, 7, 2, 2, 0, 1, 15});
}

TEST(Metrics, AgreeWithScikitLearn) {
  const ConfusionMatrix matrix = FourClasses();
  EXPECT_DOUBLE_EQ(Accuracy(matrix), 0.671875);
  EXPECT_DOUBLE_EQ(MacroF1(matrix), 0.6611675579322639);
  EXPECT_DOUBLE_EQ(WeightedF1(matrix), 0.6697092245989305);
  EXPECT_DOUBLE_EQ(Uar(matrix), 0.6614583333333334);
}

// UF1 = mean over all classes of 2 TP / (2 TP + FP + FN), UAR = mean of TP / N, both of the sums
// over all folds (MEGC 2019, doi:10.1109/FG.2019.8756611): the same where every class has labels.
TEST(Metrics, AgreeWithMegcWhereEveryClassHasLabels) {
  const ConfusionMatrix matrix = FourClasses();
  double uf1 = 0;
  double uar = 0;
  for (std::size_t c = 0; c < 4; ++c) {
    double false_positives = 0;
    double false_negatives = 0;
    for (std::size_t other = 0; other < 4; ++other) {
      if (other == c) continue;
      false_positives += static_cast<double>(matrix.At(other, c));
      false_negatives += static_cast<double>(matrix.At(c, other));
    }
    const auto right = static_cast<double>(matrix.At(c, c));
    uf1 += 2 * right / (2 * right + false_positives + false_negatives) / 4;
    uar += right / (right + false_negatives) / 4;
  }
  EXPECT_NEAR(MacroF1(matrix), uf1, 1e-15);
  EXPECT_NEAR(Uar(matrix), uar, 1e-15);
}

// Class c occurs nowhere and does not count; class d is only predicted: its F1 of 0 counts in the
// macro mean, and there is no recall of it.
TEST(Metrics, ClassesWithoutLabelsOrPredictions) {
  const ConfusionMatrix matrix =
      Matrix({"a", "b", "c", "d"}, {3, 1, 0, 0, 2, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_DOUBLE_EQ(Accuracy(matrix), 0.5555555555555556);
  EXPECT_DOUBLE_EQ(MacroF1(matrix), 0.38888888888888884);
  EXPECT_DOUBLE_EQ(WeightedF1(matrix), 0.574074074074074);
  EXPECT_DOUBLE_EQ(Uar(matrix), 0.575);
}

TEST(Metrics, NothingRightIsZeroNotNaN) {
  const ConfusionMatrix matrix = Matrix({"a", "b", "c"}, {0, 2, 0, 0, 0, 0, 3, 0, 0});
  EXPECT_EQ(Accuracy(matrix), 0);
  EXPECT_EQ(MacroF1(matrix), 0);
  EXPECT_EQ(WeightedF1(matrix), 0);
  EXPECT_EQ(Uar(matrix), 0);
}

TEST(Metrics, NothingAtAllIsZero) {
  const CellMetrics metrics = Evaluate({});
  EXPECT_EQ(metrics.n, 0);
  EXPECT_EQ(metrics.accuracy, 0);
  EXPECT_EQ(metrics.macro_f1, 0);
  EXPECT_EQ(metrics.fold_mean_accuracy, 0);
  EXPECT_EQ(metrics.wilson_low, 0);
  EXPECT_EQ(metrics.wilson_high, 1);
}

TEST(Metrics, WilsonAgreesWithStatsmodels) {
  const auto expect = [](std::int64_t k, std::int64_t n, double low, double high) {
    const Interval interval = WilsonInterval(k, n);
    EXPECT_NEAR(interval.low, low, 1e-14) << k << "/" << n;
    EXPECT_NEAR(interval.high, high, 1e-14) << k << "/" << n;
  };
  expect(254, 648, 0.35512932374309475, 0.43009452462444125);  // the paper's 0.3920
  expect(17, 22, 0.5656004682477828, 0.8987696001475148);
  expect(1, 3, 0.06149194472039626, 0.7923403991979523);
  expect(0, 10, 0, 0.27753279986288926);
  expect(10, 10, 0.7224672001371106, 1);
  expect(1, 1000000, 1.7652457674537176e-07, 5.664911804311445e-06);
}

TEST(Metrics, WilsonEndsAtNoneAndAll) {
  for (std::int64_t n = 1; n < 1000; ++n) {
    EXPECT_EQ(WilsonInterval(0, n).low, 0) << n;
    EXPECT_EQ(WilsonInterval(n, n).high, 1) << n;
  }
}

TEST(Metrics, ConfuseCountsLabelsByRow) {
  const std::vector<std::int32_t> labels = {0, 0, 1, 1, 1};
  const std::vector<std::int32_t> predicted = {0, 1, 1, 1, 0};
  const ConfusionMatrix matrix = Confuse({"x", "y"}, labels, predicted);
  EXPECT_EQ(matrix.counts, (Counts{1, 1, 1, 2}));
  EXPECT_EQ(matrix.Right(), 3);
  EXPECT_EQ(matrix.Total(), 5);
}

TEST(Metrics, PoolGoesByNameNotByPlace) {
  const std::vector<ConfusionMatrix> folds = {Matrix({"b", "c"}, {1, 2, 3, 4}),
                                              Matrix({"a", "b"}, {5, 6, 7, 8})};
  const ConfusionMatrix pooled = Pool(folds);
  EXPECT_EQ(pooled.classes, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(pooled.counts, (Counts{5, 6, 0, 7, 9, 2, 0, 3, 4}));
}

TEST(Metrics, CellPoolsCountsAndAveragesFolds) {
  const std::vector<ConfusionMatrix> folds = {Matrix({"a", "b"}, {1, 0, 0, 0}),   // 1/1
                                              Matrix({"a", "b"}, {0, 2, 1, 0}),   // 0/3
                                              Matrix({"a", "b"}, {0, 0, 0, 0})};  // no clips
  const CellMetrics metrics = Evaluate(folds);
  EXPECT_EQ(metrics.k, 1);
  EXPECT_EQ(metrics.n, 4);
  EXPECT_DOUBLE_EQ(metrics.accuracy, 0.25);
  EXPECT_DOUBLE_EQ(metrics.fold_mean_accuracy, 0.5);
  EXPECT_EQ(metrics.wilson_low, WilsonInterval(1, 4).low);
  EXPECT_EQ(metrics.wilson_high, WilsonInterval(1, 4).high);
  const ConfusionMatrix pooled = Pool(folds);
  EXPECT_EQ(metrics.macro_f1, MacroF1(pooled));
  EXPECT_EQ(metrics.weighted_f1, WeightedF1(pooled));
  EXPECT_EQ(metrics.uar, Uar(pooled));
}

}  // namespace
}  // namespace unmask

#include "coordinator/statistics/bootstrap.h"

#include <gtest/gtest.h>

#include <set>

#include "common/random/philox.h"
#include "tests/unit/coordinator/statistics/scipy_values.h"

namespace unmask {
namespace {

// A subject with n clips of class "a" and of class "b", k of each right.
ConfusionMatrix Subject(std::int64_t k, std::int64_t n) {
  ConfusionMatrix matrix({"a", "b"});
  matrix.counts = {k, n - k, n - k, k};
  return matrix;
}

TEST(Bootstrap, TendsToThePercentilesOfAllResamples) {
  for (const BootstrapCase& known : kBootstrapCases) {
    const std::vector<double> ones(known.values.size(), 1.0);
    const Interval interval =
        BootstrapRatio(known.values, ones, {.seed = 1, .resamples = 40'000, .level = known.level});
    const double width = known.high - known.low;
    EXPECT_NEAR(interval.low, known.low, 0.03 * width);
    EXPECT_NEAR(interval.high, known.high, 0.03 * width);
  }
}

TEST(Bootstrap, PercentilesLieBetweenOrderStatistics) {
  double next = 0;  // 0 .. 999, whatever is drawn
  const Interval interval =
      BootstrapInterval(3, [&](auto) { return next++; }, {.resamples = 1000, .level = 0.95});
  EXPECT_NEAR(interval.low, 24.975, 1e-9);  // numpy.quantile(numpy.arange(1000), 0.025)
  EXPECT_NEAR(interval.high, 974.025, 1e-9);
}

TEST(Bootstrap, DrawsSubjectsWithReplacementFromTheSeed) {
  std::set<std::vector<std::uint32_t>> seen;
  std::vector<std::int64_t> counts(5, 0);
  const auto record = [&](std::span<const std::uint32_t> drawn) {
    EXPECT_EQ(drawn.size(), 5U);
    for (const std::uint32_t subject : drawn) ++counts.at(subject);
    seen.emplace(drawn.begin(), drawn.end());
    return 0.0;
  };
  BootstrapInterval(5, record, {.seed = 3, .resamples = 2000});
  EXPECT_GT(seen.size(), 1000U);  // of 5^5
  // Binomial(10,000, 1/5): five standard deviations are 200.
  for (const std::int64_t count : counts) EXPECT_NEAR(count, 2000, 200);
}

TEST(Bootstrap, TheSameSeedGivesTheSameInterval) {
  std::vector<ConfusionMatrix> subjects;
  subjects.reserve(15);
  for (std::int64_t i = 0; i < 15; ++i) subjects.push_back(Subject(i, 20 + i * i % 7));
  const Interval once = BootstrapPaired(subjects, subjects, MacroF1).first;
  const Interval again = BootstrapPaired(subjects, subjects, MacroF1).first;
  const Interval other = BootstrapPaired(subjects, subjects, MacroF1, {.seed = 1}).first;
  EXPECT_EQ(once.low, again.low);
  EXPECT_EQ(once.high, again.high);
  EXPECT_TRUE(once.low != other.low || once.high != other.high);
  EXPECT_LT(once.low, MacroF1(Pool(subjects)));
  EXPECT_GT(once.high, MacroF1(Pool(subjects)));
}

// Draws are kept: never those of other subjects, another seed or fewer resamples. As by philox.h,
// one by one; the last are too many to be kept.
TEST(Bootstrap, DrawsWhatTheStreamDraws) {
  struct Case {
    std::size_t subjects;
    std::int64_t seed;
    std::int64_t resamples;
  };
  for (const Case& of : std::vector<Case>{{5, 0, 20},
                                          {5, 0, 20},
                                          {5, 1, 20},
                                          {4, 1, 25},
                                          {5, 0, 30},
                                          {5, 0, 20},
                                          {1000000, 0, 11}}) {
    const RandomStream stream(of.seed, "", "bootstrap");
    std::uint32_t resample = 0;
    std::int64_t wrong = 0;
    const auto compare = [&](std::span<const std::uint32_t> drawn) {
      EXPECT_EQ(drawn.size(), of.subjects);
      for (std::uint32_t i = 0; i < drawn.size(); i += drawn.size() > 100 ? 9973 : 1) {
        wrong += drawn[i] != stream.Below(static_cast<std::uint32_t>(of.subjects), 0, resample, i);
      }
      ++resample;
      return 0.0;
    };
    BootstrapInterval(of.subjects, compare, {.seed = of.seed, .resamples = of.resamples});
    EXPECT_EQ(resample, of.resamples);
    EXPECT_EQ(wrong, 0) << of.subjects << " subjects, seed " << of.seed;
  }
}

TEST(Bootstrap, ADifferenceTakesTheSameSubjectsOfBoth) {
  // Each subject gains exactly one ninth, whatever it starts from: no doubt about the difference.
  const std::vector<ConfusionMatrix> first = {Subject(1, 9), Subject(4, 9), Subject(7, 9)};
  const std::vector<ConfusionMatrix> second = {Subject(2, 9), Subject(5, 9), Subject(8, 9)};
  const Interval interval = BootstrapPaired(first, second, Accuracy).difference;
  EXPECT_NEAR(interval.low, 1.0 / 9, 1e-12);
  EXPECT_NEAR(interval.high, 1.0 / 9, 1e-12);
}

TEST(Bootstrap, EachOfAPairIsWhatItIsAlone) {
  std::vector<ConfusionMatrix> first;
  std::vector<ConfusionMatrix> second;
  first.reserve(9);
  second.reserve(9);
  for (std::int64_t i = 0; i < 9; ++i) {
    first.push_back(Subject(i, 10));
    second.push_back(Subject(3 + i * i % 7, 10));
  }
  const auto f1 = [](const std::vector<ConfusionMatrix>& subjects,
                     std::span<const std::uint32_t> drawn) {
    std::vector<ConfusionMatrix> matrices;
    matrices.reserve(drawn.size());
    for (const std::uint32_t subject : drawn) matrices.push_back(subjects[subject]);
    return MacroF1(Pool(matrices));
  };
  const BootstrapOptions options{.seed = 2, .resamples = 999};
  const PairedIntervals pair = BootstrapPaired(first, second, MacroF1, options);
  const auto expect_same = [&](const Interval& interval, auto&& statistic) {
    const Interval alone = BootstrapInterval(first.size(), statistic, options);
    EXPECT_EQ(interval.low, alone.low);
    EXPECT_EQ(interval.high, alone.high);
  };
  expect_same(pair.first, [&](auto drawn) { return f1(first, drawn); });
  expect_same(pair.second, [&](auto drawn) { return f1(second, drawn); });
  expect_same(pair.difference, [&](auto drawn) { return f1(second, drawn) - f1(first, drawn); });
}

TEST(Bootstrap, ClassesThatAFoldLacksStayInTheirPlace) {
  ConfusionMatrix only_b({"b"});
  only_b.counts = {4};
  const std::vector<ConfusionMatrix> subjects = {Subject(9, 9), only_b};
  const Interval interval = BootstrapPaired(subjects, subjects, Accuracy).first;
  EXPECT_EQ(interval.low, 1);
  EXPECT_EQ(interval.high, 1);
}

TEST(Bootstrap, ARatioOfNothingIsZero) {
  const Interval interval = BootstrapRatio(std::vector{0.0, 0.0}, std::vector{0.0, 0.0});
  EXPECT_EQ(interval.low, 0);
  EXPECT_EQ(interval.high, 0);
}

}  // namespace
}  // namespace unmask

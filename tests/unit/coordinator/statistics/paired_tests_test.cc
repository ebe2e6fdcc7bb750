#include "coordinator/statistics/paired_tests.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/unit/coordinator/statistics/scipy_values.h"

namespace unmask {
namespace {

constexpr double kNear = 1e-12;

std::vector<double> Negated(std::vector<double> values) {
  for (double& value : values) value = -value;
  return values;
}

bool AreWhole(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double value) { return value == std::floor(value); });
}

std::vector<std::int64_t> Whole(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

std::vector<double> Zigzag(int size, double start, double scale = 1) {
  std::vector<double> values(static_cast<std::size_t>(size));
  for (int i = 0; i < size; ++i) {
    values[static_cast<std::size_t>(i)] = scale * ((i * 7) % 13 + start);
  }
  return values;
}

TEST(McNemar, AgreesWithStatsmodels) {
  ASSERT_GE(kMcNemarCases.size(), 20U);
  for (const McNemarCase& known : kMcNemarCases) {
    const double p = McNemarExact(known.only_first, known.only_second);
    EXPECT_NEAR(p, known.p, kNear) << known.only_first << " " << known.only_second;
    EXPECT_EQ(p, McNemarExact(known.only_second, known.only_first));
  }
}

TEST(Wilcoxon, AgreesWithScipy) {
  ASSERT_GE(kDifferencesCases.size(), 20U);
  for (std::size_t i = 0; i < kDifferencesCases.size(); ++i) {
    const DifferencesCase& known = kDifferencesCases[i];
    const WilcoxonResult result = WilcoxonSignedRank(known.differences);
    EXPECT_EQ(result.rank_sum, known.rank_sum) << "case " << i;
    EXPECT_NEAR(result.p.p, known.wilcoxon_p, kNear) << "case " << i;
    EXPECT_EQ(result.p.method, PValueMethod::kExact);
    EXPECT_NEAR(WilcoxonSignedRank(Negated(known.differences)).p.p, known.wilcoxon_p, kNear);
  }
}

TEST(Wilcoxon, RoundingDoesNotBreakTies) {
  // 1/3 - 1/6 and 1/6 differ in the last bit; as do 0.3 - 0.2 and 0.1.
  const WilcoxonResult rounded = WilcoxonSignedRank(
      std::vector<double>{1.0 / 3 - 1.0 / 6, -1.0 / 6, 0.3 - 0.2 + 1.0 / 6 - 0.1, -0.5, 0.25});
  const WilcoxonResult whole = WilcoxonSignedRank(std::vector<double>{2, -2, 2, -6, 3});
  EXPECT_EQ(rounded.rank_sum, whole.rank_sum);
  EXPECT_EQ(rounded.p.p, whole.p.p);
}

TEST(Wilcoxon, ManyDifferencesTakeTheNormalApproximation) {
  const WilcoxonResult result = WilcoxonSignedRank(kManyDifferences);
  EXPECT_EQ(result.p.method, PValueMethod::kNormal);
  EXPECT_NEAR(result.p.p, kManyWilcoxonP, 1e-12);
  const auto exact = WilcoxonSignedRank(std::span(kManyDifferences).first(400));
  EXPECT_EQ(exact.p.method, PValueMethod::kExact);
}

TEST(Wilcoxon, NothingToRankSaysNothing) {
  const WilcoxonResult none = WilcoxonSignedRank(std::vector<double>{});
  EXPECT_EQ(none.p.p, 1);
  EXPECT_EQ(none.nonzero, 0);
  EXPECT_EQ(WilcoxonSignedRank(std::vector<double>{0, 0, -0.0}).p.p, 1);
}

TEST(SignFlip, AgreesWithScipy) {
  int whole = 0;
  for (std::size_t i = 0; i < kDifferencesCases.size(); ++i) {
    const DifferencesCase& known = kDifferencesCases[i];
    const PValue real = SignFlipTest(known.differences);
    EXPECT_NEAR(real.p, known.sign_flip_p, kNear) << "case " << i;
    EXPECT_EQ(real.method, PValueMethod::kExact);
    EXPECT_NEAR(SignFlipTest(Negated(known.differences)).p, known.sign_flip_p, kNear);
    if (!AreWhole(known.differences) || i == 11) continue;  // 11: millions
    ++whole;
    EXPECT_NEAR(SignFlipTest(Whole(known.differences)).p, known.sign_flip_p, kNear) << "case " << i;
  }
  EXPECT_GE(whole, 10);
}

TEST(SignFlip, CountsAndRealsAgreeOnManySubjects) {
  const std::vector<double> reals = Zigzag(36, -5);
  EXPECT_NEAR(SignFlipTest(reals).p, SignFlipTest(Whole(reals)).p, kNear);
}

TEST(SignFlip, DrawsAreCloseAndRepeatable) {
  const std::vector<double> reals = Zigzag(60, -5.25);
  const PValue drawn = SignFlipTest(reals, 7);
  EXPECT_EQ(drawn.method, PValueMethod::kMonteCarlo);
  EXPECT_EQ(drawn.p, SignFlipTest(reals, 7).p);
  EXPECT_NE(drawn.p, SignFlipTest(reals, 8).p);
  const PValue exact = SignFlipTest(Whole(Zigzag(60, -5.25, 4)));
  EXPECT_EQ(exact.method, PValueMethod::kExact);
  // Five standard errors of 100,000 draws.
  EXPECT_NEAR(drawn.p, exact.p, 5 * std::sqrt(exact.p * (1 - exact.p) / 100'000));
}

TEST(SignFlip, TooManyCountsAreDrawn) {
  const std::vector<std::int64_t> large(1000, 1'000'000);
  const PValue p = SignFlipTest(large);
  EXPECT_EQ(p.method, PValueMethod::kMonteCarlo);
  EXPECT_LT(p.p, 1e-4);
  EXPECT_GT(p.p, 0);
}

TEST(SignFlip, NothingToFlipSaysNothing) {
  EXPECT_EQ(SignFlipTest(std::vector<double>{}).p, 1);
  EXPECT_EQ(SignFlipTest(std::vector<std::int64_t>{}).p, 1);
  EXPECT_EQ(SignFlipTest(std::vector<std::int64_t>{0, 0}).p, 1);
}

}  // namespace
}  // namespace unmask

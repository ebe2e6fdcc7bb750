#include "coordinator/statistics/paired_tests.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>

#include "common/base/check.h"
#include "coordinator/statistics/random_signs.h"

namespace unmask {
namespace {

constexpr std::int64_t kDraws = 100'000;

// P(|sum of +-w| >= |observed|) for independent fair signs, by adding one weight after the other to
// the distribution of the sum of those that are positive. Only positive terms are added, so the
// relative error stays near 1e-16 times their number.
double SignedSumTail(std::span<const std::int64_t> weights, std::int64_t observed) {
  std::int64_t total = 0;
  for (const std::int64_t weight : weights) total += std::abs(weight);
  std::vector<double> chance(static_cast<std::size_t>(total) + 1, 0.0);
  chance[0] = 1;
  std::int64_t reached = 0;  // the highest sum so far
  for (const std::int64_t weight : weights) {
    const std::int64_t step = std::abs(weight);
    if (step == 0) continue;
    reached += step;
    for (std::int64_t sum = reached; sum >= 0; --sum) {
      const double without = sum <= reached - step ? chance[static_cast<std::size_t>(sum)] : 0;
      const double with = sum >= step ? chance[static_cast<std::size_t>(sum - step)] : 0;
      chance[static_cast<std::size_t>(sum)] = (without + with) / 2;
    }
  }
  double tail = 0;
  for (std::int64_t sum = 0; sum <= total; ++sum) {
    if (std::abs(2 * sum - total) >= std::abs(observed)) {
      tail += chance[static_cast<std::size_t>(sum)];
    }
  }
  return std::min(1.0, tail);
}

// Twice the mean rank of each magnitude, in the order of `sorted`: whole numbers despite ties.
std::vector<std::int64_t> DoubledRanks(const std::vector<double>& sorted) {
  const double equal = sorted.empty() ? 0 : 1e-12 * sorted.back();
  std::vector<std::int64_t> ranks(sorted.size());
  for (std::size_t first = 0; first < sorted.size();) {
    std::size_t end = first + 1;
    while (end < sorted.size() && sorted[end] - sorted[end - 1] <= equal) ++end;
    for (std::size_t i = first; i < end; ++i) ranks[i] = static_cast<std::int64_t>(first + 1 + end);
    first = end;
  }
  return ranks;
}

double NormalTail(std::span<const std::int64_t> weights, std::int64_t observed) {
  double variance = 0;
  for (const std::int64_t weight : weights) {
    variance += static_cast<double>(weight) * static_cast<double>(weight);
  }
  if (variance == 0) return 1;
  const double z = std::abs(static_cast<double>(observed)) / std::sqrt(variance);
  return 2 * boost::math::cdf(boost::math::complement(boost::math::normal(), z));
}

// All 2^n signed sums of the values, sorted.
std::vector<double> SignedSums(std::span<const double> values) {
  std::vector<double> sums{0};
  for (const double value : values) {
    const std::size_t before = sums.size();
    sums.reserve(2 * before);
    for (std::size_t i = 0; i < before; ++i) {
      sums.push_back(sums[i] + value);
      sums[i] -= value;
    }
  }
  std::ranges::sort(sums);
  return sums;
}

// P(sum of +-values >= threshold): for each sum of one half, how many of the other half suffice.
double UpperTail(std::span<const double> values, double threshold) {
  const std::size_t half = values.size() / 2;
  const std::vector<double> left = SignedSums(values.first(half));
  const std::vector<double> right = SignedSums(values.subspan(half));
  double count = 0;
  std::size_t enough = right.size();  // right[enough..] suffice; falls as left rises
  for (const double sum : left) {
    while (enough > 0 && sum + right[enough - 1] >= threshold) --enough;
    count += static_cast<double>(right.size() - enough);
  }
  return count / (static_cast<double>(left.size()) * static_cast<double>(right.size()));
}

// The observed signs count as one of the draws, so that p is never 0.
double DrawnTail(std::span<const double> values, double threshold, std::int64_t seed) {
  std::int64_t as_large = 1;
  for (std::int64_t draw = 0; draw < kDraws; ++draw) {
    const double sum = RandomSignedSum(values, seed, static_cast<std::uint32_t>(draw));
    if (std::abs(sum) >= threshold) ++as_large;
  }
  return static_cast<double>(as_large) / static_cast<double>(kDraws + 1);
}

}  // namespace

double McNemarExact(std::int64_t only_first, std::int64_t only_second) {
  UNMASK_CHECK(only_first >= 0 && only_second >= 0);
  const std::int64_t discordant = only_first + only_second;
  if (discordant == 0) return 1;
  const boost::math::binomial half(static_cast<double>(discordant), 0.5);
  return std::min(
      1.0, 2 * boost::math::cdf(half, static_cast<double>(std::min(only_first, only_second))));
}

WilcoxonResult WilcoxonSignedRank(std::span<const double> differences) {
  constexpr std::size_t kExactMax = 400;
  std::vector<double> values;
  for (const double difference : differences) {
    UNMASK_CHECK(std::isfinite(difference));
    if (difference != 0) values.push_back(difference);
  }
  std::ranges::sort(values, {}, [](double value) { return std::abs(value); });
  std::vector<double> magnitudes;
  magnitudes.reserve(values.size());
  for (const double value : values) magnitudes.push_back(std::abs(value));
  const std::vector<std::int64_t> ranks = DoubledRanks(magnitudes);
  std::int64_t positive = 0;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    total += ranks[i];
    if (values[i] > 0) positive += ranks[i];
  }
  WilcoxonResult result;
  result.rank_sum = static_cast<double>(positive) / 2;
  result.nonzero = static_cast<std::int64_t>(values.size());
  const std::int64_t signed_sum = 2 * positive - total;
  result.p = values.size() <= kExactMax
                 ? PValue{SignedSumTail(ranks, signed_sum), PValueMethod::kExact}
                 : PValue{NormalTail(ranks, signed_sum), PValueMethod::kNormal};
  return result;
}

PValue SignFlipTest(std::span<const std::int64_t> differences) {
  constexpr double kWorkMax = 3e8;  // additions: below a second
  std::int64_t sum = 0;
  double total = 0;
  double nonzero = 0;
  for (const std::int64_t difference : differences) {
    sum += difference;
    total += std::abs(static_cast<double>(difference));
    nonzero += difference != 0 ? 1 : 0;
  }
  if (total * nonzero <= kWorkMax) return {SignedSumTail(differences, sum), PValueMethod::kExact};
  return SignFlipTest(std::vector<double>(differences.begin(), differences.end()));
}

PValue SignFlipTest(std::span<const double> differences, std::int64_t seed) {
  constexpr std::size_t kExactMax = 36;
  std::vector<double> values;
  double sum = 0;
  double total = 0;
  for (const double difference : differences) {
    UNMASK_CHECK(std::isfinite(difference));
    if (difference == 0) continue;
    values.push_back(difference);
    sum += difference;
    total += std::abs(difference);
  }
  const double threshold = std::abs(sum) - 1e-12 * total;
  if (threshold <= 0) return {};
  if (values.size() > kExactMax) {
    return {DrawnTail(values, threshold, seed), PValueMethod::kMonteCarlo};
  }
  // Signs turned round give the same sum negated: the lower tail is as heavy.
  return {std::min(1.0, 2 * UpperTail(values, threshold)), PValueMethod::kExact};
}

}  // namespace unmask

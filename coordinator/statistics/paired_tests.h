// Tests of paired results: two cells on the same clips, or one difference a subject. All are
// two-sided and of the hypothesis that both cells are as good. Clips of one subject resemble each
// other, so what holds for unseen subjects is asked of the subjects, not of the clips; and since
// any two folds train on mostly the same clips, even the subjects' differences are not quite
// independent: the p-values are a lower bound of doubt, not of certainty.
#pragma once

#include <cstdint>
#include <span>

namespace unmask {

// McNemar's exact test (McNemar 1947, doi:10.1007/BF02295996): of the clips that one cell alone
// has right, is half the first's? Binomial with rate 1/2; without such clips p is 1.
double McNemarExact(std::int64_t only_first, std::int64_t only_second);

// How a p-value came about: exact, or where that would take too long from a normal approximation or
// from random draws.
enum class PValueMethod { kExact, kNormal, kMonteCarlo };

struct PValue {
  double p = 1;
  PValueMethod method = PValueMethod::kExact;
};

struct WilcoxonResult {
  double rank_sum = 0;       // of the positive differences (W+)
  std::int64_t nonzero = 0;  // differences that count
  PValue p;
};

// Wilcoxon's signed-rank test (1945, doi:10.2307/3001968). Differences of zero are dropped, as
// Wilcoxon did; equal magnitudes share their mean rank, and the distribution is that of the ranks
// as they are, ties included. Exact up to 400 differences, then the normal approximation with the
// variance of the tied ranks and no continuity correction. Values must be finite. Magnitudes within
// 1e-12 of the largest are equal: 1/3 - 1/6 must tie with 1/6.
WilcoxonResult WilcoxonSignedRank(std::span<const double> differences);

// Sign-flip permutation test of the sum (so of the mean) of differences: how often is it as large
// in magnitude when each difference may as well have had the other sign? (Fisher 1935, ch. 21.)
// Exact where the differences are counts, whatever their number, unless their magnitudes add up to
// millions; then from 100,000 random draws.
PValue SignFlipTest(std::span<const std::int64_t> differences);

// The same of real differences: exact up to 36 of them that are not zero (2^36 signs, met in the
// middle), else from 100,000 draws by `seed`. Sums within 1e-12 of the sum of magnitudes are equal.
PValue SignFlipTest(std::span<const double> differences, std::int64_t seed = 0);

}  // namespace unmask

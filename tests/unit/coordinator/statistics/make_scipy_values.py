#!/usr/bin/env python3
"""Writes scipy_values.h: what SciPy, statsmodels and NumPy say of the cases of paired_tests_test.cc and its neighbours.

usage: make_scipy_values.py > scipy_values.h; clang-format-19 -i scipy_values.h
Needs scipy and statsmodels; the versions used stand in the output. Takes some minutes: all signs of 22 differences.
"""

import itertools
import warnings

import numpy
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

warnings.simplefilter("ignore")
RNG = numpy.random.default_rng(2026)

MCNEMAR = [(0, 0), (0, 1), (1, 0), (1, 1), (0, 5), (5, 0), (2, 3), (3, 2), (6, 6), (0, 10), (1, 12), (4, 15), (10, 20), (22, 0),
           (33, 41), (50, 50), (61, 90), (100, 101), (7, 120), (240, 254), (0, 648), (300, 348), (648, 648), (900, 1100)]


def rounded(values, decimals=6):
    return [float(x) for x in numpy.round(values, decimals)]


def differences():
    """With ties and zeros, without, all zero, all of one sign, one value, far apart."""
    cases = [[0.0], [1.0], [-1.0], [0.0] * 6, [0.5] * 5, [-0.25] * 10, [1, -1], [1, -1, 1, -1], [1, 2, 3, 4, 5, 6, 7, 8], [0, 0, 0, 1],
             [0, 0, -1, 1, 2], [1e-6, -1e6, 1e6, 3.0], [3, -3, 3, -3, 3, 0, 0, 5], [-1, -2, -3, 4, 5, -6, 7, 0, 0]]
    cases += [list(map(float, RNG.integers(-3, 4, n))) for n in (6, 8, 10, 12, 14, 16)]
    cases += [rounded(RNG.normal(0.3, 1, n)) for n in (5, 9, 13, 16)]
    return [[float(x) for x in case] for case in cases]


def exact(count):
    return stats.PermutationMethod(n_resamples=2 ** (count + 1), batch=1 << 14)


def wilcoxon(values):
    nonzero = [x for x in values if x != 0]
    if not nonzero:
        return 0.0, 1.0
    found = stats.wilcoxon(nonzero, zero_method="wilcox", method=exact(len(nonzero)) if len(nonzero) > 1 else "exact")
    magnitudes = numpy.abs(nonzero)
    if len(set(magnitudes)) == len(magnitudes):
        assert abs(found.pvalue - stats.wilcoxon(nonzero, method="exact").pvalue) < 1e-12
    ranks = stats.rankdata(magnitudes)
    return float(ranks[numpy.array(nonzero) > 0].sum()), float(found.pvalue)


def sign_flip(values):
    if len(values) == 1:
        return 1.0  # either sign is as large; SciPy wants two values
    total = lambda x, axis: numpy.sum(x, axis=axis)
    found = stats.permutation_test((numpy.array(values),), total, permutation_type="samples", vectorized=True,
                                   n_resamples=2 ** (len(values) + 1), batch=1 << 14)
    return float(found.pvalue)


def p_lists():
    cases = [[0.5], [0.0], [1.0], [0.01, 0.01], [0.01, 0.02, 0.03], [0.03, 0.02, 0.01], [1.0] * 4, [0.0] * 3, [0.05, 0.05, 0.2, 0.9, 0.001]]
    return cases + [rounded(RNG.uniform(0, 1, n) ** 3) for n in (2, 3, 4, 5, 7, 9, 12, 15, 20, 28, 40)] + [[0.04] * 30]


def samples():
    cases = [[0.0], [0.3920], [0.5, 0.5], [0.0, 1.0], [1e9, 1e9 + 1, 1e9 + 2], [-1.0, 1.0, -1.0], [0.37, 0.38, 0.36, 0.39, 0.35]]
    return cases + [rounded(RNG.normal(0.4, 0.02, n)) for n in range(2, 17)]


def quantile_of_resamples(values, level):
    """The percentile interval over all n^n resamples: what an endless bootstrap tends to."""
    means = sorted(numpy.mean(draw) for draw in itertools.product(values, repeat=len(values)))
    return [float(q) for q in numpy.quantile(means, [(1 - level) / 2, (1 + level) / 2])]


def numbers(values):
    return "{" + ", ".join(repr(float(x)) for x in values) + "}"


def table(kind, name, rows):
    print(f"\ninline const std::vector<{kind}> {name} = {{")
    for row in rows:
        print(f"    {{{', '.join(row)}}},")
    print("};")


def mcnemar_rows():
    for first, second in MCNEMAR:
        p = float(mcnemar([[7, first], [second, 9]], exact=True).pvalue)
        if first + second:
            assert abs(p - stats.binomtest(first, first + second).pvalue) < 1e-12
        yield str(first), str(second), repr(p)


def main():
    print("// Written by make_scipy_values.py; do not edit.")
    print(f"// SciPy {scipy.__version__}, statsmodels {statsmodels.__version__}, NumPy {numpy.__version__}.")
    print("#pragma once\n\n#include <cstdint>\n#include <vector>\n\nnamespace unmask {")
    print("\nstruct McNemarCase {\n  std::int64_t only_first;\n  std::int64_t only_second;\n  double p;\n};")
    print("// Wilcoxon and sign flips by enumeration of all signs.")
    print("struct DifferencesCase {\n  std::vector<double> differences;\n  double rank_sum;\n  double wilcoxon_p;\n  double sign_flip_p;\n};")
    print("struct HolmCase {\n  std::vector<double> p_values;\n  std::vector<double> adjusted;\n};")
    print("struct SampleCase {\n  std::vector<double> values;\n  double mean;\n  double deviation;  // of one value: 0\n};")
    print("// Percentiles of the mean over all resamples.")
    print("struct BootstrapCase {\n  std::vector<double> values;\n  double level;\n  double low;\n  double high;\n};")
    table("McNemarCase", "kMcNemarCases", mcnemar_rows())
    subjects = list(map(float, RNG.integers(-4, 6, 22)))
    rows = differences() + [subjects]
    table("DifferencesCase", "kDifferencesCases",
          ((numbers(d), *map(repr, wilcoxon(d)), repr(sign_flip(d))) for d in rows))
    table("HolmCase", "kHolmCases", ((numbers(p), numbers(multipletests(p, method="holm")[1])) for p in p_lists()))
    table("SampleCase", "kSampleCases",
          ((numbers(x), repr(float(numpy.mean(x))), repr(float(numpy.std(x, ddof=1)) if len(x) > 1 else 0.0)) for x in samples()))
    table("BootstrapCase", "kBootstrapCases",
          ((numbers(x), repr(level), *map(repr, quantile_of_resamples(x, level)))
           for x in ([0.0, 1.01, 5.03, 2.57, 3.79, 9.11], rounded(RNG.normal(0, 1, 7))) for level in (0.95, 0.8)))
    large = rounded(RNG.normal(0.05, 1, 500), 2)
    found = stats.wilcoxon(large, zero_method="wilcox", correction=False, method="asymptotic")
    print(f"\n// 500 differences with ties and zeros: the normal approximation.\ninline const std::vector<double> kManyDifferences = {numbers(large)};")
    print(f"inline constexpr double kManyWilcoxonP = {float(found.pvalue)!r};\n\n}}  // namespace unmask")


main()

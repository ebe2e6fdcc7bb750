#include "coordinator/report/table.h"

#include <cmath>

namespace unmask {
namespace {

SeedMean MeanOf(const std::vector<double>& values) {
  SeedMean result;
  for (const double value : values) result.mean += value;
  result.mean /= static_cast<double>(values.size());
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  result.deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
  return result;
}

}  // namespace

CellSummary Summarise(const TableCell& cell) {
  CellSummary summary;
  std::vector<double> accuracies;
  std::vector<double> f1s;
  for (const SeedFigures& seed : cell.seeds) {
    summary.folds_done += seed.folds_done;
    summary.folds_failed += seed.folds_failed;
    summary.folds_total += seed.folds_total;
    if (!seed.metrics) continue;
    accuracies.push_back(seed.metrics->accuracy);
    f1s.push_back(seed.metrics->macro_f1);
  }
  if (cell.seeds.empty() || accuracies.size() < cell.seeds.size()) return summary;
  summary.accuracy = MeanOf(accuracies);
  summary.macro_f1 = MeanOf(f1s);
  if (cell.seeds.size() == 1) summary.pooled = cell.seeds.front().metrics;
  return summary;
}

}  // namespace unmask

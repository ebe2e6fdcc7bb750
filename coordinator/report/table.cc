#include "coordinator/report/table.h"

namespace unmask {

namespace {

// nullopt where some fold of some seed is not done.
std::optional<SeedMean> MeanOf(const TableCell& cell, double CellMetrics::* figure) {
  std::vector<double> values;
  for (const SeedFigures& seed : cell.seeds) {
    if (!seed.metrics) return std::nullopt;
    values.push_back((*seed.metrics).*figure);
  }
  if (values.empty()) return std::nullopt;
  return MeanOverSeeds(values);
}

}  // namespace

CellSummary Summarise(const TableCell& cell) {
  CellSummary summary;
  for (const SeedFigures& seed : cell.seeds) {
    summary.folds_done += seed.folds_done;
    summary.folds_failed += seed.folds_failed;
    summary.folds_total += seed.folds_total;
  }
  summary.accuracy = MeanOf(cell, &CellMetrics::accuracy);
  summary.macro_f1 = MeanOf(cell, &CellMetrics::macro_f1);
  summary.weighted_f1 = MeanOf(cell, &CellMetrics::weighted_f1);
  summary.uar = MeanOf(cell, &CellMetrics::uar);
  summary.fold_mean_accuracy = MeanOf(cell, &CellMetrics::fold_mean_accuracy);
  if (cell.seeds.size() == 1) summary.pooled = cell.seeds.front().metrics;
  return summary;
}

}  // namespace unmask

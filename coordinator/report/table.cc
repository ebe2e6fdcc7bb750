#include "coordinator/report/table.h"

namespace unmask {

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
  summary.accuracy = MeanOverSeeds(accuracies);
  summary.macro_f1 = MeanOverSeeds(f1s);
  if (cell.seeds.size() == 1) summary.pooled = cell.seeds.front().metrics;
  return summary;
}

}  // namespace unmask

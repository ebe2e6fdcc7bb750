#include "coordinator/report/cell_index.h"

#include <algorithm>
#include <tuple>

#include "common/base/json_text.h"

namespace unmask {
namespace {

SeedFigures& SeedOf(TableCell& cell, std::int64_t seed) {
  const auto at = std::lower_bound(cell.seeds.begin(), cell.seeds.end(), seed,
                                   [](const auto& have, auto want) { return have.seed < want; });
  if (at != cell.seeds.end() && at->seed == seed) return *at;
  SeedFigures fresh;
  fresh.seed = seed;
  return *cell.seeds.insert(at, std::move(fresh));
}

}  // namespace

CellIndex::Entry& CellIndex::At(const std::string& experiment, const std::string& point) {
  const auto [at, fresh] = by_text_.try_emplace({experiment, point}, entries_.size());
  if (fresh) {
    entries_.push_back({experiment, nlohmann::json::parse(point, nullptr, false), point, {}});
  }
  return entries_[at->second];
}

CellIndex::CellIndex(const std::vector<CellRow>& cells) {
  for (const CellRow& row : cells) {
    TableCell& cell = At(row.experiment, row.point).tasks[row.task];
    cell.experiment = row.experiment;
    cell.point = row.point;
    cell.features = row.features;
    cell.validation = row.validation;
    cell.leaky = row.leaky;
    SeedFigures& seed = SeedOf(cell, row.seed);
    seed.folds_done = row.folds_done;
    seed.folds_failed = row.folds_failed;
    seed.folds_total = row.folds_total;
    seed.metrics = row.metrics;
    seed.commonest = row.commonest;
    seed.job_keys = row.job_keys;
  }
  by_text_.clear();  // the places change now
  std::ranges::sort(entries_, {},
                    [](const Entry& entry) { return std::tie(entry.experiment, entry.point); });
}

std::span<const CellIndex::Entry> CellIndex::EntriesAt(const std::string& experiment,
                                                       const nlohmann::json& point) const {
  const auto key = [](const Entry& entry) { return std::tie(entry.experiment, entry.point); };
  return std::ranges::equal_range(entries_, std::tie(experiment, point), {}, key);
}

TableCell CellIndex::Find(const std::string& experiment, const nlohmann::json& point,
                          Task task) const {
  for (const Entry& entry : EntriesAt(experiment, point)) {
    const auto at = entry.tasks.find(task);
    if (at != entry.tasks.end()) return at->second;
  }
  TableCell absent;
  absent.experiment = experiment;
  absent.point = JsonText(point);
  return absent;
}

}  // namespace unmask

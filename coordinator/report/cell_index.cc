#include "coordinator/report/cell_index.h"

#include <algorithm>
#include <tuple>

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

bool Dead(JobState state) { return state == JobState::kFailed || state == JobState::kQuarantined; }

}  // namespace

CellIndex::Entry& CellIndex::At(const std::string& experiment, const std::string& point) {
  const auto [at, fresh] = by_text_.try_emplace({experiment, point}, entries_.size());
  if (fresh) {
    entries_.push_back({experiment, nlohmann::json::parse(point, nullptr, false), point, {}});
  }
  return entries_[at->second];
}

CellIndex::CellIndex(const SweepResults& results) {
  for (const FoldRow& fold : results.folds) {
    SeedFigures& seed = SeedOf(At(fold.experiment, fold.point).tasks[fold.task], fold.seed);
    seed.folds_failed += Dead(fold.state) ? 1 : 0;
    seed.job_keys.push_back(fold.job_key);
  }
  for (const CellRow& row : results.cells) {
    TableCell& cell = At(row.experiment, row.point).tasks[row.task];
    cell.experiment = row.experiment;
    cell.point = row.point;
    cell.validation = row.validation;
    cell.leaky = row.leaky;
    SeedFigures& seed = SeedOf(cell, row.seed);
    seed.folds_done = row.folds_done;
    seed.folds_total = row.folds_total;
    seed.metrics = row.metrics;
  }
  for (const JobRow& job : results.jobs) {
    const auto at = by_text_.find({job.experiment, job.point});
    if (at == by_text_.end()) continue;  // a feature job
    for (auto& [task, cell] : entries_[at->second].tasks) cell.features = job.features;
  }
  by_text_.clear();  // the places change now
  std::ranges::sort(entries_, {},
                    [](const Entry& entry) { return std::tie(entry.experiment, entry.point); });
}

TableCell CellIndex::Find(const std::string& experiment, const nlohmann::json& point,
                          Task task) const {
  const auto key = [](const Entry& entry) { return std::tie(entry.experiment, entry.point); };
  for (const Entry& entry :
       std::ranges::equal_range(entries_, std::tie(experiment, point), {}, key)) {
    const auto at = entry.tasks.find(task);
    if (at != entry.tasks.end()) return at->second;
  }
  TableCell absent;
  absent.experiment = experiment;
  absent.point = point.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return absent;
}

}  // namespace unmask

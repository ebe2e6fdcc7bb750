#include "sql/cells.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "common/config/names.h"
#include "common/metrics/metrics.h"
#include "sql/packed.h"

namespace unmask {
namespace {

struct PointFolds {
  std::size_t total = 0;
  std::map<std::string, std::vector<ConfusionMatrix>, std::less<>> by_task;
};

std::vector<std::string> ClassesOf(Database& database, std::int64_t fold) {
  Rows rows(database, "SELECT classes FROM fold WHERE id = ?", fold);
  rows.Next();
  return UnpackNames(rows.Text(0));
}

// In a fixed order, so that sums over folds do not depend on who finished first.
PointFolds FoldsOf(Database& database, std::int64_t point_id) {
  PointFolds folds;
  for (Rows rows(database,
                 "SELECT answer.ter_fold, answer.ter_confusion, answer.der_fold,"
                 " answer.der_confusion FROM fold_use"
                 " JOIN planned_job ON planned_job.id = fold_use.job_id"
                 " LEFT JOIN answer ON answer.job_id = planned_job.id"
                 " WHERE fold_use.point_id = ? ORDER BY planned_job.held_out, planned_job.id",
                 point_id);
       rows.Next();) {
    ++folds.total;
    for (const auto& [column, task] : {std::pair(0, Task::kTer), std::pair(2, Task::kDer)}) {
      if (rows.IsNull(column)) continue;
      folds.by_task[std::string(Name(task))].push_back(
          UnpackConfusion(ClassesOf(database, rows.Int(column)), rows.Text(column + 1)));
    }
  }
  return folds;
}

void WriteCell(Database& database, std::int64_t point_id, const std::string& task,
               const CellMetrics& metrics) {
  database.Run(
      "UPDATE cell SET k = ?, n = ?, accuracy = ?, wilson_low = ?, wilson_high = ?, macro_f1 = ?,"
      " weighted_f1 = ?, uar = ?, fold_mean_accuracy = ? WHERE point_id = ? AND task = ?",
      metrics.k, metrics.n, metrics.accuracy, metrics.wilson_low, metrics.wilson_high,
      metrics.macro_f1, metrics.weighted_f1, metrics.uar, metrics.fold_mean_accuracy, point_id,
      task);
}

std::vector<std::string> TasksOfPoint(Database& database, std::int64_t point_id) {
  std::vector<std::string> tasks;
  for (Rows rows(database, "SELECT task FROM cell WHERE point_id = ? ORDER BY task", point_id);
       rows.Next();) {
    tasks.push_back(rows.Text(0));
  }
  return tasks;
}

}  // namespace

Status WriteCells(Database& database, std::int64_t point_id) {
  const PointFolds folds = FoldsOf(database, point_id);
  for (const std::string& task : TasksOfPoint(database, point_id)) {
    const auto found = folds.by_task.find(task);
    const std::size_t answered = found == folds.by_task.end() ? 0 : found->second.size();
    if (answered != folds.total) {
      return InternalError(
          fmt::format("{} of {} finished folds answer task {}", answered, folds.total, task),
          database.path().string());
    }
    WriteCell(database, point_id, task, Evaluate(found->second));
  }
  return {};
}

Status CompletePoint(Database& database, std::int64_t point_id) {
  // Jobs run in the order of their rows, mostly: what is left is found at the end.
  const std::int64_t undone_job = database.Number(
      "SELECT job.id FROM fold_use JOIN job ON job.id = fold_use.job_id"
      " WHERE fold_use.point_id = ? AND job.state <> 'done' ORDER BY fold_use.job_id DESC LIMIT 1",
      point_id);
  return undone_job != 0 ? Status() : WriteCells(database, point_id);
}

}  // namespace unmask

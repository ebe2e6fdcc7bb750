#include "sql/cells.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "common/metrics/metrics.h"
#include "sql/packed.h"

namespace unmask {
namespace {

// In a fixed order, so that sums over folds do not depend on who finished first.
std::vector<ConfusionMatrix> FoldsOf(Database& database, std::int64_t point_id,
                                     const std::string& task) {
  std::vector<ConfusionMatrix> folds;
  for (Rows rows(database,
                 "SELECT fold.classes, prediction.confusion FROM fold_use"
                 " JOIN job ON job.id = fold_use.job_id"
                 " JOIN prediction ON prediction.job_id = job.id AND prediction.task = ?"
                 " JOIN fold ON fold.id = prediction.fold_id"
                 " WHERE fold_use.point_id = ? ORDER BY job.held_out, job.id",
                 task, point_id);
       rows.Next();) {
    folds.push_back(UnpackConfusion(rows.Text(0), rows.Text(1)));
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

Status CompletePoint(Database& database, std::int64_t point_id) {
  // Jobs run in the order of their rows, mostly: what is left is found at the end.
  const std::int64_t undone_job = database.Number(
      "SELECT job.id FROM fold_use JOIN job ON job.id = fold_use.job_id"
      " WHERE fold_use.point_id = ? AND job.state <> 'done' ORDER BY fold_use.job_id DESC LIMIT 1",
      point_id);
  if (undone_job != 0) return {};
  const auto folds_total = static_cast<std::size_t>(
      database.Number("SELECT count(*) FROM fold_use WHERE point_id = ?", point_id));
  for (const std::string& task : TasksOfPoint(database, point_id)) {
    const std::vector<ConfusionMatrix> folds = FoldsOf(database, point_id, task);
    if (folds.size() != folds_total) {
      return InternalError(
          fmt::format("{} of {} finished folds answer task {}", folds.size(), folds_total, task),
          database.path().string());
    }
    WriteCell(database, point_id, task, Evaluate(folds));
  }
  return {};
}

}  // namespace unmask

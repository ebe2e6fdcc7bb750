#include "sql/cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "common/config/names.h"
#include "common/config/task_title.h"
#include "common/metrics/metrics.h"
#include "sql/packed.h"

namespace unmask {
namespace {

// What one fold's job answered, in the order in which folds are summed.
struct FoldAnswer {
  std::string held_out;
  std::int64_t job_id = 0;
  std::array<std::int64_t, kTasks.size()> fold{};  // 0: not this task
  std::array<std::string, kTasks.size()> confusion;
};

std::vector<FoldAnswer> AnswersOf(Database& database, std::int64_t point_id) {
  std::vector<FoldAnswer> answers;
  for (Rows rows(database,
                 "SELECT planned_job.held_out, planned_job.id, answer.ter_fold,"
                 " answer.ter_confusion, answer.der_fold, answer.der_confusion FROM fold_use"
                 " JOIN planned_job ON planned_job.id = fold_use.job_id"
                 " LEFT JOIN answer ON answer.job_id = planned_job.id"
                 " WHERE fold_use.point_id = ?",
                 point_id);
       rows.Next();) {
    answers.push_back({.held_out = rows.Text(0),
                       .job_id = rows.Int(1),
                       .fold = {rows.Int(2), rows.Int(4)},
                       .confusion = {rows.Text(3), rows.Text(5)}});
  }
  // Sums over folds must not depend on who finished first.
  std::ranges::sort(answers, {},
                    [](const FoldAnswer& one) { return std::tie(one.held_out, one.job_id); });
  return answers;
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

struct CellWriter::PointFolds {
  std::size_t total = 0;
  std::array<std::vector<ConfusionMatrix>, kTasks.size()> by_task;
};

CellWriter::PointFolds CellWriter::FoldsOf(std::int64_t point_id) {
  PointFolds folds;
  for (const FoldAnswer& answer : AnswersOf(database_, point_id)) {
    ++folds.total;
    for (std::size_t task = 0; task < kTasks.size(); ++task) {
      if (answer.fold[task] == 0) continue;
      folds.by_task[task].push_back(
          UnpackConfusion(ClassesOf(answer.fold[task]), answer.confusion[task]));
    }
  }
  return folds;
}

const std::vector<std::string>& CellWriter::ClassesOf(std::int64_t fold_id) {
  const auto [known, is_new] = classes_.try_emplace(fold_id);
  if (is_new) {
    Rows rows(database_, "SELECT classes FROM fold WHERE id = ?", fold_id);
    if (rows.Next()) known->second = UnpackNames(rows.Text(0));
  }
  return known->second;
}

Status CellWriter::Write(std::int64_t point_id) {
  const PointFolds folds = FoldsOf(point_id);
  for (const std::string& task : TasksOfPoint(database_, point_id)) {
    const auto& answered = folds.by_task[static_cast<std::size_t>(FromName<Task>(task).value())];
    if (answered.size() != folds.total) {
      return InternalError(
          fmt::format("{} of {} finished folds answer task {}", answered.size(), folds.total, task),
          database_.path().string());
    }
    WriteCell(database_, point_id, task, Evaluate(answered));
  }
  return {};
}

Status CellWriter::WriteIfComplete(std::int64_t point_id) {
  // Jobs run in the order of their rows, mostly: what is left is found at the end.
  const std::int64_t undone_job = database_.Number(
      "SELECT job.id FROM fold_use JOIN job ON job.id = fold_use.job_id"
      " WHERE fold_use.point_id = ? AND job.state <> 'done' ORDER BY fold_use.job_id DESC LIMIT 1",
      point_id);
  return undone_job != 0 ? Status() : Write(point_id);
}

}  // namespace unmask

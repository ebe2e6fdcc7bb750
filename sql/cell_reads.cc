#include "sql/cell_reads.h"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>

#include "common/config/names.h"
#include "common/config/task_title.h"
#include "sql/name_columns.h"
#include "sql/packed.h"

namespace unmask {
namespace {

CellMetrics MetricsOf(const Rows& rows, int first) {
  return {.k = rows.Int(first),
          .n = rows.Int(first + 1),
          .accuracy = rows.Real(first + 2),
          .wilson_low = rows.Real(first + 3),
          .wilson_high = rows.Real(first + 4),
          .macro_f1 = rows.Real(first + 5),
          .weighted_f1 = rows.Real(first + 6),
          .uar = rows.Real(first + 7),
          .fold_mean_accuracy = rows.Real(first + 8)};
}

using FoldIds = std::vector<std::int64_t>;  // rows of `fold`, of one cell

// Counts the labels of folds. Most cells of a sweep have the same folds, which are counted once.
class LabelCounter {
 public:
  explicit LabelCounter(Database& database) : database_(database) {}

  CommonestClass CommonestOf(FoldIds folds) {
    std::ranges::sort(folds);
    const auto [known, is_new] = known_.try_emplace(std::move(folds));
    if (!is_new) return known->second;
    std::map<std::string, std::int64_t> clips;
    for (const std::int64_t fold : known->first) {
      for (const auto& [name, count] : ClipsOf(fold)) clips[name] += count;
    }
    for (const auto& [name, count] : clips) {
      if (count > known->second.clips) known->second = {name, count};
    }
    return known->second;
  }

 private:
  const std::map<std::string, std::int64_t>& ClipsOf(std::int64_t fold) {
    const auto [clips, is_new] = folds_.try_emplace(fold);
    if (!is_new) return clips->second;
    Rows rows(database_, "SELECT classes, labels FROM fold WHERE id = ?", fold);
    if (!rows.Next()) return clips->second;
    const std::vector<std::string> classes = UnpackNames(rows.Text(0));
    for (const std::int32_t label : UnpackIntegers(rows.Text(1))) {
      ++clips->second[classes.at(static_cast<std::size_t>(label))];
    }
    return clips->second;
  }

  Database& database_;
  std::map<FoldIds, CommonestClass> known_;
  std::unordered_map<std::int64_t, std::map<std::string, std::int64_t>> folds_;  // clips by label
};

struct PointFolds {
  CellRow cell;  // what they say of the point's cells; the rest is empty
  std::array<FoldIds, kTasks.size()> answered;
};

// By the point's id. Not the view `cells`: it would look every job up once for each count and task.
std::unordered_map<std::int64_t, PointFolds> ReadPointFolds(Database& database,
                                                            std::string_view sweep) {
  std::unordered_map<std::int64_t, PointFolds> points;
  for (Rows rows(database,
                 "SELECT point.id, job.features, job.state, job.job_key, answer.ter_fold,"
                 " answer.der_fold FROM sweep"
                 " JOIN point ON point.sweep_id = sweep.id"
                 " JOIN fold_use ON fold_use.point_id = point.id"
                 " JOIN job ON job.id = fold_use.job_id"
                 " LEFT JOIN answer ON answer.job_id = fold_use.job_id WHERE sweep.sweep = ?"
                 " ORDER BY point.experiment, point.point, point.seed, job.held_out",
                 sweep);
       rows.Next();) {
    PointFolds& point = points[rows.Int(0)];
    CellRow& cell = point.cell;
    const JobState state = NameIn<JobState>(rows, 2);
    cell.features = rows.Text(1);
    cell.folds_done += state == JobState::kDone ? 1 : 0;
    cell.folds_failed += IsDead(state) ? 1 : 0;
    ++cell.folds_total;
    cell.job_keys.push_back(rows.Text(3));
    int column = 4;
    for (FoldIds& answered : point.answered) {
      if (!rows.IsNull(column)) answered.push_back(rows.Int(column));
      ++column;
    }
  }
  return points;
}

}  // namespace

std::vector<CellRow> ReadCells(Database& database, std::string_view sweep) {
  const auto folds = ReadPointFolds(database, sweep);
  LabelCounter labels(database);
  std::vector<CellRow> cells;
  for (Rows rows(database,
                 "SELECT point.id, experiment, alpha, beta, hsic, point, validation, seed, task, k,"
                 " n, accuracy, wilson_low, wilson_high, macro_f1, weighted_f1, uar,"
                 " fold_mean_accuracy FROM sweep"
                 " JOIN point ON point.sweep_id = sweep.id JOIN cell ON cell.point_id = point.id"
                 " WHERE sweep.sweep = ? ORDER BY experiment, point, seed, task",
                 sweep);
       rows.Next();) {
    const auto at = folds.find(rows.Int(0));
    CellRow cell = at == folds.end() ? CellRow() : at->second.cell;
    cell.point_id = rows.Int(0);
    cell.experiment = rows.Text(1);
    cell.alpha = rows.MaybeReal(2);
    cell.beta = rows.MaybeReal(3);
    cell.hsic = rows.MaybeText(4);
    cell.point = rows.Text(5);
    cell.validation = rows.Text(6);
    cell.seed = rows.Int(7);
    cell.task = NameIn<Task>(rows, 8);
    if (!rows.IsNull(9)) cell.metrics = MetricsOf(rows, 9);
    if (cell.metrics && at != folds.end()) {
      cell.commonest = labels.CommonestOf(at->second.answered[static_cast<std::size_t>(cell.task)]);
    }
    cell.leaky = cell.validation == "leaky";
    cells.push_back(std::move(cell));
  }
  return cells;
}

std::vector<FoldRow> ReadFolds(Database& database, std::string_view sweep) {
  std::vector<FoldRow> folds;
  std::map<std::string, ConfusionMatrix> empty;  // by packed classes, of which there are few
  const auto confusion = [&](const std::string& classes, const std::string& counts) {
    auto at = empty.find(classes);
    if (at == empty.end()) at = empty.emplace(classes, UnpackNames(classes)).first;
    return UnpackConfusion(at->second.classes, counts);
  };
  for (Rows rows(database,
                 "SELECT point.experiment, point.point, point.seed, cell.task, job.held_out,"
                 " job.job_key, job.state, (SELECT fold.classes FROM prediction"
                 " JOIN fold ON fold.id = prediction.fold_id"
                 " WHERE prediction.job_id = job.id AND prediction.task = cell.task),"
                 " (SELECT prediction.confusion FROM prediction"
                 " WHERE prediction.job_id = job.id AND prediction.task = cell.task) FROM sweep"
                 " JOIN point ON point.sweep_id = sweep.id"
                 " JOIN cell ON cell.point_id = point.id"
                 " JOIN fold_use ON fold_use.point_id = point.id"
                 " JOIN job ON job.id = fold_use.job_id"
                 " WHERE sweep.sweep = ?"
                 " ORDER BY point.experiment, point.point, point.seed, cell.task, job.held_out",
                 sweep);
       rows.Next();) {
    folds.push_back(
        {.experiment = rows.Text(0),
         .point = rows.Text(1),
         .seed = rows.Int(2),
         .task = NameIn<Task>(rows, 3),
         .held_out = rows.Text(4),
         .job_key = rows.Text(5),
         .state = NameIn<JobState>(rows, 6),
         .confusion = rows.IsNull(7) ? ConfusionMatrix() : confusion(rows.Text(7), rows.Text(8))});
  }
  return folds;
}

}  // namespace unmask

#include "common/config/task_title.h"
#include "coordinator/report_page/figures.h"
#include "coordinator/report_page/matrix_panel.h"

namespace unmask {
namespace {

constexpr std::size_t kMostPanels = 12;

// Pooled over the folds that are done, of all seeds.
ConfusionMatrix PooledConfusion(const ReportCell& cell, Task task) {
  std::vector<ConfusionMatrix> folds;
  for (const FoldRow* fold : cell.folds) {
    if (fold->task == task && !fold->confusion.classes.empty()) folds.push_back(fold->confusion);
  }
  return Pool(folds);
}

Figure FigureOf(const ReportData& data, Task task) {
  Figure figure;
  const bool ter = task == Task::kTer;
  figure.id = ter ? "confusion-ter" : "confusion-der";
  figure.title =
      ter ? "Confusions of the true emotion (TER)" : "Confusions of the shown emotion (DER)";
  figure.notes.emplace_back(
      "Held-out clips of all finished folds: a row is what is, a column what was predicted, the "
      "shade the share of the row. Each experiment at its own values.");
  CsvLines csv({"experiment", "point", "leaky", "folds", "task", "label", "predicted", "clips"});
  std::size_t experiments = 0;
  for (const ReportCell& cell : data.cells) {
    if (!cell.own || !cell.tasks.contains(task)) continue;
    const ConfusionMatrix matrix = WithoutEmptyClasses(PooledConfusion(cell, task));
    if (matrix.classes.empty()) continue;
    const TableCell& figures = cell.tasks.at(task);
    for (std::size_t row = 0; row < matrix.classes.size(); ++row) {
      for (std::size_t column = 0; column < matrix.classes.size(); ++column) {
        csv.Add({cell.experiment, cell.point.dump(), LeakyMark(cell), FoldsText(figures),
                 ter ? "ter" : "der", matrix.classes[row], matrix.classes[column],
                 std::to_string(matrix.At(row, column))});
      }
    }
    if (++experiments > kMostPanels) continue;
    figure.panels.push_back(MatrixPanel(matrix, {.what = figure.title,
                                                 .experiment = cell.experiment,
                                                 .detail = cell.detail,
                                                 .extent = ExtentText(figures),
                                                 .rows = ter ? "felt" : "shown",
                                                 .columns = "predicted"}));
  }
  if (experiments > kMostPanels) {
    figure.notes.push_back(DrawnText(kMostPanels, experiments, "experiments"));
  }
  figure.csv = std::move(csv).text();
  return figure;
}

}  // namespace

std::vector<Figure> ConfusionFigures(const ReportData& data) {
  std::vector<Figure> figures;
  for (const Task task : kTasks) {
    Figure figure = FigureOf(data, task);
    if (!figure.panels.empty()) figures.push_back(std::move(figure));
  }
  return figures;
}

}  // namespace unmask

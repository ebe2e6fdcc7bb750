#include <fmt/format.h>

#include <algorithm>

#include "common/config/task_title.h"
#include "coordinator/report_page/figures.h"
#include "coordinator/report_page/matrix_panel.h"
#include "coordinator/report_page/subject_counts.h"

namespace unmask {
namespace {

constexpr std::size_t kMostColumns = 30;
constexpr std::size_t kMostRows = 120;
constexpr double kColumn = 25;
constexpr double kRow = 17;
constexpr double kTop = 24;

struct HeatMap {
  std::vector<const ReportCell*> columns;
  std::vector<SubjectCounts> counts;  // [columns]
  std::vector<std::string> subjects;  // sorted
};

HeatMap Gather(const ReportData& data, Task task) {
  HeatMap map;
  std::map<std::string, bool> subjects;
  for (const ReportCell& cell : data.cells) {
    if (!cell.tasks.contains(task)) continue;
    map.columns.push_back(&cell);
    map.counts.push_back(CountBySubject(cell, task));
    for (const FoldRow* fold : cell.folds) subjects[fold->held_out] = true;
  }
  for (const auto& [subject, there] : subjects) map.subjects.push_back(subject);
  return map;
}

std::string Numbers(const HeatMap& map) {
  CsvLines csv({"subject", "experiment", "point", "leaky", "right", "clips"});
  for (std::size_t i = 0; i < map.columns.size(); ++i) {
    for (const auto& [subject, count] : map.counts[i]) {
      csv.Add({subject, map.columns[i]->experiment, map.columns[i]->point.dump(),
               LeakyMark(*map.columns[i]), std::to_string(count.right),
               std::to_string(count.clips)});
    }
  }
  return std::move(csv).text();
}

// An experiment on other data has other subjects.
bool HasFold(const ReportCell& cell, Task task, std::string_view subject) {
  return std::ranges::any_of(cell.folds, [&](const FoldRow* fold) {
    return fold->task == task && fold->held_out == subject;
  });
}

Panel Draw(const HeatMap& map, Task task) {
  const std::size_t columns = std::min(map.columns.size(), kMostColumns);
  const std::size_t rows = std::min(map.subjects.size(), kMostRows);
  const double left = LabelRoom(map.subjects, 6, 20, 90) + 4;
  std::vector<std::string> labels;
  std::vector<std::string> details;
  for (std::size_t i = 0; i < columns; ++i) {
    labels.push_back(map.columns[i]->label);
    details.push_back(map.columns[i]->detail);
  }
  // Names are cut, points are not.
  const double room =
      LabelRoom(labels, 6, 20, std::max(170.0, LabelRoom(details, 6, 20, 400) + 50));
  const double below = room + 10;
  const double bottom = kTop + kRow * static_cast<double>(rows);
  const double width = std::max(170.0, left + kColumn * static_cast<double>(columns) + 2);
  Panel panel{
      width, bottom + below, std::string(TaskTitle(task)) + " accuracy of each subject", {}};
  Svg& svg = panel.svg;
  svg.Text({0, 14}, std::string(TaskTitle(task)) + ", % right", {.css = "strong"});
  for (std::size_t column = 0; column < columns; ++column) {
    const double x = left + kColumn * static_cast<double>(column);
    svg.Text({x + kColumn / 2 + 4, bottom + 6}, map.columns[column]->experiment,
             {.css = map.columns[column]->leaky ? "bad-text" : "",
              .anchor = Anchor::kEnd,
              .room = room,
              .angle = -90,
              .tail = details[column]});
    for (std::size_t row = 0; row < rows; ++row) {
      const SvgBox box{x, kTop + kRow * static_cast<double>(row), kColumn - 1, kRow - 1};
      const auto at = map.counts[column].find(map.subjects[row]);
      if (at == map.counts[column].end()) {
        if (HasFold(*map.columns[column], task, map.subjects[row])) {
          svg.Rect({box.x + 1, box.y + 1, box.width - 2, box.height - 2}, "hole");
        }
        continue;
      }
      const double share = at->second.Share();
      svg.Rect(box, "heat",
               fmt::format("{}, {}: {} of {}", map.subjects[row], labels[column], at->second.right,
                           at->second.clips),
               share);
      svg.Text({box.x + box.width / 2, box.y + 12}, fmt::format("{:.0f}", 100 * share),
               {.css = TextOnHeat(share), .anchor = Anchor::kMiddle});
    }
  }
  for (std::size_t row = 0; row < rows; ++row) {
    svg.Text({left - 6, kTop + kRow * static_cast<double>(row) + 12}, map.subjects[row],
             {.anchor = Anchor::kEnd, .room = left - 6});
  }
  return panel;
}

std::vector<std::string> NotesOf(const HeatMap& map) {
  std::vector<std::string> notes{
      "A row is a subject, a column an experiment at a grid point. Rows that differ more than "
      "columns: who is tested matters more than what is tuned. Dashed: the fold is not done; "
      "blank: there is none."};
  if (map.columns.size() > kMostColumns || map.subjects.size() > kMostRows) {
    notes.push_back(fmt::format(
        "The first {} of {} columns and {} of {} subjects are drawn; all are in the CSV.",
        std::min(map.columns.size(), kMostColumns), map.columns.size(),
        std::min(map.subjects.size(), kMostRows), map.subjects.size()));
  }
  return notes;
}

}  // namespace

SubjectCounts CountBySubject(const ReportCell& cell, Task task) {
  SubjectCounts counts;
  for (const FoldRow* fold : cell.folds) {
    if (fold->task != task || fold->confusion.Total() == 0) continue;
    RightOf& count = counts[fold->held_out];
    count.right += fold->confusion.Right();
    count.clips += fold->confusion.Total();
  }
  return counts;
}

std::vector<Figure> SubjectFigures(const ReportData& data) {
  std::vector<Figure> figures;
  for (const Task task : kTasks) {
    const HeatMap map = Gather(data, task);
    if (map.columns.empty()) continue;
    Figure figure;
    figure.id = task == Task::kTer ? "subjects-ter" : "subjects-der";
    figure.title = std::string("Accuracy of each held-out subject, ") + TaskTitle(task);
    figure.notes = NotesOf(map);
    figure.panels.push_back(Draw(map, task));
    figure.csv = Numbers(map);
    figures.push_back(std::move(figure));
  }
  return figures;
}

}  // namespace unmask

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

#include "common/base/text.h"
#include "common/config/task_title.h"
#include "coordinator/report/pairing.h"
#include "coordinator/report_page/axis.h"
#include "coordinator/report_page/figures.h"
#include "coordinator/statistics/paired_tests.h"

namespace unmask {
namespace {

constexpr std::size_t kMostPairs = 6;
constexpr std::size_t kMostRows = 60;
constexpr double kRow = 14;
constexpr double kTop = 70;

struct Pair {
  const ReportCell* cell;
  const ReportCell* against;
  Task task;
};

struct Compared {
  Pair pair;
  Pairing pairing;  // first is `against`; subjects best for the cell first
};

// The cell that the study is about: of the last row of its first table that is part of the run,
// else the own cell of the experiment with the most points.
const ReportCell* MainCell(const ReportData& data) {
  if (data.tables.empty()) return nullptr;
  std::map<std::string_view, const ReportCell*> own_of;  // by experiment: those with both tasks
  for (const ReportCell& cell : data.cells) {
    if (cell.own && cell.tasks.size() > 1) own_of[cell.experiment] = &cell;
  }
  const ReportCell* found = nullptr;
  for (const TableRow& row : data.tables.front().rows) {
    for (const TableCell& wanted : row.cells.front()) {
      const auto own = own_of.find(wanted.experiment);
      if (own != own_of.end()) found = own->second;
    }
  }
  if (found != nullptr) return found;
  std::map<std::string, std::size_t> points;
  for (const ReportCell& cell : data.cells) ++points[cell.experiment];
  for (const ReportCell& cell : data.cells) {
    if (!cell.own) continue;
    if (found == nullptr || points[cell.experiment] > points[found->experiment]) found = &cell;
  }
  return found;
}

// The main cell against every other experiment's own; with one experiment alone, against its first
// and last point.
std::vector<Pair> PairsOf(const ReportData& data) {
  const ReportCell* const main = MainCell(data);
  if (main == nullptr) return {};
  std::vector<const ReportCell*> others;
  for (const ReportCell& cell : data.cells) {
    if (cell.own && &cell != main) others.push_back(&cell);
  }
  if (others.empty()) {
    for (const ReportCell* cell : {&data.cells.front(), &data.cells.back()}) {
      if (cell != main) others.push_back(cell);
    }
  }
  std::vector<Pair> pairs;
  for (const ReportCell* other : others) {
    for (const Task task : kTasks) {
      if (main->tasks.contains(task) && other->tasks.contains(task)) {
        pairs.push_back({main, other, task});
      }
    }
  }
  return pairs;
}

Pairing PairingOf(const Pair& pair) {
  const auto folds = [&](const ReportCell& cell) {
    FoldList list;
    for (const FoldRow* fold : cell.folds) {
      if (fold->task == pair.task) list.push_back(fold);
    }
    return list;
  };
  Pairing pairing = PairFolds(folds(*pair.against), folds(*pair.cell));
  std::ranges::stable_sort(pairing.subjects, std::greater(), &PairedSubject::Difference);
  return pairing;
}

std::string PText(double p) { return p < 0.0001 ? "p < 0.0001" : fmt::format("p = {:.4f}", p); }

// How many subjects went one way, and how many the other.
std::string Wins(const Pairing& pairing) {
  std::int64_t better = 0;
  std::int64_t worse = 0;
  for (const PairedSubject& subject : pairing.subjects) {
    better += subject.second > subject.first ? 1 : 0;
    worse += subject.second < subject.first ? 1 : 0;
  }
  return fmt::format("better for {}, worse for {}, equal for {}", better, worse,
                     std::ssize(pairing.subjects) - better - worse);
}

// Where no fold lacks, the exact signed-rank test over subjects.
std::string Verdict(const Compared& compared) {
  const Pair& pair = compared.pair;
  if (!compared.pairing.ok()) {
    return fmt::format("so far, {} against {} folds", FoldsText(pair.cell->tasks.at(pair.task)),
                       FoldsText(pair.against->tasks.at(pair.task)));
  }
  if (compared.pairing.same_jobs) return "the same jobs: both are one result, nothing to test";
  return "Wilcoxon " + PText(WilcoxonSignedRank(compared.pairing.AccuracyDifferences()).p.p);
}

void DrawRow(const PairedSubject& subject, double y, const Axis& axis, double left, Svg& svg) {
  const double value = 100 * subject.Difference();
  const double zero = axis.At(0);
  const double end = axis.At(value);
  svg.Text({left - 6, y + 10}, subject.subject, {.anchor = Anchor::kEnd, .room = left - 6});
  const std::string tip = fmt::format("{}: {}/{} against {}/{}", subject.subject, subject.second,
                                      subject.clips, subject.first, subject.clips);
  if (value != 0) {
    svg.Rect({std::min(zero, end), y + 1, std::max(1.0, std::abs(end - zero)), kRow - 3},
             value < 0 ? "der" : "ter", tip);
  }
  const std::string text = fmt::format("{:+.0f}", value);
  svg.Text({value < 0 ? end - 3 : end + 3, y + 10}, value == 0 ? "0" : text,
           {.css = "muted", .anchor = value < 0 ? Anchor::kEnd : Anchor::kStart});
}

// The largest difference of all, in points: panels have one scale, so that they compare.
double MostOf(const std::vector<Compared>& drawn) {
  double most = 1;
  for (const Compared& compared : drawn) {
    for (const PairedSubject& subject : compared.pairing.subjects) {
      most = std::max(most, 100 * std::abs(subject.Difference()));
    }
  }
  return most;
}

Panel Draw(const Compared& compared, double most) {
  const Pair& pair = compared.pair;
  const std::vector<PairedSubject>& subjects = compared.pairing.subjects;
  std::vector<std::string> names;
  names.reserve(subjects.size());
  for (const PairedSubject& subject : subjects) names.push_back(subject.subject);
  const double left = LabelRoom(names, 8, 20, 90);
  const std::size_t rows = std::min(subjects.size(), kMostRows);
  const double bottom = kTop + kRow * static_cast<double>(rows);
  const Axis axis(-most, most, left + 34, kPanelWidth - 30);
  Panel panel{kPanelWidth, bottom + 36, "", {}};
  panel.label = std::string(TaskTitle(pair.task)) + ": " + pair.cell->label + " minus " +
                pair.against->label + ", subject by subject";
  Svg& svg = panel.svg;
  svg.Text({0, 14}, std::string(TaskTitle(pair.task)) + ": " + pair.cell->experiment,
           {.css = "strong", .room = kPanelWidth, .tail = pair.cell->detail});
  svg.Text({0, 29}, "minus " + pair.against->experiment,
           {.room = kPanelWidth, .tail = pair.against->detail});
  svg.Text({0, 44}, Wins(compared.pairing), {.css = "muted", .room = kPanelWidth});
  svg.Text({0, 59}, Verdict(compared), {.css = "muted", .room = kPanelWidth});
  for (const Tick& tick : axis.ticks()) {
    svg.Line({tick.at, kTop}, {tick.at, bottom}, tick.label == "0" ? "axis" : "grid");
    svg.Text({tick.at, bottom + 14}, tick.label, {.css = "muted", .anchor = Anchor::kMiddle});
  }
  svg.Text({axis.At(0), bottom + 30}, "points of accuracy",
           {.css = "muted", .anchor = Anchor::kMiddle});
  for (std::size_t i = 0; i < rows; ++i) {
    DrawRow(subjects[i], kTop + kRow * static_cast<double>(i), axis, left, svg);
  }
  return panel;
}

}  // namespace

std::vector<Figure> DifferenceFigures(const ReportData& data) {
  Figure figure;
  figure.id = "differences";
  figure.title = "Subject by subject";
  figure.notes.emplace_back(
      "The difference in accuracy on each held-out subject, in points. Tests: Wilcoxon's exact "
      "signed-rank over the subjects, two-sided, each by itself (not corrected for their number). "
      "Folds share most of their training clips, so the p-values look surer than they are.");
  CsvLines csv({"task", "experiment", "point", "leaky", "folds", "against_experiment",
                "against_point", "against_leaky", "against_folds", "subject", "right", "clips",
                "against_right", "against_clips", "difference"});
  std::vector<Compared> all;
  for (const Pair& pair : PairsOf(data)) {
    Pairing pairing = PairingOf(pair);
    if (!pairing.obstacle.empty()) {
      figure.notes.push_back(fmt::format("{}: {} minus {} is left out: {}.", TaskTitle(pair.task),
                                         pair.cell->label, pair.against->label, pairing.obstacle));
      continue;
    }
    if (pairing.subjects.empty()) continue;
    for (const PairedSubject& subject : pairing.subjects) {
      csv.Add({pair.task == Task::kTer ? "ter" : "der", pair.cell->experiment,
               pair.cell->point.dump(), LeakyMark(*pair.cell),
               FoldsText(pair.cell->tasks.at(pair.task)), pair.against->experiment,
               pair.against->point.dump(), LeakyMark(*pair.against),
               FoldsText(pair.against->tasks.at(pair.task)), subject.subject,
               std::to_string(subject.second), std::to_string(subject.clips),
               std::to_string(subject.first), std::to_string(subject.clips),
               ShortestReal(subject.Difference())});
    }
    all.push_back({pair, std::move(pairing)});
  }
  if (all.empty()) return {};
  if (all.size() > kMostPairs) {
    figure.notes.push_back(DrawnText(kMostPairs, all.size(), "comparisons"));
    all.resize(kMostPairs);
  }
  std::size_t subjects = 0;
  const double most = MostOf(all);
  for (const Compared& compared : all) {
    subjects = std::max(subjects, compared.pairing.subjects.size());
    figure.panels.push_back(Draw(compared, most));
  }
  if (subjects > kMostRows) figure.notes.push_back(DrawnText(kMostRows, subjects, "subjects"));
  figure.csv = std::move(csv).text();
  return {figure};
}

}  // namespace unmask

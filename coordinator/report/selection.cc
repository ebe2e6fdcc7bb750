#include "coordinator/report/selection.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_set>

#include "common/base/check.h"
#include "common/base/text.h"
#include "coordinator/report/fold_scores.h"
#include "coordinator/report/own_values.h"
#include "coordinator/statistics/bootstrap.h"
#include "sql/store_reader.h"

namespace unmask {
namespace {

using Json = nlohmann::json;

// Validation accuracy, and the loss with its sign turned, of the epoch that each job's predictions
// come from.
using ValidationScores = std::map<std::pair<std::string, Task>, Score>;

Result<ValidationScores> ReadValidation(StoreReader& reader, const SweepResults& results) {
  std::map<std::string, std::int64_t> best_epochs;
  for (const JobRow& job : results.jobs) {
    if (job.best_epoch) best_epochs[job.job_key] = *job.best_epoch;
  }
  ValidationScores scores;
  UNMASK_TRY(reader.ForEachCurve(
      results.sweep, [&](const std::string& key, const std::vector<CurvePoint>& curve) {
        const auto best = best_epochs.find(key);
        if (best == best_epochs.end()) return;
        for (const CurvePoint& point : curve) {
          if (point.split != CurveSplit::kValidation || point.epoch != best->second) continue;
          scores[{key, point.task}] = {point.accuracy, -point.loss};
        }
      }));
  return scores;
}

// The points of an experiment in the grid's order. Not in that of the jobs, which experiments share
// and `--order-seed` shuffles.
std::vector<std::string> PointsInOrder(const SweepResults& results, const std::string& experiment) {
  std::map<std::int64_t, std::string> by_id;
  for (const CellRow& cell : results.cells) {
    if (cell.experiment == experiment) by_id[cell.point_id] = cell.point;
  }
  std::vector<std::string> points;
  std::unordered_set<std::string_view> known;
  for (const auto& [id, point] : by_id) {  // once for each seed
    if (known.insert(point).second) points.push_back(point);
  }
  return points;
}

// The point that stands at the experiment's own values.
std::optional<std::size_t> StudyPoint(const Json& config, const std::string& experiment,
                                      const std::vector<std::string>& points) {
  const auto own = std::ranges::find_if(points, [&](const std::string& point) {
    return IsAtOwnValues(config, experiment, Json::parse(point, nullptr, false));
  });
  if (own == points.end()) return std::nullopt;
  return static_cast<std::size_t>(own - points.begin());
}

// Right answers over a seed's folds, of each point.
using SeedSums = std::map<std::int64_t, std::vector<std::int64_t>>;

SeedSums SumSeeds(const ExperimentScores& scores) {
  SeedSums seeds;
  for (const FoldScores& fold : scores.folds) {
    std::vector<std::int64_t>& sums = seeds[fold.seed];
    sums.resize(scores.points.size());
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += fold.right[i];
  }
  return seeds;
}

std::vector<Score> OverSeed(const SeedSums& sums, const FoldScores& fold) {
  std::vector<Score> scores;
  for (const std::int64_t sum : sums.at(fold.seed))
    scores.emplace_back(static_cast<double>(sum), 0);
  return scores;
}

std::vector<Score> OverOthers(const SeedSums& sums, const FoldScores& fold) {
  std::vector<Score> scores = OverSeed(sums, fold);
  for (std::size_t i = 0; i < scores.size(); ++i)
    scores[i].first -= static_cast<double>(fold.right[i]);
  return scores;
}

std::vector<Score> ValidationOf(const FoldScores& fold) {
  std::vector<Score> values;
  for (const auto& value : fold.validation) {
    if (value) values.push_back(*value);
  }
  return values;
}

Best Choose(SelectionRule rule, const ExperimentScores& scores, const SeedSums& sums,
            const FoldScores& fold, std::size_t study) {
  switch (rule) {
    case SelectionRule::kValidation:
      return BestOf(ValidationOf(fold), scores.same_as);
    case SelectionRule::kOthers:
      return BestOf(OverOthers(sums, fold), scores.same_as);
    case SelectionRule::kOracle:
      return BestOf(OverSeed(sums, fold), scores.same_as);
    case SelectionRule::kStudy:
      return {study, false};
  }
  return {};
}

// Each once, in the grid's order.
std::string ValidationsOf(const std::vector<GridPointFigures>& points, auto&& which) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::string& name = points[i].validation;
    if (which(i) && std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return Join(names, ", ");
}

std::string WhyUnavailable(SelectionRule rule, const ExperimentScores& scores,
                           const std::vector<GridPointFigures>& points, bool has_study) {
  if (rule == SelectionRule::kStudy && !has_study) {
    return "the study's own values are not in the grid";
  }
  if (rule != SelectionRule::kValidation) return "";
  if (std::ranges::any_of(points, &GridPointFigures::leaky)) {
    return "validation is leaky: it is the held-out subject itself";
  }
  const std::string missing = ValidationsOf(points, [&](std::size_t point) {
    return std::ranges::any_of(
        scores.folds, [&](const FoldScores& fold) { return !fold.validation[point].has_value(); });
  });
  if (!missing.empty()) return "validation is " + missing + ": there is no result";
  const bool alike = std::ranges::all_of(points, [&](const GridPointFigures& point) {
    return point.validation == points.front().validation;
  });
  if (alike) return "";
  return "the points do not validate with the same clips: " +
         ValidationsOf(points, [](std::size_t) { return true; });
}

// Points share their random numbers, and so the epochs that they see: of those that differ in how
// they choose among these, who chooses by the score in question is ahead for that alone.
std::string CautionOf(SelectionRule rule, const std::vector<GridPointFigures>& points) {
  if (rule != SelectionRule::kValidation) return "";
  std::vector<std::string> moved;
  const auto point = Json::parse(points.front().point, nullptr, false);
  for (const char* key : {"train.max_epochs", "train.monitor", "train.patience"}) {
    if (point.contains(key)) moved.emplace_back(key);
  }
  if (moved.empty()) return "";
  return "the grid moves " + Join(moved, ", ") +
         ", by which each point chose its epoch: the score favours some of them";
}

void AddAccuracy(Selection& selection) {
  std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> seeds;  // right, clips
  for (const SelectedFold& fold : selection.folds) {
    seeds[fold.seed].first += fold.right;
    seeds[fold.seed].second += fold.clips;
  }
  std::vector<double> accuracies;
  accuracies.reserve(seeds.size());
  for (const auto& [seed, counts] : seeds) {
    accuracies.push_back(counts.second == 0 ? 0
                                            : static_cast<double>(counts.first) /
                                                  static_cast<double>(counts.second));
  }
  selection.accuracy = MeanOverSeeds(accuracies);
  if (seeds.size() > 1) return;
  const auto [k, n] = seeds.begin()->second;
  const Interval wilson = WilsonInterval(k, n);
  selection.pooled = {k, n, wilson.low, wilson.high};
}

Selection SelectBy(SelectionRule rule, const ExperimentScores& scores,
                   const std::vector<GridPointFigures>& points, std::optional<std::size_t> study) {
  Selection selection;
  selection.rule = rule;
  selection.unavailable = WhyUnavailable(rule, scores, points, study.has_value());
  if (!selection.unavailable.empty()) return selection;
  selection.caution = CautionOf(rule, points);
  const SeedSums sums = SumSeeds(scores);
  for (const FoldScores& fold : scores.folds) {
    const Best best = Choose(rule, scores, sums, fold, study.value_or(0));
    selection.folds.push_back(
        {fold.subject, fold.seed, fold.clips, fold.right[best.at], best.at, best.tied});
    selection.leaky = selection.leaky || points[best.at].leaky;
  }
  AddAccuracy(selection);
  return selection;
}

// Subjects are resampled with all their seeds.
void AddPrice(const Selection& oracle, Selection& selection) {
  if (!selection.unavailable.empty()) return;
  std::map<std::string, std::pair<double, double>> subjects;  // lost answers, clips
  for (std::size_t i = 0; i < selection.folds.size(); ++i) {
    auto& [lost, clips] = subjects[selection.folds[i].subject];
    lost += static_cast<double>(oracle.folds[i].right - selection.folds[i].right);
    clips += static_cast<double>(selection.folds[i].clips);
  }
  std::vector<double> lost;
  std::vector<double> clips;
  for (const auto& [subject, counts] : subjects) {
    lost.push_back(counts.first);
    clips.push_back(counts.second);
  }
  selection.price = oracle.accuracy.mean - selection.accuracy.mean;
  selection.price_interval = BootstrapRatio(lost, clips);
}

// Of an experiment and task, by point.
using PointCells = std::map<std::string, const CellRow*>;

// Without accuracies where folds are missing.
std::vector<GridPointFigures> FiguresOf(const ExperimentScores& scores, const PointCells& cells) {
  std::vector<GridPointFigures> figures;
  for (std::size_t point = 0; point < scores.points.size(); ++point) {
    GridPointFigures& one = figures.emplace_back();
    one.point = scores.points[point];
    if (const auto cell = cells.find(one.point); cell != cells.end()) {
      one.validation = cell->second->validation;
      one.leaky = cell->second->leaky;
    }
    if (!scores.incomplete.empty()) continue;
    Selection constant;
    for (const FoldScores& fold : scores.folds) {
      constant.folds.push_back({fold.subject, fold.seed, fold.clips, fold.right[point], point});
    }
    AddAccuracy(constant);
    one.accuracy = constant.accuracy;
  }
  return figures;
}

TaskSelection SelectFor(const ExperimentScores& scores, const PointCells& cells,
                        std::optional<std::size_t> study) {
  TaskSelection task;
  task.experiment = cells.begin()->second->experiment;
  task.task = cells.begin()->second->task;
  task.points = FiguresOf(scores, cells);
  task.validation = ValidationsOf(task.points, [](std::size_t) { return true; });
  task.leaky = std::ranges::any_of(task.points, &GridPointFigures::leaky);
  task.incomplete = scores.incomplete;
  if (!task.incomplete.empty()) {
    task.points.clear();
    return task;
  }
  for (const SelectionRule rule : kSelectionRules) {
    task.selections.push_back(SelectBy(rule, scores, task.points, study));
  }
  const Selection oracle = task.selections[static_cast<std::size_t>(SelectionRule::kOracle)];
  for (Selection& selection : task.selections) AddPrice(oracle, selection);
  return task;
}

Result<SweepSelection> SelectFrom(const SweepResults& results, const Json& config,
                                  const ValidationScores& validation) {
  const FoldIndex folds(results.folds);
  const auto score = [&](const std::string& key, Task task) {
    const auto at = validation.find({key, task});
    return at == validation.end() ? std::nullopt : std::optional(at->second);
  };
  SweepSelection selection{results.sweep, {}};
  std::map<std::pair<std::string, Task>, PointCells> cells;  // one of each point's seeds
  for (const CellRow& cell : results.cells) {
    cells[{cell.experiment, cell.task}].emplace(cell.point, &cell);
  }
  for (const auto& [name, of_points] : cells) {
    const auto& [experiment, task] = name;
    const std::vector<std::string> points = PointsInOrder(results, experiment);
    if (points.size() < 2) continue;
    selection.tasks.push_back(SelectFor(ScoresOf(folds, experiment, points, task, score), of_points,
                                        StudyPoint(config, experiment, points)));
  }
  if (selection.tasks.empty()) {
    return UsageError("there is nothing to select", "sweep " + results.sweep,
                      "an experiment with several points in a grid");
  }
  return selection;
}

}  // namespace

const char* Name(SelectionRule rule) {
  constexpr std::array<const char*, 4> kNames = {"validation", "others", "oracle", "study"};
  return kNames.at(static_cast<std::size_t>(rule));
}

Result<SweepSelection> SelectPoints(StoreReader& reader, const std::string& sweep) {
  SweepResults results;
  SweepTexts texts;
  ValidationScores validation;
  UNMASK_TRY(reader.InSnapshot([&]() -> Status {
    UNMASK_ASSIGN(results, ReadSweepResultsWithin(reader, sweep));
    UNMASK_ASSIGN(texts, reader.Texts(results.sweep));
    UNMASK_ASSIGN(validation, ReadValidation(reader, results));
    return {};
  }));
  return SelectFrom(results, Json::parse(texts.config_json, nullptr, false), validation);
}

}  // namespace unmask

// What `unmask select` prints.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/base/json_or_null.h"
#include "common/base/json_text.h"
#include "common/base/text.h"
#include "common/config/task_title.h"
#include "common/jobs/job.h"
#include "coordinator/report/operand.h"
#include "coordinator/report/point_argument.h"
#include "coordinator/report/selection.h"
#include "coordinator/report/sheet.h"
#include "coordinator/report/text_table.h"

namespace unmask {
namespace {

using Json = nlohmann::ordered_json;

const char* Title(SelectionRule rule) {
  switch (rule) {
    case SelectionRule::kValidation:
      return "by the fold's own validation";
    case SelectionRule::kOthers:
      return "by the other subjects";
    case SelectionRule::kOracle:
      return "by hindsight (oracle)";
    case SelectionRule::kStudy:
      return "none: the study's own point";
  }
  return "";
}

std::int64_t Ties(const Selection& selection) {
  std::int64_t ties = 0;
  for (const SelectedFold& fold : selection.folds) ties += fold.tied ? 1 : 0;
  return ties;
}

std::string Choices(const TaskSelection& task) {
  TextTable table(
      {"chosen", "accuracy", "95% interval", "k/N", "price", "95% over subjects", "folds tied"}, 1);
  for (const Selection& selection : task.selections) {
    if (!selection.unavailable.empty()) {
      table.Add({Title(selection.rule), kAbsent, "", "", "", "", ""});
      continue;
    }
    const auto& pooled = selection.pooled;
    const bool oracle = selection.rule == SelectionRule::kOracle;
    table.Add({Title(selection.rule), Marked(FormatMean(selection.accuracy), selection.leaky),
               pooled ? fmt::format("{}–{}", FormatFigure(pooled->wilson_low),
                                    FormatFigure(pooled->wilson_high))
                      : "",
               pooled ? fmt::format("{}/{}", pooled->k, pooled->n) : "",
               oracle ? "" : FormatFigure(selection.price),
               oracle ? ""
                      : fmt::format("[{}, {}]", FormatFigure(selection.price_interval.low),
                                    FormatFigure(selection.price_interval.high)),
               selection.rule == SelectionRule::kStudy
                   ? ""
                   : fmt::format("{}/{}", Ties(selection), selection.folds.size())});
  }
  return table.Text();
}

// How many folds took the point, by each rule.
std::string Points(const TaskSelection& task) {
  TextTable table({"point", "accuracy", "by validation", "by others", "by hindsight"}, 1);
  for (std::size_t point = 0; point < task.points.size(); ++point) {
    std::vector<std::string> line{
        PointArgument("", task.points[point].point),
        Marked(FormatMean(task.points[point].accuracy), task.points[point].leaky)};
    for (const SelectionRule rule :
         {SelectionRule::kValidation, SelectionRule::kOthers, SelectionRule::kOracle}) {
      std::int64_t folds = 0;
      for (const SelectedFold& fold : task.selections[static_cast<std::size_t>(rule)].folds) {
        folds += fold.point == point ? 1 : 0;
      }
      line.push_back(folds == 0 ? "" : fmt::format("{}", folds));
    }
    table.Add(std::move(line));
  }
  return table.Text();
}

std::string TaskText(const TaskSelection& task) {
  std::string text = fmt::format("\n{}, {}", VisibleText(task.experiment), TaskTitle(task.task));
  if (!task.incomplete.empty()) return text + ": " + task.incomplete + "\n";
  text += fmt::format(": {} points, validation {}\n\n", task.points.size(), task.validation);
  text += Choices(task);
  for (const Selection& selection : task.selections) {
    const std::string& remark =
        selection.unavailable.empty() ? selection.caution : selection.unavailable;
    if (!remark.empty()) text += fmt::format("– {}: {}\n", Title(selection.rule), remark);
  }
  return text + "\n" + Points(task);
}

constexpr const char* kNotes = R"(
Each task is chosen by its own accuracy, in each seed for itself; tied points: the first of the grid. Price: accuracy of the
choice by hindsight minus this one's, with its bootstrap interval over held-out subjects (the choices stay as they are).
- By the fold's own validation: the point whose model did best on the validation clips of the same fold, at the epoch that
  training kept (equally good: the least validation loss). Nothing of the held-out subject is used. This is the honest one;
  few validation clips make it a noisy one.
- By the other subjects: the point with the most right answers on all other held-out subjects. The subject's own result
  takes no part, but every model that is compared was trained on its clips: nearly, not strictly, nested.
- By hindsight: the point with the most right answers on all subjects, those it is judged on included: too high.
)";

Json OneSelection(const Selection& selection, const TaskSelection& task) {
  Json json{{"rule", Name(selection.rule)}, {"leaky", selection.leaky}};
  const bool there = selection.unavailable.empty();
  json["unavailable"] = TextOrNull(selection.unavailable);
  json["caution"] = TextOrNull(selection.caution);
  json["accuracy"] = there ? Json(selection.accuracy.mean) : Json(nullptr);
  json["accuracy_sd"] = OrNull(selection.accuracy.deviation);
  const auto& pooled = selection.pooled;
  json["k"] = OrNull(pooled, &PooledAnswers::k);
  json["n"] = OrNull(pooled, &PooledAnswers::n);
  json["wilson_low"] = OrNull(pooled, &PooledAnswers::wilson_low);
  json["wilson_high"] = OrNull(pooled, &PooledAnswers::wilson_high);
  json["price"] = there ? Json(selection.price) : Json(nullptr);
  json["price_interval"] =
      there ? Json({selection.price_interval.low, selection.price_interval.high}) : Json(nullptr);
  json["folds_tied"] = Ties(selection);
  json["folds"] = Json::array();
  for (const SelectedFold& fold : selection.folds) {
    json["folds"].push_back({{"seed", fold.seed},
                             {"subject", fold.subject},
                             {"point", Json::parse(task.points[fold.point].point, nullptr, false)},
                             {"tied", fold.tied},
                             {"k", fold.right},
                             {"n", fold.clips}});
  }
  return json;
}

Json TaskJson(const TaskSelection& task) {
  Json json{{"experiment", task.experiment},
            {"task", std::string(Name(task.task))},
            {"validation", task.validation},
            {"leaky", task.leaky}};
  json["incomplete"] = TextOrNull(task.incomplete);
  json["points"] = Json::array();
  for (const GridPointFigures& point : task.points) {
    json["points"].push_back({{"point", Json::parse(point.point, nullptr, false)},
                              {"validation", point.validation},
                              {"leaky", point.leaky},
                              {"accuracy", point.accuracy.mean},
                              {"accuracy_sd", OrNull(point.accuracy.deviation)}});
  }
  json["selections"] = Json::array();
  for (const Selection& selection : task.selections) {
    json["selections"].push_back(OneSelection(selection, task));
  }
  return json;
}

}  // namespace

std::string SelectionText(const SweepSelection& selection) {
  std::string text = "Sweep " + VisibleText(selection.sweep) + "\n";
  for (const TaskSelection& task : selection.tasks) text += TaskText(task);
  return text + kNotes;
}

std::string SelectionJson(const SweepSelection& selection) {
  Json json{{"sweep", selection.sweep}, {"selections", Json::array()}};
  for (const TaskSelection& task : selection.tasks) json["selections"].push_back(TaskJson(task));
  return AsciiJson(json, 2) + "\n";
}

}  // namespace unmask

// A comparison as text for a terminal, and as JSON.
#include <fmt/format.h>

#include "common/base/json_or_null.h"
#include "common/base/json_text.h"
#include "common/base/text.h"
#include "common/config/task_title.h"
#include "common/jobs/job.h"
#include "coordinator/report/comparison.h"
#include "coordinator/report/point_argument.h"
#include "coordinator/report/sheet.h"
#include "coordinator/report/text_table.h"

namespace unmask {
namespace {

using Json = nlohmann::ordered_json;

std::string Configuration(const Comparison& comparison) {
  if (comparison.settings.empty()) return "Configuration: no difference\n";
  TextTable table({"Configuration", "A", "B"}, 3);
  for (const FieldDifference& field : comparison.settings) {
    table.Add({field.field, field.here, field.there});
  }
  return table.Text();
}

std::string Figure(const CellSummary& summary, bool leaky) {
  if (!summary.accuracy) return fmt::format("{}/{} folds", summary.folds_done, summary.folds_total);
  return Marked(FormatMean(*summary.accuracy), leaky);
}

std::string CellName(const ComparedCell& cell) {
  const std::string first = PointArgument(cell.first.experiment, cell.first.point);
  const std::string second = PointArgument(cell.second.experiment, cell.second.point);
  return first == second ? first : "A to B";
}

// Change, interval, clips, three p-values and the adjusted one.
std::vector<std::string> Change(const ComparedCell& cell) {
  const Pairing& pairing = cell.pairing;
  if (!pairing.ok()) {
    return {pairing.incomplete ? kIncomplete : pairing.obstacle, "", "", "", "", "", ""};
  }
  if (!cell.tests) return {"same jobs", "", "", "", "", "", ""};
  const PairedTests& tests = *cell.tests;
  const bool leaky = cell.first_leaky || cell.second_leaky;
  return {Marked(FormatDifference(cell.difference, 0), leaky),
          fmt::format("[{}, {}]", FormatDifference(cell.interval.low, 0),
                      FormatDifference(cell.interval.high, 0)),
          tests.clips ? fmt::format("{} / {}", tests.clips->only_first, tests.clips->only_second)
                      : kAbsent,
          tests.mcnemar_p ? FormatP(*tests.mcnemar_p) : kAbsent,
          FormatP(tests.wilcoxon.p.p),
          FormatP(tests.sign_flip.p),
          FormatP(tests.sign_flip_holm)};
}

std::string Cells(const Comparison& comparison, Task task) {
  TextTable table({TaskTitle(task), "A", "B", "B - A", "95% interval", "only A / only B",
                   "McNemar p", "Wilcoxon p", "sign-flip p", "Holm"},
                  1);
  for (const ComparedCell& cell : comparison.cells) {
    if (cell.task != task) continue;
    std::vector<std::string> line{CellName(cell), Figure(cell.first_summary, cell.first_leaky),
                                  Figure(cell.second_summary, cell.second_leaky)};
    for (std::string& text : Change(cell)) line.push_back(std::move(text));
    table.Add(std::move(line));
  }
  return table.empty() ? "" : "\n" + table.Text();
}

std::string OnlyIn(const char* side, const std::vector<std::string>& labels) {
  if (labels.empty()) return "";
  return fmt::format("Only in {}: {}\n", side, VisibleText(Join(labels, "; ")));
}

constexpr const char* kNotes = R"(
Accuracy, pooled over the folds; B - A with its bootstrap interval over held-out subjects (percentile, 9999 resamples).
only A / only B: clips that one of them alone has right; McNemar's exact test takes every clip as independent, which
clips of one person are not. Wilcoxon (signed ranks of the subjects' accuracies, zeros dropped) and sign flips (of the
subjects' right answers) take the subjects as units; Holm adjusts the sign-flip p over all cells here. All two-sided.
Any two folds share most of their training clips: the true doubt is larger than p says.
)";

Json SummaryJson(const CellSummary& summary, const PointName& name, bool leaky) {
  Json json{{"experiment", name.experiment}};
  json["point"] = Json::parse(name.point, nullptr, false);
  json["leaky"] = leaky;
  json["folds_done"] = summary.folds_done;
  json["folds_total"] = summary.folds_total;
  json["accuracy"] = OrNull(summary.accuracy, &SeedMean::mean);
  json["accuracy_sd"] = OrNull(summary.accuracy, &SeedMean::deviation);
  json["macro_f1"] = OrNull(summary.macro_f1, &SeedMean::mean);
  json["k"] = OrNull(summary.pooled, &CellMetrics::k);
  json["n"] = OrNull(summary.pooled, &CellMetrics::n);
  return json;
}

const char* MethodName(PValueMethod method) {
  switch (method) {
    case PValueMethod::kExact:
      return "exact";
    case PValueMethod::kNormal:
      return "normal";
    case PValueMethod::kMonteCarlo:
      return "monte-carlo";
  }
  return "";
}

Json TestsJson(const ComparedCell& cell) {
  if (!cell.tests) return nullptr;
  const PairedTests& tests = *cell.tests;
  Json json = Json::object();
  json["mcnemar"] = nullptr;
  if (tests.clips) {
    json["mcnemar"] = {{"both", tests.clips->both},
                       {"only_a", tests.clips->only_first},
                       {"only_b", tests.clips->only_second},
                       {"neither", tests.clips->neither},
                       {"p", *tests.mcnemar_p}};
  }
  json["wilcoxon"] = {{"rank_sum", tests.wilcoxon.rank_sum},
                      {"nonzero", tests.wilcoxon.nonzero},
                      {"p", tests.wilcoxon.p.p},
                      {"method", MethodName(tests.wilcoxon.p.method)}};
  json["sign_flip"] = {{"p", tests.sign_flip.p},
                       {"p_holm", tests.sign_flip_holm},
                       {"method", MethodName(tests.sign_flip.method)}};
  return json;
}

const char* StateOf(const ComparedCell& cell) {
  if (cell.pairing.incomplete) return "incomplete";
  if (!cell.pairing.obstacle.empty()) return "not comparable";
  return cell.pairing.same_jobs ? "same jobs" : "compared";
}

Json F1Json(const std::optional<ComparedF1>& f1) {
  if (!f1) return nullptr;
  const auto pair = [](const Interval& interval) { return Json({interval.low, interval.high}); };
  return {{"a_interval", pair(f1->first)},
          {"b_interval", pair(f1->second)},
          {"difference", f1->difference},
          {"interval", pair(f1->interval)}};
}

Json CellJson(const ComparedCell& cell) {
  Json json{{"task", std::string(Name(cell.task))}, {"state", StateOf(cell)}};
  json["obstacle"] = TextOrNull(cell.pairing.obstacle);
  json["a"] = SummaryJson(cell.first_summary, cell.first, cell.first_leaky);
  json["b"] = SummaryJson(cell.second_summary, cell.second, cell.second_leaky);
  json["difference"] = cell.pairing.ok() ? Json(cell.difference) : Json(nullptr);
  json["interval"] = cell.tests ? Json({cell.interval.low, cell.interval.high}) : Json(nullptr);
  json["macro_f1"] = F1Json(cell.f1);
  json["tests"] = TestsJson(cell);
  json["subjects"] = Json::array();
  const bool of_both = cell.pairing.ok();
  for (const PairedSubject& subject : cell.pairing.subjects) {
    json["subjects"].push_back({{"subject", subject.subject},
                                {"clips", of_both ? Json(subject.clips) : Json(nullptr)},
                                {"a", subject.first},
                                {"b", subject.second}});
  }
  return json;
}

}  // namespace

std::string ComparisonText(const Comparison& comparison) {
  std::string text = fmt::format("A  {}\nB  {}\n\n", VisibleText(comparison.first),
                                 VisibleText(comparison.second));
  text += Configuration(comparison);
  text += fmt::format("\nJobs: {} shared, {} only in A, {} only in B\n", comparison.jobs_shared,
                      comparison.jobs_only_first, comparison.jobs_only_second);
  text += OnlyIn("A", comparison.cells_only_first) + OnlyIn("B", comparison.cells_only_second);
  const std::string cells = Cells(comparison, Task::kTer) + Cells(comparison, Task::kDer);
  return text + (cells.empty() ? "\nNo cell is in both.\n" : cells + kNotes);
}

std::string ComparisonJson(const Comparison& comparison) {
  Json json{{"a", comparison.first}, {"b", comparison.second}, {"settings", Json::array()}};
  for (const FieldDifference& field : comparison.settings) {
    json["settings"].push_back({{"field", field.field}, {"a", field.here}, {"b", field.there}});
  }
  json["jobs"] = {{"shared", comparison.jobs_shared},
                  {"only_a", comparison.jobs_only_first},
                  {"only_b", comparison.jobs_only_second}};
  json["only_a"] = comparison.cells_only_first;
  json["only_b"] = comparison.cells_only_second;
  json["cells"] = Json::array();
  for (const ComparedCell& cell : comparison.cells) json["cells"].push_back(CellJson(cell));
  return AsciiJson(json, 2) + "\n";
}

}  // namespace unmask

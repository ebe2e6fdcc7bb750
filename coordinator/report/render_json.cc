// For programs: docs/formats.md, "Tables". Fields are in a fixed order, numbers in full; what is
// not known yet is null.
#include <nlohmann/json.hpp>

#include "common/base/json_or_null.h"
#include "common/base/json_text.h"
#include "common/jobs/job.h"
#include "coordinator/report/render.h"
#include "coordinator/report/sheet.h"

namespace unmask {
namespace {

using Json = nlohmann::ordered_json;

Json MinusJson(const std::optional<SeedMean>& ours, const std::optional<double>& published) {
  return ours && published ? Json(ours->mean - *published) : Json(nullptr);
}

// A point is JSON already; what does not parse is handed on as text.
Json PointJsonOf(const std::string& point) {
  Json json = Json::parse(point, nullptr, false);
  return json.is_discarded() ? Json(point) : json;
}

void AddMetrics(const std::optional<CellMetrics>& metrics, Json& json) {
  json["k"] = OrNull(metrics, &CellMetrics::k);
  json["n"] = OrNull(metrics, &CellMetrics::n);
  json["accuracy"] = OrNull(metrics, &CellMetrics::accuracy);
  json["wilson_low"] = OrNull(metrics, &CellMetrics::wilson_low);
  json["wilson_high"] = OrNull(metrics, &CellMetrics::wilson_high);
  json["macro_f1"] = OrNull(metrics, &CellMetrics::macro_f1);
  json["weighted_f1"] = OrNull(metrics, &CellMetrics::weighted_f1);
  json["uar"] = OrNull(metrics, &CellMetrics::uar);
  json["fold_mean_accuracy"] = OrNull(metrics, &CellMetrics::fold_mean_accuracy);
}

Json SeedJson(const SeedFigures& seed) {
  Json json{{"seed", seed.seed},
            {"folds_done", seed.folds_done},
            {"folds_failed", seed.folds_failed},
            {"folds_total", seed.folds_total}};
  AddMetrics(seed.metrics, json);
  json["commonest_class"] = OrNull(seed.commonest, &CommonestClass::name);
  json["commonest_clips"] = OrNull(seed.commonest, &CommonestClass::clips);
  json["jobs"] = seed.job_keys;
  return json;
}

const char* StateOf(const TableCell& cell, const CellSummary& summary) {
  if (cell.seeds.empty()) return "absent";
  return summary.accuracy ? "done" : "incomplete";
}

void AddSummary(const CellSummary& summary, Json& json) {
  const auto& pooled = summary.pooled;
  json["folds_done"] = summary.folds_done;
  json["folds_failed"] = summary.folds_failed;
  json["folds_total"] = summary.folds_total;
  json["k"] = OrNull(pooled, &CellMetrics::k);
  json["n"] = OrNull(pooled, &CellMetrics::n);
  json["accuracy"] = OrNull(summary.accuracy, &SeedMean::mean);
  json["accuracy_sd"] = OrNull(summary.accuracy, &SeedMean::deviation);
  json["wilson_low"] = OrNull(pooled, &CellMetrics::wilson_low);
  json["wilson_high"] = OrNull(pooled, &CellMetrics::wilson_high);
  json["macro_f1"] = OrNull(summary.macro_f1, &SeedMean::mean);
  json["macro_f1_sd"] = OrNull(summary.macro_f1, &SeedMean::deviation);
  json["uar"] = OrNull(summary.uar, &SeedMean::mean);
  json["uar_sd"] = OrNull(summary.uar, &SeedMean::deviation);
  json["weighted_f1"] = OrNull(summary.weighted_f1, &SeedMean::mean);
  json["weighted_f1_sd"] = OrNull(summary.weighted_f1, &SeedMean::deviation);
  json["fold_mean_accuracy"] = OrNull(summary.fold_mean_accuracy, &SeedMean::mean);
}

Json AgainstJson(const TableCell& cell) {
  if (!cell.against) return nullptr;
  const ReferenceTest& test = *cell.against;
  Json json{{"difference", test.difference}, {"subjects", test.subjects}};
  json["p"] = test.p ? Json(test.p->p) : Json(nullptr);
  json["p_holm"] = test.p ? Json(test.p_holm) : Json(nullptr);
  json["significant"] = test.significant();
  return json;
}

Json CellJson(const Table& table, const TableCell& cell) {
  const CellSummary summary = Summarise(cell);
  Json json{{"state", StateOf(cell, summary)}};
  json["experiment"] = TextOrNull(cell.experiment);
  json["point"] = cell.experiment.empty() ? Json(nullptr) : PointJsonOf(cell.point);
  json["features"] = TextOrNull(cell.features);
  json["validation"] = TextOrNull(cell.validation);
  json["leaky"] = cell.leaky;
  json["mark"] = cell.leaky ? Json(kLeakyMark) : Json(nullptr);
  AddSummary(summary, json);
  const PublishedFigures& published = cell.published;
  if (published.accuracy || published.macro_f1) {
    json["published"] = Json{{"label", table.published_label},
                             {"accuracy", OrNull(published.accuracy)},
                             {"macro_f1", OrNull(published.macro_f1)}};
    json["difference"] = Json{{"accuracy", MinusJson(summary.accuracy, published.accuracy)},
                              {"macro_f1", MinusJson(summary.macro_f1, published.macro_f1)}};
  } else {
    json["published"] = nullptr;
    json["difference"] = nullptr;
  }
  if (table.reference) json["against_reference"] = AgainstJson(cell);
  json["seeds"] = Json::array();
  for (const SeedFigures& seed : cell.seeds) json["seeds"].push_back(SeedJson(seed));
  return json;
}

Json RowJson(const Table& table, const TableRow& row) {
  Json json{{"label", row.label}, {"cells", Json::array()}};
  for (const auto& tasks : row.cells) {
    Json cell = Json::object();
    for (std::size_t task = 0; task < table.tasks.size(); ++task) {
      cell[std::string(Name(table.tasks[task]))] = CellJson(table, tasks[task]);
    }
    json["cells"].push_back(std::move(cell));
  }
  return json;
}

Json TableJson(const Table& table) {
  Json json{{"id", table.id}, {"title", table.title}, {"sweep", table.sweep}};
  json["published_label"] = TextOrNull(table.published_label);
  json["tasks"] = Json::array();
  for (const Task task : table.tasks) json["tasks"].push_back(std::string(Name(task)));
  json["columns"] = table.columns;
  json["reference"] = table.reference ? Json(table.rows[*table.reference].label) : Json(nullptr);
  json["rows"] = Json::array();
  for (const TableRow& row : table.rows) json["rows"].push_back(RowJson(table, row));
  json["notes"] = NotesOf(table);
  return json;
}

}  // namespace

std::string RenderJson(const std::vector<Table>& tables) {
  Json json{{"tables", Json::array()}};
  for (const Table& table : tables) json["tables"].push_back(TableJson(table));
  // ASCII only, so that nothing in a name can speak to a terminal.
  return AsciiJson(json, 2) + "\n";
}

}  // namespace unmask

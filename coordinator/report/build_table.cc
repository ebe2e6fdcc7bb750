#include "coordinator/report/build_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "common/base/text.h"
#include "common/jobs/job.h"
#include "coordinator/report/against_reference.h"
#include "coordinator/report/cell_index.h"
#include "coordinator/report/fold_index.h"
#include "coordinator/report/point_argument.h"

namespace unmask {
namespace {

using Json = nlohmann::ordered_json;  // tables come in the order in which they are stored

constexpr const char* kAllCells = "cells";

std::optional<double> NumberAt(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at == object.end() || at->is_null() ? std::nullopt : std::optional(at->get<double>());
}

std::string TextAt(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at == object.end() || at->is_null() ? std::string() : at->get<std::string>();
}

// One row, column and task of a stored table. Json's exceptions are caught in BuildTables.
TableCell ReadCell(const Json& cell, Task task, const CellIndex& index) {
  const std::string name(Name(task));
  TableCell result;
  const auto use = cell.find(name);
  if (use != cell.end() && !use->is_null()) {
    result = index.Find(use->at("experiment").get<std::string>(),
                        nlohmann::json::parse(use->at("point").dump()), task);
  }
  const auto published = cell.find("published");
  if (published == cell.end() || published->is_null()) return result;
  const auto figures = published->find(name);
  if (figures == published->end() || figures->is_null()) return result;
  result.published = {NumberAt(*figures, "accuracy"), NumberAt(*figures, "macro_f1")};
  return result;
}

TableRow ReadRow(const Json& row, const Table& table, const CellIndex& index) {
  TableRow result{row.at("label").get<std::string>(), {}};
  const Json& cells = row.at("cells");
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    std::vector<TableCell> tasks;
    tasks.reserve(table.tasks.size());
    for (const Task task : table.tasks) tasks.push_back(ReadCell(cells.at(column), task, index));
    result.cells.push_back(std::move(tasks));
  }
  return result;
}

Table ReadTable(const std::string& id, const Json& json, const CellIndex& index) {
  Table table;
  table.id = id;
  table.title = TextAt(json, "title");
  table.published_label = TextAt(json, "published_label");
  if (table.published_label.empty()) table.published_label = "published";
  for (const Json& task : json.at("tasks")) {
    table.tasks.push_back(task.get<std::string>() == Name(Task::kTer) ? Task::kTer : Task::kDer);
  }
  for (const Json& column : json.at("columns")) table.columns.push_back(TextAt(column, "label"));
  for (const Json& row : json.at("rows")) table.rows.push_back(ReadRow(row, table, index));
  const std::string reference = TextAt(json, "reference");
  for (std::size_t row = 0; row < table.rows.size() && json.contains("reference"); ++row) {
    if (!table.reference && table.rows[row].label == reference) table.reference = row;
  }
  return table;
}

Table AllCells(const CellIndex& index) {
  Table table;
  table.id = kAllCells;
  table.title = "every experiment and point";
  table.columns = {""};
  std::set<Task> tasks;
  for (const auto& entry : index.entries()) {
    for (const auto& [task, cell] : entry.tasks) tasks.insert(task);
  }
  table.tasks.assign(tasks.begin(), tasks.end());
  for (const auto& entry : index.entries()) {
    TableRow row{PointArgument(entry.experiment, entry.point_text), {{}}};
    for (const Task task : table.tasks) {
      row.cells.front().push_back(index.Find(entry.experiment, entry.point, task));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Result<std::vector<Table>> ReadTables(const SweepResults& results, const CellIndex& index) {
  std::vector<Table> tables;
  try {
    const Json stored = Json::parse(results.tables_json);
    for (const auto& [id, json] : stored.items()) tables.push_back(ReadTable(id, json, index));
  } catch (const Json::exception& error) {
    return DataError("the stored tables cannot be read", "sweep " + results.sweep, error.what());
  }
  return tables;
}

// Only where a table asks for tests: a sweep may have a million folds.
FoldIndex FoldsOf(const SweepResults& results, const std::vector<Table>& tables) {
  const bool tested =
      std::ranges::any_of(tables, [](const Table& t) { return t.reference.has_value(); });
  return FoldIndex(tested ? std::span<const FoldRow>(results.folds) : std::span<const FoldRow>());
}

}  // namespace

bool HasReference(const std::string& tables_json) {
  const Json tables = Json::parse(tables_json, nullptr, false);
  return std::ranges::any_of(tables, [](const Json& table) { return table.contains("reference"); });
}

Result<std::vector<Table>> BuildTables(const SweepResults& results, std::string_view id) {
  const CellIndex index(results.cells);
  UNMASK_ASSIGN(std::vector<Table> tables, ReadTables(results, index));
  const auto named = [](std::string_view name) {
    return [name](const Table& table) { return table.id == name; };
  };
  const bool wants_cells = tables.empty() || id == kAllCells;
  if (wants_cells && std::none_of(tables.begin(), tables.end(), named(kAllCells))) {
    tables.push_back(AllCells(index));
  }
  const FoldIndex folds = FoldsOf(results, tables);
  for (Table& table : tables) {
    table.sweep = results.sweep;
    if (id.empty() || table.id == id) TestAgainstReference(folds, table);
  }
  if (id.empty()) return tables;
  const auto at = std::find_if(tables.begin(), tables.end(), named(id));
  if (at != tables.end()) return std::vector<Table>{*at};
  std::vector<std::string> ids;
  if (std::none_of(tables.begin(), tables.end(), named(kAllCells))) ids.emplace_back(kAllCells);
  for (const Table& table : tables) ids.push_back(table.id);
  return UsageError("unknown table '" + std::string(id) + "'", "sweep " + results.sweep,
                    DidYouMean(id, ids, "one of " + Join(ids, ", ")));
}

}  // namespace unmask

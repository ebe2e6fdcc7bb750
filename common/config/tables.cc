#include "common/config/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/base/text.h"
#include "common/config/names.h"
#include "common/config/table_draft.h"

namespace unmask {
namespace {

using Json = nlohmann::ordered_json;

void Merge(const TableSource& from, TableSource& into) {
  if (!from.experiment.empty()) into.experiment = from.experiment;
  for (const auto& [key, value] : from.point) into.point[key] = value;
}

// The whole point: the grid's keys in its order, the experiment's own values where the table says
// nothing. A value that no grid can reach stays in it, so that it matches no job.
Json Resolve(const Study& study, TableSource source) {
  const Experiment* experiment = FindExperiment(study, source.experiment);
  if (experiment == nullptr) return nullptr;
  GridPoint point;
  for (const GridAxis& axis : study.grid.axes) {
    if (!experiment->grid) break;
    const auto given = source.point.find(axis.key);
    point.emplace_back(axis.key, given != source.point.end()
                                     ? given->second
                                     : GetSetting(experiment->settings, axis.key));
    if (given != source.point.end()) source.point.erase(given);
  }
  for (const auto& [key, value] : source.point) {
    if (GetSetting(experiment->settings, key) != value) point.emplace_back(key, value);
  }
  return {{"experiment", experiment->name}, {"point", Json::parse(PointJson(point))}};
}

// The column's word goes over the row's, and the row's over the table's. A point of a study with
// one experiment is a point of that.
TableSource SourceOf(const Study& study, const TableDraft& table, const TableSpec& row,
                     const TableSpec& column, Task task) {
  TableSource source;
  for (const TableSpec* spec : {&table.defaults, &row, &column}) {
    Merge(spec->both, source);
    const auto own = spec->tasks.find(task);
    if (own != spec->tasks.end()) Merge(own->second, source);
  }
  const bool said = !source.experiment.empty() || source.point.empty();
  if (!said && study.experiments.size() == 1) source.experiment = study.experiments[0].name;
  return source;
}

// Whether the row has a cell with a point, but which experiment's is not said.
bool LacksExperiment(const Study& study, const TableDraft& table, const TableSpec& row) {
  for (const TableSpec& column : table.columns) {
    for (const Task task : table.tasks) {
      const TableSource source = SourceOf(study, table, row, column, task);
      if (source.experiment.empty() && !source.point.empty()) return true;
    }
  }
  return false;
}

void CheckExperiments(const Study& study, const TableDraft& table, const YamlNode::Entry& entry,
                      Reporter& reporter) {
  const auto lacking = std::ranges::find_if(
      table.rows, [&](const TableSpec& row) { return LacksExperiment(study, table, row); });
  if (lacking == table.rows.end()) return;
  reporter.Add(
      fmt::format("row '{}' of tables.{} has a point but no experiment", lacking->label, entry.key),
      entry.line, "experiment: one of " + Join(ExperimentNames(study), ", "));
}

// Of experiments that the study does not have, perhaps misspelt ones. Each once.
void NoteUnknown(const Study& study, const TableDraft& table, const std::string& id,
                 std::vector<std::string>& notes) {
  std::set<std::string> unknown;
  const auto look = [&](const TableSource& source) {
    const bool known = source.experiment.empty() || FindExperiment(study, source.experiment);
    if (!known) unknown.insert(source.experiment);
  };
  const auto look_at = [&](const TableSpec& spec) {
    look(spec.both);
    for (const auto& [task, source] : spec.tasks) look(source);
  };
  look_at(table.defaults);
  std::ranges::for_each(table.rows, look_at);
  std::ranges::for_each(table.columns, look_at);
  if (unknown.empty()) return;
  const std::vector<std::string> names = ExperimentNames(study);
  const std::string all = "one of " + Join(names, ", ");
  constexpr std::size_t kToldMost = 10;
  std::size_t told = 0;
  for (const std::string& name : unknown) {
    if (told == kToldMost) {
      notes.push_back(fmt::format("tables.{} shows a dash for {} more that are no experiments", id,
                                  unknown.size() - told));
      return;
    }
    notes.push_back(fmt::format("tables.{} shows a dash for '{}', which is no experiment: {}", id,
                                name, DidYouMean(name, names, all)));
    ++told;
  }
}

Json CellJson(const Study& study, const TableDraft& table, const TableSpec& row,
              std::size_t column) {
  Json cell = Json::object();
  for (const Task task : table.tasks) {
    TableSource source = SourceOf(study, table, row, table.columns[column], task);
    cell[std::string(Name(task))] = Resolve(study, std::move(source));
  }
  cell["published"] = column < row.published.size() ? row.published[column] : Json::object();
  return cell;
}

Json TableJson(const Study& study, const TableDraft& table) {
  Json json{{"title", table.title},
            {"published_label", table.published_label},
            {"tasks", Json::array()},
            {"columns", Json::array()},
            {"rows", Json::array()}};
  if (table.reference) json["reference"] = *table.reference;
  for (const Task task : table.tasks) json["tasks"].push_back(Name(task));
  for (const TableSpec& column : table.columns) {
    json["columns"].push_back({{"label", column.label}});
  }
  for (const TableSpec& row : table.rows) {
    Json cells = Json::array();
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      cells.push_back(CellJson(study, table, row, column));
    }
    json["rows"].push_back({{"label", row.label}, {"cells", std::move(cells)}});
  }
  return json;
}

}  // namespace

std::string NormaliseTables(const YamlNode& tables, const Study& study, Reporter& reporter,
                            std::vector<std::string>& notes) {
  if (tables.kind == YamlNode::Kind::kNull) return "{}";
  if (tables.kind != YamlNode::Kind::kMap) {
    reporter.Add("wrong type for 'tables'", tables.line, "a map from names to tables");
    return "{}";
  }
  constexpr std::size_t kCellsMax = 100000;
  std::size_t cells = 0;
  Json all = Json::object();
  for (const YamlNode::Entry& entry : tables.entries) {
    if (entry.key.empty() || EscapeControl(entry.key) != entry.key) {
      reporter.Add(fmt::format("impossible name of a table: '{}'", entry.key), entry.line,
                   "text without control characters");
    }
    const std::size_t problems = reporter.problems().size();
    const TableDraft table = ReadTable(entry.key, entry.value, study, reporter);
    const bool readable = reporter.problems().size() == problems;
    cells += table.rows.size() * table.columns.size();
    if (cells > kCellsMax) {
      reporter.Add("the tables have too many cells", entry.line,
                   fmt::format("at most {}", kCellsMax));
      return "{}";
    }
    if (readable) CheckExperiments(study, table, entry, reporter);
    NoteUnknown(study, table, entry.key, notes);
    all[entry.key] = TableJson(study, table);
  }
  return all.dump();
}

}  // namespace unmask

#include "common/config/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/base/text.h"
#include "common/config/draft.h"
#include "common/config/names.h"

namespace unmask {
namespace {

using Json = nlohmann::ordered_json;
using Kind = YamlNode::Kind;

// What jobs a cell stands on, so far as one place says it; later places win.
struct Source {
  std::string experiment;  // empty: not said
  std::map<std::string, Value> point;
};

// A row, a column, or what a table says for all of its cells.
struct Spec {
  std::string label;
  Source both;
  std::map<Task, Source> tasks;
  std::vector<Json> published;  // rows only: one a column
};

const YamlNode* Find(const YamlNode& map, std::string_view key) {
  for (const YamlNode::Entry& entry : map.entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

class TablesReader {
 public:
  TablesReader(const Study& study, Reporter& reporter) : study_(study), reporter_(reporter) {}

  Json Read(const YamlNode& tables) {
    Json all = Json::object();
    if (!IsMap(tables, "tables", "a map from table names to tables")) return all;
    for (const YamlNode::Entry& entry : tables.entries) {
      context_ = "tables." + entry.key;
      if (EscapeControl(entry.key) != entry.key || entry.key.empty()) {
        reporter_.Add(fmt::format("impossible name of a table: '{}'", entry.key), entry.line,
                      "text without control characters");
      }
      if (IsMap(entry.value, context_, "a map with rows")) {
        all[entry.key] = ReadTable(entry.key, entry.value);
      }
    }
    return all;
  }

 private:
  bool IsMap(const YamlNode& node, const std::string& key, const char* expected) {
    if (node.kind == Kind::kMap) return true;
    reporter_.Add(fmt::format("wrong type for '{}'", key), node.line, expected);
    return false;
  }

  void CheckKeys(const YamlNode& map, std::initializer_list<const char*> allowed) {
    const std::vector<std::string> names(allowed.begin(), allowed.end());
    for (const YamlNode::Entry& entry : map.entries) {
      if (std::find(names.begin(), names.end(), entry.key) != names.end()) continue;
      reporter_.Add(fmt::format("unknown key '{}' in {}", entry.key, context_), entry.line,
                    DidYouMean(entry.key, names, "one of " + Join(names, ", ")));
    }
  }

  std::string ReadText(const YamlNode& map, const char* key, std::string otherwise) {
    const YamlNode* node = Find(map, key);
    if (node == nullptr) return otherwise;
    const auto value = ReadValue(TextType(), context_ + "." + key, *node, reporter_);
    return value ? std::get<std::string>(*value) : otherwise;
  }

  Json ReadTable(const std::string& id, const YamlNode& node) {
    CheckKeys(node,
              {"title", "published_label", "tasks", "experiment", "point", "rows", "columns"});
    Spec defaults;
    ReadSource(node, defaults.both);
    std::vector<Spec> columns = ReadSpecs(node, "columns", 0);
    if (columns.empty()) columns.emplace_back();
    const std::vector<Spec> rows = ReadSpecs(node, "rows", columns.size());
    if (rows.empty()) {
      reporter_.Add(fmt::format("{} has no rows", context_), node.line, "at least one row");
    }
    Json table;
    table["title"] = ReadText(node, "title", id);
    table["published_label"] = ReadText(node, "published_label", "published");
    table["tasks"] = Json::array();
    const auto tasks = ReadTasks(node);
    for (const Task task : tasks) table["tasks"].push_back(Name(task));
    table["columns"] = Json::array();
    for (const Spec& column : columns) table["columns"].push_back({{"label", column.label}});
    table["rows"] = Json::array();
    for (const Spec& row : rows) {
      Json cells = Json::array();
      for (std::size_t c = 0; c < columns.size(); ++c) {
        cells.push_back(MakeCell(tasks, defaults, row, columns[c], c));
      }
      table["rows"].push_back({{"label", row.label}, {"cells", std::move(cells)}});
    }
    return table;
  }

  std::vector<Task> ReadTasks(const YamlNode& table) {
    const YamlNode* node = Find(table, "tasks");
    if (node == nullptr) return {Task::kTer, Task::kDer};
    std::vector<Task> tasks;
    const ValueType type = ChoiceType(NamesOf(Task{}));
    for (const Value& value : ReadList(type, context_ + ".tasks", *node, reporter_)) {
      tasks.push_back(*FromName<Task>(std::get<std::string>(value)));
    }
    return tasks;
  }

  // `columns_count` 0: these are columns, which have no published values.
  std::vector<Spec> ReadSpecs(const YamlNode& table, const char* key, std::size_t columns_count) {
    const YamlNode* node = Find(table, key);
    if (node == nullptr) return {};
    if (node->kind == Kind::kMap) return ReadAxis(*node, columns_count);
    if (node->kind != Kind::kList) {
      reporter_.Add(fmt::format("wrong type for '{}.{}'", context_, key), node->line,
                    "a list, or a map with key and values");
      return {};
    }
    std::vector<Spec> specs;
    for (const YamlNode& item : node->items) specs.push_back(ReadSpec(item, columns_count));
    return specs;
  }

  Spec ReadSpec(const YamlNode& node, std::size_t columns_count) {
    Spec spec;
    if (node.kind == Kind::kScalar) {  // short for an experiment
      spec.both.experiment = spec.label = ReadExperiment(node);
      return spec;
    }
    if (!IsMap(node, context_, "a row or column as a map, or the name of an experiment"))
      return spec;
    if (columns_count > 0) {
      CheckKeys(node, {"label", "experiment", "point", "ter", "der", "published"});
    } else {
      CheckKeys(node, {"label", "experiment", "point", "ter", "der"});
    }
    ReadSource(node, spec.both);
    for (const Task task : {Task::kTer, Task::kDer}) {
      const YamlNode* own = Find(node, Name(task));
      if (own == nullptr || !IsMap(*own, context_ + "." + std::string(Name(task)),
                                   "a map with experiment and point")) {
        continue;
      }
      CheckKeys(*own, {"experiment", "point"});
      ReadSource(*own, spec.tasks[task]);
    }
    spec.label = ReadText(node, "label", DefaultLabel(spec.both));
    if (const YamlNode* published = Find(node, "published")) {
      spec.published = ReadPublishedCells(*published, columns_count);
    }
    return spec;
  }

  static std::string DefaultLabel(const Source& source) {
    std::vector<std::string> parts;
    if (!source.experiment.empty()) parts.push_back(source.experiment);
    for (const auto& [key, value] : source.point) parts.push_back(key + "=" + ToText(value));
    return Join(parts, ", ");
  }

  // {key, values, published}: one row a value; without `values` those that are published, then the
  // grid's others.
  std::vector<Spec> ReadAxis(const YamlNode& node, std::size_t columns_count) {
    if (columns_count > 0) {
      CheckKeys(node, {"key", "values", "published"});
    } else {
      CheckKeys(node, {"key", "values"});
    }
    const std::string key = FullKey(ReadText(node, "key", ""));
    const Field* field = FindField(key);
    if (field == nullptr) {
      reporter_.Add(fmt::format("unknown key '{}' in {}", key, context_), node.line,
                    KeyHint(key, FieldKeys()));
      return {};
    }
    std::vector<std::pair<Value, const YamlNode*>> published;
    if (const YamlNode* map = Find(node, "published");
        map != nullptr && IsMap(*map, context_ + ".published", "a map from values to results")) {
      for (const YamlNode::Entry& entry : map->entries) {
        YamlNode name = ScalarArgument(entry.key);
        name.line = entry.line;
        const auto value = ReadValue(field->type, key, name, reporter_);
        if (value) published.emplace_back(*value, &entry.value);
      }
    }
    std::vector<Spec> specs;
    for (const Value& value : AxisValues(node, *field, published)) {
      Spec spec;
      spec.label = ToText(value);
      spec.both.point[key] = value;
      for (const auto& [at, results] : published) {
        if (at == value) spec.published = ReadPublishedCells(*results, columns_count);
      }
      specs.push_back(std::move(spec));
    }
    return specs;
  }

  std::vector<Value> AxisValues(const YamlNode& node, const Field& field,
                                const std::vector<std::pair<Value, const YamlNode*>>& published) {
    if (const YamlNode* values = Find(node, "values")) {
      return ReadList(field.type, context_ + ".values", *values, reporter_);
    }
    std::vector<Value> values;
    const auto add = [&](const Value& value) {
      if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
    };
    for (const auto& [value, results] : published) add(value);
    for (const GridAxis& axis : study_.grid.axes) {
      if (axis.key == field.key) std::for_each(axis.values.begin(), axis.values.end(), add);
    }
    return values;
  }

  void ReadSource(const YamlNode& map, Source& source) {
    if (const YamlNode* node = Find(map, "experiment")) source.experiment = ReadExperiment(*node);
    const YamlNode* point = Find(map, "point");
    if (point == nullptr || !IsMap(*point, context_ + ".point", "a map from keys to values"))
      return;
    for (const auto& [key, node] : Flatten(*point, "")) {
      const Field* field = FindField(FullKey(key));
      if (field == nullptr) {
        reporter_.Add(fmt::format("unknown key '{}' in a point of {}", key, context_), node->line,
                      KeyHint(key, FieldKeys()));
        continue;
      }
      const auto value = ReadValue(field->type, key, *node, reporter_);
      if (value) source.point[field->key] = *value;
    }
  }

  std::string ReadExperiment(const YamlNode& node) {
    const auto value = ReadValue(TextType(), context_ + ".experiment", node, reporter_);
    if (!value) return "";
    const auto& name = std::get<std::string>(*value);
    if (FindExperiment(name) == nullptr) {
      std::vector<std::string> names;
      for (const Experiment& experiment : study_.experiments) names.push_back(experiment.name);
      reporter_.Add(fmt::format("unknown experiment '{}' in {}", name, context_), node.line,
                    DidYouMean(name, names, "one of " + Join(names, ", ")));
      return "";
    }
    return name;
  }

  const Experiment* FindExperiment(const std::string& name) const {
    for (const Experiment& experiment : study_.experiments) {
      if (experiment.name == name) return &experiment;
    }
    return nullptr;
  }

  // One map for a table of one column, else a list with one map a column.
  std::vector<Json> ReadPublishedCells(const YamlNode& node, std::size_t columns_count) {
    if (node.kind == Kind::kMap && columns_count == 1) return {ReadPublished(node)};
    std::vector<Json> cells;
    if (node.kind != Kind::kList || node.items.size() != columns_count) {
      reporter_.Add(fmt::format("wrong type for '{}.published'", context_), node.line,
                    columns_count == 1 ? "a map with ter and der"
                                       : fmt::format("a list of {}, one a column", columns_count));
      return cells;
    }
    for (const YamlNode& item : node.items) {
      cells.push_back(item.kind == Kind::kNull ? Json::object() : ReadPublished(item));
    }
    return cells;
  }

  Json ReadPublished(const YamlNode& node) {
    Json published = Json::object();
    if (!IsMap(node, context_ + ".published", "a map with ter and der")) return published;
    CheckKeys(node, {"ter", "der"});
    for (const Task task : {Task::kTer, Task::kDer}) {
      const YamlNode* figures = Find(node, Name(task));
      if (figures != nullptr) published[std::string(Name(task))] = ReadFigures(*figures);
    }
    return published;
  }

  // [accuracy, macro F1] or {accuracy, macro_f1}; the second may be absent.
  Json ReadFigures(const YamlNode& node) {
    const std::string key = context_ + ".published";
    const YamlNode* accuracy = nullptr;
    const YamlNode* macro_f1 = nullptr;
    if (node.kind == Kind::kList && !node.items.empty() && node.items.size() <= 2) {
      accuracy = &node.items[0];
      if (node.items.size() == 2) macro_f1 = &node.items[1];
    } else if (node.kind == Kind::kMap) {
      CheckKeys(node, {"accuracy", "macro_f1"});
      accuracy = Find(node, "accuracy");
      macro_f1 = Find(node, "macro_f1");
    } else {
      reporter_.Add(fmt::format("wrong type for '{}'", key), node.line, "[accuracy, macro F1]");
    }
    Json figures = Json::object();
    const auto read = [&](const char* name, const YamlNode* figure) {
      if (figure == nullptr) return;
      const auto value = ReadValue(FractionType(), key, *figure, reporter_);
      if (value) figures[name] = std::get<double>(*value);
    };
    read("accuracy", accuracy);
    read("macro_f1", macro_f1);
    return figures;
  }

  Json MakeCell(const std::vector<Task>& tasks, const Spec& defaults, const Spec& row,
                const Spec& column, std::size_t column_index) const {
    Json cell = Json::object();
    for (const Task task : tasks) {
      Source source;
      for (const Spec* spec : {&defaults, &row, &column}) {
        Merge(spec->both, source);
        const auto own = spec->tasks.find(task);
        if (own != spec->tasks.end()) Merge(own->second, source);
      }
      cell[std::string(Name(task))] = Resolve(source);
    }
    const bool published = column_index < row.published.size();
    cell["published"] = published ? row.published[column_index] : Json::object();
    return cell;
  }

  static void Merge(const Source& from, Source& into) {
    if (!from.experiment.empty()) into.experiment = from.experiment;
    for (const auto& [key, value] : from.point) into.point[key] = value;
  }

  // The whole point: the grid's keys in its order, the experiment's own values where the table says
  // nothing. A value that no grid can reach stays in it, so that it matches no job.
  Json Resolve(Source source) const {
    const Experiment* experiment = FindExperiment(source.experiment);
    if (experiment == nullptr) return nullptr;
    GridPoint point;
    for (const GridAxis& axis : study_.grid.axes) {
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

  const Study& study_;
  Reporter& reporter_;
  std::string context_;  // "tables.III"
};

}  // namespace

std::string NormaliseTables(const YamlNode& tables, const Study& study, Reporter& reporter) {
  if (tables.kind == Kind::kNull) return "{}";
  return TablesReader(study, reporter).Read(tables).dump();
}

}  // namespace unmask

#include "common/config/table_draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <set>

#include "common/base/text.h"
#include "common/config/draft.h"
#include "common/config/names.h"
#include "common/config/task_title.h"

namespace unmask {
namespace {

using Json = nlohmann::ordered_json;
using Kind = YamlNode::Kind;

const YamlNode* Find(const YamlNode& map, std::string_view key) {
  for (const YamlNode::Entry& entry : map.entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

class TableReader {
 public:
  TableReader(const std::string& id, const Study& study, Reporter& reporter)
      : context_("tables." + id), study_(study), reporter_(reporter) {}

  TableDraft Read(const std::string& id, const YamlNode& node) {
    TableDraft table;
    if (!IsMap(node, context_, "a map with rows")) return table;
    CheckKeys(node, {"title", "published_label", "tasks", "experiment", "point", "rows", "columns",
                     "reference"});
    table.title = ReadText(node, "title", id);
    table.published_label = ReadText(node, "published_label", "published");
    table.tasks = ReadTasks(node);
    ReadSource(node, table.defaults.both);
    table.columns = ReadSpecs(node, "columns", 0);
    if (table.columns.empty()) table.columns.emplace_back();
    table.rows = ReadSpecs(node, "rows", table.columns.size());
    if (table.rows.empty()) {
      reporter_.Add(fmt::format("{} has no rows", context_), node.line, "at least one row");
    }
    table.reference = ReadReference(node, table.rows);
    return table;
  }

 private:
  struct PublishedValues {
    std::vector<Value> values;  // in the order given
    std::map<Value, std::vector<Json>> results;
  };

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

  // "1.0" means the row "1".
  std::optional<std::string> ReadReference(const YamlNode& table,
                                           const std::vector<TableSpec>& rows) {
    const YamlNode* node = Find(table, "reference");
    if (node == nullptr) return std::nullopt;
    const std::string asked = ReadText(table, "reference", "");
    const auto number = ParseReal(asked);
    std::vector<std::string> labels;
    std::vector<std::string> found;
    for (const TableSpec& row : rows) {
      if (!row.label.empty()) labels.push_back(row.label);
      const bool same_number = number && ParseReal(row.label) == number;
      if (row.label == asked || same_number) found.push_back(row.label);
    }
    if (found.size() == 1) return found.front();
    const std::string key = context_ + ".reference";
    if (found.empty()) {
      reporter_.Add(fmt::format("{} names no row: '{}'", key, asked), node->line,
                    labels.empty() ? "rows with a label"
                                   : DidYouMean(asked, labels, "one of " + Join(labels, ", ")));
    } else {
      reporter_.Add(fmt::format("{} names several rows: '{}'", key, asked), node->line,
                    "a label that one row has");
    }
    return std::nullopt;
  }

  std::vector<Task> ReadTasks(const YamlNode& table) {
    const YamlNode* node = Find(table, "tasks");
    if (node == nullptr) return {kTasks.begin(), kTasks.end()};
    std::vector<Task> tasks;
    const ValueType type = ChoiceType(kNames<Task>);
    for (const Value& value : ReadList(type, context_ + ".tasks", *node, reporter_)) {
      tasks.push_back(*FromName<Task>(std::get<std::string>(value)));
    }
    return tasks;
  }

  // `columns_count` 0: these are columns, which have no published values.
  std::vector<TableSpec> ReadSpecs(const YamlNode& table, const char* key,
                                   std::size_t columns_count) {
    const YamlNode* node = Find(table, key);
    if (node == nullptr) return {};
    if (node->kind == Kind::kMap) return ReadAxis(*node, columns_count);
    if (node->kind != Kind::kList) {
      reporter_.Add(fmt::format("wrong type for '{}.{}'", context_, key), node->line,
                    "a list, or a map with key and values");
      return {};
    }
    std::vector<TableSpec> specs;
    specs.reserve(node->items.size());
    for (const YamlNode& item : node->items) specs.push_back(ReadSpec(item, columns_count));
    return specs;
  }

  TableSpec ReadSpec(const YamlNode& node, std::size_t columns_count) {
    TableSpec spec;
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
    for (const Task task : kTasks) {
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

  static std::string DefaultLabel(const TableSource& source) {
    std::vector<std::string> parts;
    if (!source.experiment.empty()) parts.push_back(source.experiment);
    for (const auto& [key, value] : source.point) parts.push_back(key + "=" + ToText(value));
    return Join(parts, ", ");
  }

  // {key, values, published}: one row a value; without `values` those that are published, then the
  // grid's others.
  std::vector<TableSpec> ReadAxis(const YamlNode& node, std::size_t columns_count) {
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
    PublishedValues published = ReadPublishedValues(node, *field, columns_count);
    std::vector<TableSpec> specs;
    for (const Value& value : AxisValues(node, *field, published)) {
      TableSpec spec;
      spec.label = ToText(value);
      spec.both.point[key] = value;
      const auto known = published.results.find(value);
      if (known != published.results.end()) {
        spec.published = std::move(known->second);
        published.results.erase(known);
      }
      specs.push_back(std::move(spec));
    }
    for (const auto& [value, results] : published.results) {
      reporter_.Add(fmt::format("published for {}, which is no row of {}", ToText(value), context_),
                    node.line, "one of its values");
    }
    return specs;
  }

  PublishedValues ReadPublishedValues(const YamlNode& axis, const Field& field,
                                      std::size_t columns_count) {
    PublishedValues published;
    const YamlNode* map = Find(axis, "published");
    if (map == nullptr || !IsMap(*map, context_ + ".published", "a map from values to results")) {
      return published;
    }
    for (const YamlNode::Entry& entry : map->entries) {
      YamlNode name = ScalarArgument(entry.key);
      name.line = entry.line;
      const auto value = ReadValue(field.type, field.key, name, reporter_);
      if (!value) continue;
      const bool first =
          published.results.emplace(*value, ReadPublishedCells(entry.value, columns_count)).second;
      if (first) {
        published.values.push_back(*value);
      } else {
        reporter_.Add(fmt::format("duplicate value {} in {}.published", ToText(*value), context_),
                      entry.line, "each value once");
      }
    }
    return published;
  }

  std::vector<Value> AxisValues(const YamlNode& node, const Field& field,
                                const PublishedValues& published) {
    if (const YamlNode* values = Find(node, "values")) {
      return ReadList(field.type, context_ + ".values", *values, reporter_);
    }
    std::vector<Value> values;
    std::set<Value> seen;
    const auto add = [&](const Value& value) {
      if (seen.insert(value).second) values.push_back(value);
    };
    std::ranges::for_each(published.values, add);
    for (const GridAxis& axis : study_.grid.axes) {
      if (axis.key == field.key) std::for_each(axis.values.begin(), axis.values.end(), add);
    }
    return values;
  }

  void ReadSource(const YamlNode& map, TableSource& source) {
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
      if (value && !source.point.emplace(field->key, *value).second) {
        reporter_.Add(fmt::format("duplicate key '{}' in a point of {}", key, context_), node->line,
                      "each key once");
      }
    }
  }

  std::string ReadExperiment(const YamlNode& node) {
    const auto value = ReadValue(TextType(), context_ + ".experiment", node, reporter_);
    return value ? std::get<std::string>(*value) : "";
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
    for (const Task task : kTasks) {
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

  const std::string context_;  // "tables.III"
  const Study& study_;
  Reporter& reporter_;
};

}  // namespace

TableDraft ReadTable(const std::string& id, const YamlNode& table, const Study& study,
                     Reporter& reporter) {
  return TableReader(id, study, reporter).Read(id, table);
}

const Experiment* FindExperiment(const Study& study, const std::string& name) {
  for (const Experiment& experiment : study.experiments) {
    if (experiment.name == name) return &experiment;
  }
  return nullptr;
}

std::vector<std::string> ExperimentNames(const Study& study) {
  std::vector<std::string> names;
  names.reserve(study.experiments.size());
  for (const Experiment& experiment : study.experiments) names.push_back(experiment.name);
  return names;
}

}  // namespace unmask

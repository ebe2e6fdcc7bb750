// A table of a study as written: what its rows and columns say about their cells.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/config/read_value.h"
#include "common/config/study.h"

namespace unmask {

// What jobs a cell stands on, so far as one place says it.
struct TableSource {
  std::string experiment;  // empty: not said; perhaps none of the study's
  std::map<std::string, Value> point;
};

// A row, a column, or what a table says for all of its cells.
struct TableSpec {
  std::string label;
  TableSource both;
  std::map<Task, TableSource> tasks;              // over `both`
  std::vector<nlohmann::ordered_json> published;  // rows only: one a column, or none at all
};

struct TableDraft {
  std::string title;
  std::string published_label;
  std::optional<std::string> reference;  // the label of the row that the others are tested against
  std::vector<Task> tasks;
  TableSpec defaults;
  std::vector<TableSpec> rows;
  std::vector<TableSpec> columns;  // at least one
};

// `id` is the table's name. Problems go to the reporter.
TableDraft ReadTable(const std::string& id, const YamlNode& table, const Study& study,
                     Reporter& reporter);

const Experiment* FindExperiment(const Study& study, const std::string& name);  // nullptr: none
std::vector<std::string> ExperimentNames(const Study& study);

}  // namespace unmask

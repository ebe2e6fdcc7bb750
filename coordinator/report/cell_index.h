// Finds what the store says of an (experiment, point, task).
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "coordinator/report/table.h"
#include "sql/rows.h"

namespace unmask {

class CellIndex {
 public:
  // An experiment at a point.
  struct Entry {
    std::string experiment;
    nlohmann::json point;
    std::string point_text;           // as stored
    std::map<Task, TableCell> tasks;  // those that the experiment learns
  };

  explicit CellIndex(const std::vector<CellRow>& cells);

  // The cell, or one without seeds where it is not part of the run. Points are compared by value:
  // 1 is 1.0.
  TableCell Find(const std::string& experiment, const nlohmann::json& point, Task task) const;
  // Several where a point was written in several ways.
  std::span<const Entry> EntriesAt(const std::string& experiment,
                                   const nlohmann::json& point) const;
  // By experiment and point; numbers in a point by their value.
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  Entry& At(const std::string& experiment, const std::string& point);

  std::vector<Entry> entries_;
  std::map<std::pair<std::string, std::string>, std::size_t> by_text_;  // while it is built
};

}  // namespace unmask

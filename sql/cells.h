// Table cells: a point's metrics, materialised once when its last fold is done.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/result.h"
#include "sql/database.h"

namespace unmask {

class CellWriter {
 public:
  explicit CellWriter(Database& database) : database_(database) {}

  // Writes the metrics of every cell of the point, whose folds must all be done. Within the
  // caller's transaction.
  Status Write(std::int64_t point_id);
  // The same if all its folds are done; else nothing.
  Status WriteIfComplete(std::int64_t point_id);
  // A transaction was rolled back, which may have made folds.
  void Forget() { classes_.clear(); }

 private:
  struct PointFolds;
  PointFolds FoldsOf(std::int64_t point_id);
  const std::vector<std::string>& ClassesOf(std::int64_t fold_id);

  Database& database_;
  std::unordered_map<std::int64_t, std::vector<std::string>> classes_;  // by fold
};

}  // namespace unmask

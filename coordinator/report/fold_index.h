// Finds the folds of a cell: one a held-out subject and seed.
#pragma once

#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "sql/rows.h"

namespace unmask {

using FoldList = std::vector<const FoldRow*>;

class FoldIndex {
 public:
  // The rows must outlive the index.
  explicit FoldIndex(std::span<const FoldRow> folds);

  // `point` as stored. Empty where there is no such cell.
  const FoldList& Find(const std::string& experiment, const std::string& point, Task task) const;

 private:
  std::map<std::tuple<std::string, std::string, Task>, FoldList> cells_;
};

}  // namespace unmask

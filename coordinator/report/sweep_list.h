// All sweeps of a store, a line each: `unmask status --all`.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "sql/rows.h"
#include "sql/store_reader.h"

namespace unmask {

struct ListedSweep {
  SweepRow sweep;
  std::vector<std::string> overrides;  // KEY=VALUE of the newest run
};

Result<std::vector<ListedSweep>> ListSweeps(StoreReader& reader);  // newest first

std::string SweepListText(const std::vector<ListedSweep>& sweeps);
nlohmann::json SweepListJson(const std::vector<ListedSweep>& sweeps);

}  // namespace unmask

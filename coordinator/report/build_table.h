// From the store to typed tables. The study's tables are stored with the sweep; a study without
// any has one: "cells", a row for every experiment and point.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "coordinator/report/table.h"
#include "sql/rows.h"

namespace unmask {

class StoreReader;

// What the store says of one sweep, read in one snapshot.
struct SweepResults {
  std::string sweep;
  std::string tables_json;  // docs/formats.md, "Tables"
  std::vector<CellRow> cells;
  std::vector<FoldRow> folds;
  std::vector<JobRow> jobs;
};

// What BuildTables needs: no jobs, and folds only where a table has a reference. `sweep` as on the
// command line: a name, a unique prefix, or empty for the newest.
Result<SweepResults> ReadTableResults(StoreReader& reader, std::string_view sweep);
// All of it, within a snapshot of the caller's.
Result<SweepResults> ReadSweepResultsWithin(StoreReader& reader, std::string_view sweep);

// Whether some stored table has a reference row, so that its cells are tested fold by fold.
bool HasReference(const std::string& tables_json);

// All tables, or the one called `id`. "cells" is always there, though not among all where the
// study has tables of its own. A UsageError names the nearest id; a DataError: tables_json is not
// what common/config writes.
Result<std::vector<Table>> BuildTables(const SweepResults& results, std::string_view id = "");

}  // namespace unmask

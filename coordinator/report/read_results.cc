#include "coordinator/report/build_table.h"
#include "sql/store_reader.h"

namespace unmask {

Result<SweepResults> ReadSweepResultsWithin(StoreReader& reader, std::string_view sweep) {
  SweepResults results;
  UNMASK_ASSIGN(const SweepRow found, reader.FindSweep(sweep));
  results.sweep = found.sweep;
  UNMASK_ASSIGN(const SweepTexts texts, reader.Texts(found.sweep));
  results.tables_json = texts.tables_json;
  UNMASK_ASSIGN(results.cells, reader.Cells(found.sweep));
  UNMASK_ASSIGN(results.folds, reader.Folds(found.sweep));
  UNMASK_ASSIGN(results.jobs, reader.Jobs(found.sweep));
  return results;
}

Result<SweepResults> ReadSweepResults(StoreReader& reader, std::string_view sweep) {
  SweepResults results;
  UNMASK_TRY(reader.InSnapshot([&]() -> Status {
    UNMASK_ASSIGN(results, ReadSweepResultsWithin(reader, sweep));
    return {};
  }));
  return results;
}

}  // namespace unmask

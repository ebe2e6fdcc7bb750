#include "coordinator/report/build_table.h"
#include "sql/store_reader.h"

namespace unmask {
namespace {

Result<SweepResults> ReadCellsOf(StoreReader& reader, std::string_view sweep) {
  SweepResults results;
  UNMASK_ASSIGN(const SweepRow found, reader.FindSweep(sweep));
  results.sweep = found.sweep;
  UNMASK_ASSIGN(const SweepTexts texts, reader.Texts(found.sweep));
  results.tables_json = texts.tables_json;
  UNMASK_ASSIGN(results.cells, reader.Cells(found.sweep));
  return results;
}

}  // namespace

Result<SweepResults> ReadTableResults(StoreReader& reader, std::string_view sweep) {
  SweepResults results;
  UNMASK_TRY(reader.InSnapshot([&]() -> Status {
    UNMASK_ASSIGN(results, ReadCellsOf(reader, sweep));
    if (!HasReference(results.tables_json)) return {};
    UNMASK_ASSIGN(results.folds, reader.Folds(results.sweep));
    return {};
  }));
  return results;
}

Result<SweepResults> ReadSweepResultsWithin(StoreReader& reader, std::string_view sweep) {
  UNMASK_ASSIGN(SweepResults results, ReadCellsOf(reader, sweep));
  UNMASK_ASSIGN(results.folds, reader.Folds(results.sweep));
  UNMASK_ASSIGN(results.jobs, reader.Jobs(results.sweep));
  return results;
}

}  // namespace unmask

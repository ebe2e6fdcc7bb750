// Everything that a report shows of one sweep, read in one snapshot of the store.
#pragma once

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/result.h"
#include "coordinator/report/build_table.h"
#include "coordinator/report/table.h"
#include "sql/store_reader.h"

namespace unmask {

// What a table of the study says that others had.
struct PublishedAccuracy {
  std::string label;  // the table's: "paper (images)"
  double accuracy = 0;
  bool operator==(const PublishedAccuracy&) const = default;
};
using Published = std::vector<PublishedAccuracy>;  // no two alike

// An experiment at a grid point, with all its seeds.
struct ReportCell {
  std::string experiment;
  nlohmann::json point;                 // an object
  std::string detail;                   // " alpha 0.5, beta 1", and LEAKY where it is
  std::string label;                    // the experiment and that
  bool own = false;                     // at the experiment's own values, not moved by the grid
  bool leaky = false;                   // the held-out subject chose the epoch
  std::map<Task, TableCell> tasks;      // those it learns
  std::map<Task, Published> published;  // where tables of the study have it
  std::vector<const FoldRow*> folds;    // of all seeds and tasks
  std::vector<const JobRow*> jobs;      // of all seeds
};

struct ReportData {
  SweepRow sweep;
  SweepTexts texts;
  SweepProgress progress;
  std::vector<DeadJobRow> dead_jobs;  // the first of them
  SweepResults results;
  std::vector<Table> tables;
  std::vector<ReportCell> cells;
  SweepPredictions predictions;
  std::unordered_map<std::string, std::array<const PredictionRow*, 2>> predictions_of;  // [task]
  std::vector<SpanRow> spans;
  std::vector<RunRow> runs;
  std::unordered_map<std::string, std::vector<CurvePoint>> curves;  // of own cells' jobs

  ReportData() = default;
  ReportData(const ReportData&) = delete;  // the cells point into the results
  ReportData& operator=(const ReportData&) = delete;
};

// `sweep` as on the command line.
Status ReadReportData(StoreReader& reader, std::string_view sweep, ReportData& data);

// The same within a snapshot that the caller has.
Status ReadReportRows(StoreReader& reader, std::string_view sweep, ReportData& data);

// Of all seeds together: folds done and wanted.
std::string FoldsText(const TableCell& cell);  // "17/22"
bool IsComplete(const TableCell& cell);

// What counts of predictions are over: "22/22 folds", "66/66 folds of 3 seeds added up".
std::string ExtentText(const TableCell& cell);

const char* LeakyMark(const ReportCell& cell);  // in a CSV: "LEAKY" or nothing

// 0.392 -> "39.2 %"
std::string Percent(double share);

}  // namespace unmask

// The tables of a sweep as typed figures: what build_table makes from the store and the renderers
// draw. Nothing here is text for a page; nothing here knows SQLite.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/config/settings.h"
#include "coordinator/statistics/paired_tests.h"
#include "coordinator/statistics/seed_mean.h"
#include "sql/rows.h"

namespace unmask {

// One seed of a cell: the held-out predictions of all folds, pooled.
struct SeedFigures {
  std::int64_t seed = 0;
  std::int64_t folds_done = 0;
  std::int64_t folds_failed = 0;  // failed or quarantined
  std::int64_t folds_total = 0;
  std::optional<CellMetrics> metrics;  // only where every fold is done
  std::optional<CommonestClass> commonest;
  std::vector<std::string> job_keys;  // one a fold, by held-out subject
};

struct PublishedFigures {
  std::optional<double> accuracy;
  std::optional<double> macro_f1;
};

inline constexpr double kSignificance = 0.05;

// A cell against that of the table's reference row, in the same column and task
// (against_reference.h).
struct ReferenceTest {
  double difference = 0;  // of accuracy: the cell's minus the reference's
  std::size_t subjects = 0;
  std::optional<PValue> p;  // nullopt: the same jobs stand behind both, so nothing was tested
  double p_holm = 1;        // adjusted over all tests of the table

  bool significant() const { return p_holm < kSignificance; }
};

// What one row, column and task shows.
struct TableCell {
  std::string experiment;          // empty: the table names none
  std::string point;               // JSON object; "{}" where no grid applies
  std::string features;            // "action-units", ...; empty: not part of the run
  std::string validation;          // "inner-subject", ...
  bool leaky = false;              // the held-out subject chose the epoch
  std::vector<SeedFigures> seeds;  // by seed; empty: not part of the run
  PublishedFigures published;
  bool is_reference = false;             // stands in the reference row
  bool has_reference = false;            // its column's cell there is part of the run
  std::optional<ReferenceTest> against;  // nullopt: no reference, or not comparable
  std::string not_comparable;            // why; empty where folds are missing or nothing is asked
};

struct TableRow {
  std::string label;
  std::vector<std::vector<TableCell>> cells;  // [columns][tasks]
};

struct Table {
  std::string id;  // "II"
  std::string title;
  std::string sweep;
  std::string published_label;       // "paper (images)"; empty: nothing published
  std::vector<Task> tasks;           // [tasks]
  std::vector<std::string> columns;  // [columns], labels: all empty where they tell nothing
  std::vector<TableRow> rows;
  std::optional<std::size_t> reference;  // the row that the others are tested against
  std::size_t tests = 0;                 // of them, each counted once
  std::size_t unfinished_tests = 0;      // beside them: some of their folds are not done
};

// A cell over its seeds. A number is there only where every fold of every seed is done.
struct CellSummary {
  std::int64_t folds_done = 0;
  std::int64_t folds_failed = 0;
  std::int64_t folds_total = 0;
  std::optional<SeedMean> accuracy;
  std::optional<SeedMean> macro_f1;
  std::optional<SeedMean> weighted_f1;
  std::optional<SeedMean> uar;
  std::optional<SeedMean> fold_mean_accuracy;
  std::optional<CellMetrics> pooled;  // one seed only: k/N is never pooled over seeds
};

CellSummary Summarise(const TableCell& cell);

// Calls visit(cell) for each cell of the table, rows first.
template <typename Visit>
void ForEachCell(const Table& table, Visit visit) {
  for (const TableRow& row : table.rows) {
    for (const auto& tasks : row.cells) {
      for (const TableCell& cell : tasks) visit(cell);
    }
  }
}

}  // namespace unmask

// One line a row, column and task. Numbers in full; a field that is not known yet is empty.
#include <fmt/format.h>

#include "common/base/text.h"
#include "common/jobs/job.h"
#include "coordinator/report/escape.h"
#include "coordinator/report/render.h"

namespace unmask {
namespace {

constexpr const char* kHeader =
    "sweep,table,title,row,column,task,experiment,point,features,validation,leaky,seeds,folds_done,"
    "folds_failed,folds_total,k,n,accuracy,accuracy_sd,wilson_low,wilson_high,macro_f1,macro_f1_sd,"
    "published,published_accuracy,published_macro_f1,accuracy_difference,macro_f1_difference,"
    "jobs,reference,reference_difference,reference_p,reference_p_holm,reference_significant,"
    "uar,uar_sd,weighted_f1,weighted_f1_sd,fold_mean_accuracy\r\n";

class Record : public CsvRecord {
 public:
  void Count(std::int64_t value) { Number(fmt::format("{}", value)); }
  void Real(const std::optional<double>& value) { Number(value ? ShortestReal(*value) : ""); }
  void Empty(int fields) {
    for (int i = 0; i < fields; ++i) Text("");
  }
};

std::optional<double> Minus(const std::optional<SeedMean>& ours,
                            const std::optional<double>& published) {
  if (!ours || !published) return std::nullopt;
  return ours->mean - *published;
}

std::optional<double> Mean(const std::optional<SeedMean>& figure) {
  return figure ? std::optional(figure->mean) : std::nullopt;
}

void AddMean(const std::optional<SeedMean>& figure, Record& record) {
  record.Real(Mean(figure));
  record.Real(figure ? figure->deviation : std::nullopt);
}

void AddFigures(const CellSummary& summary, Record& record) {
  const auto& pooled = summary.pooled;
  if (pooled) {
    record.Count(pooled->k);
    record.Count(pooled->n);
  } else {
    record.Empty(2);
  }
  AddMean(summary.accuracy, record);
  record.Real(pooled ? std::optional(pooled->wilson_low) : std::nullopt);
  record.Real(pooled ? std::optional(pooled->wilson_high) : std::nullopt);
  AddMean(summary.macro_f1, record);
}

void AddReference(const Table& table, const TableCell& cell, Record& record) {
  if (!table.reference || cell.is_reference || !cell.against) return record.Empty(5);
  const ReferenceTest& test = *cell.against;
  record.Text(table.rows[*table.reference].label);
  record.Real(test.difference);
  record.Real(test.p ? std::optional(test.p->p) : std::nullopt);
  record.Real(test.p ? std::optional(test.p_holm) : std::nullopt);
  record.Text(!test.p ? "" : test.significant() ? "yes" : "no");
}

std::string CellLine(const Table& table, const TableRow& row, std::size_t column,
                     std::size_t task) {
  const TableCell& cell = row.cells[column][task];
  const CellSummary summary = Summarise(cell);
  std::size_t jobs = 0;
  for (const SeedFigures& seed : cell.seeds) jobs += seed.job_keys.size();
  const bool published = cell.published.accuracy || cell.published.macro_f1;
  Record record;
  record.Text(table.sweep);
  record.Text(table.id);
  record.Text(table.title);
  record.Text(row.label);
  record.Text(table.columns[column]);
  record.Text(Name(table.tasks[task]));
  record.Text(cell.experiment);
  record.Text(cell.point);
  record.Text(cell.features);
  record.Text(cell.validation);
  record.Text(cell.leaky ? "LEAKY" : "");
  record.Count(static_cast<std::int64_t>(cell.seeds.size()));
  record.Count(summary.folds_done);
  record.Count(summary.folds_failed);
  record.Count(summary.folds_total);
  AddFigures(summary, record);
  record.Text(published ? table.published_label : "");
  record.Real(cell.published.accuracy);
  record.Real(cell.published.macro_f1);
  record.Real(Minus(summary.accuracy, cell.published.accuracy));
  record.Real(Minus(summary.macro_f1, cell.published.macro_f1));
  record.Count(static_cast<std::int64_t>(jobs));
  AddReference(table, cell, record);
  AddMean(summary.uar, record);
  AddMean(summary.weighted_f1, record);
  record.Real(Mean(summary.fold_mean_accuracy));
  return record.Line();
}

}  // namespace

std::string RenderCsv(const std::vector<Table>& tables) {
  std::string out = kHeader;
  for (const Table& table : tables) {
    for (const TableRow& row : table.rows) {
      for (std::size_t column = 0; column < row.cells.size(); ++column) {
        for (std::size_t task = 0; task < table.tasks.size(); ++task) {
          out += CellLine(table, row, column, task);
        }
      }
    }
  }
  return out;
}

}  // namespace unmask

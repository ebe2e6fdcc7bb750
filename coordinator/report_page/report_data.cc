#include "coordinator/report_page/report_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/config/point_label.h"
#include "coordinator/report/cell_index.h"
#include "coordinator/report/own_values.h"
#include "coordinator/report/sheet.h"

namespace unmask {
namespace {

using nlohmann::json;

constexpr std::int64_t kShownDeadJobs = 20;

std::string DetailOf(const CellIndex::Entry& entry, bool leaky) {
  const std::string point = PointLabel(entry.point_text);
  return Marked(point.empty() ? "" : " " + point, leaky);
}

// One own cell an experiment: where none is at the configured values, the first.
void MarkOwn(std::vector<ReportCell>& cells, const json& config) {
  std::set<std::string> marked;
  for (ReportCell& cell : cells) {
    cell.own =
        !marked.contains(cell.experiment) && IsAtOwnValues(config, cell.experiment, cell.point);
    if (cell.own) marked.insert(cell.experiment);
  }
  for (ReportCell& cell : cells) {
    if (marked.insert(cell.experiment).second) cell.own = true;
  }
}

std::vector<ReportCell> CellsOf(const CellIndex& index) {
  std::vector<ReportCell> cells;
  cells.reserve(index.entries().size());
  for (const CellIndex::Entry& entry : index.entries()) {
    ReportCell cell;
    cell.experiment = entry.experiment;
    cell.point = entry.point.is_object() ? entry.point : json::object();
    cell.tasks = entry.tasks;
    for (const auto& [task, figures] : entry.tasks) cell.leaky |= figures.leaky;
    cell.detail = DetailOf(entry, cell.leaky);
    cell.label = cell.experiment + cell.detail;
    cells.push_back(std::move(cell));
  }
  return cells;
}

void LinkRows(ReportData& data, const CellIndex& index) {
  std::map<std::pair<std::string_view, std::string_view>, ReportCell*> by_text;
  for (std::size_t i = 0; i < data.cells.size(); ++i) {
    const CellIndex::Entry& entry = index.entries()[i];
    by_text[{entry.experiment, entry.point_text}] = &data.cells[i];
  }
  for (const FoldRow& fold : data.results.folds) {
    by_text.at({fold.experiment, fold.point})->folds.push_back(&fold);
  }
  for (const JobRow& job : data.results.jobs) {
    const auto at = by_text.find({job.experiment, job.point});
    if (at != by_text.end()) at->second->jobs.push_back(&job);
  }
}

void LinkPublished(ReportData& data) {
  std::map<std::pair<std::string, json>, ReportCell*> by_point;
  for (ReportCell& cell : data.cells) by_point[{cell.experiment, cell.point}] = &cell;
  for (const Table& table : data.tables) {
    for (const TableRow& row : table.rows) {
      for (const auto& column : row.cells) {
        for (std::size_t task = 0; task < column.size(); ++task) {
          const TableCell& cell = column[task];
          if (!cell.published.accuracy) continue;
          const auto at = by_point.find({cell.experiment, json::parse(cell.point, nullptr, false)});
          if (at == by_point.end()) continue;
          Published& published = at->second->published[table.tasks[task]];
          const PublishedAccuracy value{table.published_label, *cell.published.accuracy};
          if (std::ranges::find(published, value) == published.end()) published.push_back(value);
        }
      }
    }
  }
}

// Curves are many numbers: only those of the cells that are drawn are read.
Status ReadCurves(StoreReader& reader, ReportData& data) {
  for (const ReportCell& cell : data.cells) {
    if (!cell.own) continue;
    for (const JobRow* job : cell.jobs) {
      if (job->state != JobState::kDone || data.curves.contains(job->job_key)) continue;
      UNMASK_ASSIGN(JobResult result, reader.ResultOf(job->job_key));
      data.curves.emplace(job->job_key, std::move(result.curves));
    }
  }
  return {};
}

Status Arrange(ReportData& data) {
  UNMASK_ASSIGN(data.tables, BuildTables(data.results));
  const CellIndex index(data.results.cells);
  data.cells = CellsOf(index);
  MarkOwn(data.cells, json::parse(data.texts.config_json, nullptr, false));
  LinkRows(data, index);
  LinkPublished(data);
  for (const PredictionRow& row : data.predictions.rows) {
    data.predictions_of[row.job_key][static_cast<std::size_t>(row.task)] = &row;
  }
  return {};
}

}  // namespace

Status ReadReportRows(StoreReader& reader, std::string_view sweep, ReportData& data) {
  UNMASK_ASSIGN(data.sweep, reader.FindSweep(sweep));
  const std::string& name = data.sweep.sweep;
  UNMASK_ASSIGN(data.texts, reader.Texts(name));
  UNMASK_ASSIGN(data.progress, reader.Progress(name));
  UNMASK_ASSIGN(data.dead_jobs, reader.DeadJobs(name, kShownDeadJobs));
  data.results.sweep = name;
  data.results.tables_json = data.texts.tables_json;
  UNMASK_ASSIGN(data.results.cells, reader.Cells(name));
  UNMASK_ASSIGN(data.results.folds, reader.Folds(name));
  UNMASK_ASSIGN(data.results.jobs, reader.Jobs(name));
  UNMASK_ASSIGN(data.predictions, reader.Predictions(name));
  UNMASK_ASSIGN(data.spans, reader.Spans(name));
  UNMASK_ASSIGN(data.runs, reader.Runs(name));
  UNMASK_TRY(Arrange(data));
  return ReadCurves(reader, data);
}

Status ReadReportData(StoreReader& reader, std::string_view sweep, ReportData& data) {
  return reader.InSnapshot([&] { return ReadReportRows(reader, sweep, data); });
}

std::string FoldsText(const TableCell& cell) {
  std::int64_t done = 0;
  std::int64_t total = 0;
  for (const SeedFigures& seed : cell.seeds) {
    done += seed.folds_done;
    total += seed.folds_total;
  }
  return fmt::format("{}/{}", done, total);
}

bool IsComplete(const TableCell& cell) {
  return std::ranges::all_of(
      cell.seeds, [](const SeedFigures& seed) { return seed.folds_done == seed.folds_total; });
}

std::string ExtentText(const TableCell& cell) {
  std::string text = FoldsText(cell) + " folds";
  if (cell.seeds.size() > 1) text += fmt::format(" of {} seeds added up", cell.seeds.size());
  return text;
}

const char* LeakyMark(const ReportCell& cell) { return cell.leaky ? kLeakyMark : ""; }

std::string Percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

}  // namespace unmask

#include "sql/report_reads.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <unordered_map>

#include "common/config/names.h"
#include "sql/name_columns.h"
#include "sql/packed.h"

namespace unmask {
namespace {

FoldContent ReadFoldContent(Database& database, std::int64_t fold) {
  Rows rows(database, "SELECT classes, samples, labels FROM fold WHERE id = ?", fold);
  if (!rows.Next()) return {};
  return {UnpackNames(rows.Text(0)), UnpackNames(rows.Text(1)), UnpackIntegers(rows.Text(2))};
}

// Throws std::runtime_error: reports count by these numbers.
void CheckAnswers(const PredictionRow& row, const FoldContent& fold) {
  const auto is_class = [&](std::int32_t number) {
    return number >= 0 && static_cast<std::size_t>(number) < fold.classes.size();
  };
  if (row.predicted.size() != fold.samples.size() || fold.labels.size() != fold.samples.size() ||
      !std::ranges::all_of(row.predicted, is_class) ||
      !std::ranges::all_of(fold.labels, is_class)) {
    throw std::runtime_error("the answers of job " + row.job_key + " do not fit its clips");
  }
}

// The same: a job's tasks are of the same clips, so reports read their answers side by side.
void CheckTasks(const SweepPredictions& predictions) {
  std::unordered_map<std::string_view, const PredictionRow*> first_of;  // by job
  for (const PredictionRow& row : predictions.rows) {
    const PredictionRow& first = *first_of.try_emplace(row.job_key, &row).first->second;
    if (first.fold != row.fold &&
        predictions.folds.at(first.fold).samples != predictions.folds.at(row.fold).samples) {
      throw std::runtime_error("the tasks of job " + row.job_key + " are of different clips");
    }
  }
}

struct ViewQuery {
  std::string_view view;
  const char* sql;  // one parameter: the sweep
};

// In a fixed order, so that the same store gives the same bytes.
constexpr std::array<ViewQuery, 7> kViewQueries = {{
    {"sweeps", "SELECT * FROM sweeps WHERE sweep = ?"},
    {"jobs", "SELECT * FROM jobs WHERE sweep = ? ORDER BY experiment, point, seed, held_out"},
    {"attempts",
     "SELECT attempts.* FROM sweep JOIN sweep_job ON sweep_job.sweep_id = sweep.id"
     " JOIN job ON job.id = sweep_job.job_id JOIN attempts ON attempts.job_key = job.job_key"
     " WHERE sweep.sweep = ? ORDER BY attempts.started_at, attempts.job_key, attempts.attempt"},
    {"predictions",
     "SELECT * FROM predictions WHERE sweep = ?"
     " ORDER BY experiment, point, seed, task, subject, sample"},
    {"cells", "SELECT * FROM cells WHERE sweep = ? ORDER BY experiment, point, seed, task"},
    {"curves",
     "SELECT curves.* FROM sweep JOIN sweep_job ON sweep_job.sweep_id = sweep.id"
     " JOIN job ON job.id = sweep_job.job_id JOIN curves ON curves.job_key = job.job_key"
     " WHERE sweep.sweep = ? ORDER BY curves.job_key, split, curves.task, epoch"},
    {"checkpoints",
     "SELECT checkpoints.* FROM sweep JOIN sweep_job ON sweep_job.sweep_id = sweep.id"
     " JOIN job ON job.id = sweep_job.job_id JOIN checkpoints ON checkpoints.job_key = job.job_key"
     " WHERE sweep.sweep = ? ORDER BY checkpoints.job_key, epoch, sha256"},
}};

SqlValue ValueOf(const SQLite::Column& column) {
  if (column.isNull()) return std::monostate();
  if (column.isInteger()) return static_cast<std::int64_t>(column.getInt64());
  if (column.isFloat()) return column.getDouble();
  if (column.isBlob()) return SqlBlob{column.getString()};
  return column.getString();
}

}  // namespace

SweepPredictions ReadSweepPredictions(Database& database, std::string_view sweep,
                                      const std::optional<std::set<std::string>>& only) {
  SweepPredictions predictions;
  const auto read = [&](Rows&& rows) {
    while (rows.Next()) {
      predictions.rows.push_back(
          {rows.Text(0), NameIn<Task>(rows, 1), rows.Int(2), UnpackIntegers(rows.Text(3))});
    }
  };
  if (only) {  // each looked up by its key
    read(Rows(database,
              "SELECT job.job_key, prediction.task, prediction.fold_id, prediction.predicted"
              " FROM sweep CROSS JOIN json_each(?) AS wanted"
              " CROSS JOIN job ON job.job_key = wanted.value"
              " JOIN sweep_job ON sweep_job.sweep_id = sweep.id AND sweep_job.job_id = job.id"
              " JOIN prediction ON prediction.job_id = job.id WHERE sweep.sweep = ?",
              PackNames({only->begin(), only->end()}), sweep));
  } else {
    read(Rows(database,
              "SELECT job.job_key, prediction.task, prediction.fold_id, prediction.predicted"
              " FROM sweep JOIN sweep_job ON sweep_job.sweep_id = sweep.id"
              " JOIN job ON job.id = sweep_job.job_id"
              " JOIN prediction ON prediction.job_id = job.id WHERE sweep.sweep = ?",
              sweep));
  }
  for (const PredictionRow& row : predictions.rows) {
    const auto [fold, is_new] = predictions.folds.try_emplace(row.fold);
    if (is_new) fold->second = ReadFoldContent(database, row.fold);
    CheckAnswers(row, fold->second);
  }
  CheckTasks(predictions);
  return predictions;
}

void VisitSweepCurves(
    Database& database, std::string_view sweep,
    const std::function<void(const std::string&, const std::vector<CurvePoint>&)>& visit) {
  for (Rows rows(database,
                 "SELECT job.job_key, curve.series FROM sweep"
                 " JOIN sweep_job ON sweep_job.sweep_id = sweep.id"
                 " JOIN job ON job.id = sweep_job.job_id JOIN curve ON curve.job_id = job.id"
                 " WHERE sweep.sweep = ? ORDER BY sweep_job.position, job.id",
                 sweep);
       rows.Next();) {
    visit(rows.Text(0), UnpackCurves(rows.Text(1)));
  }
}

std::vector<SpanRow> ReadSpans(Database& database, std::string_view sweep) {
  return ReadSomeSpans(database, sweep, "ORDER BY attempt.started_at, job.job_key, attempt.attempt",
                       -1);
}

std::vector<SpanRow> ReadSomeSpans(Database& database, std::string_view sweep,
                                   const std::string& tail, std::int64_t limit) {
  std::vector<SpanRow> spans;
  const std::string sql =
      "SELECT job.job_key, job.held_out, worker.slots, attempt.attempt, worker.epoch,"
      " worker.worker, worker.host, worker.device, worker.numerics_class,"
      " attempt.first_epoch, attempt.started_at, attempt.ended_at, attempt.outcome,"
      " attempt.error_class, attempt.message FROM sweep"
      " JOIN sweep_job ON sweep_job.sweep_id = sweep.id"
      " JOIN job ON job.id = sweep_job.job_id"
      " JOIN attempt ON attempt.job_id = job.id"
      " JOIN worker ON worker.id = attempt.worker_id WHERE sweep.sweep = ? " +
      tail + " LIMIT ?";
  for (Rows rows(database, sql, sweep, limit); rows.Next();) {
    spans.push_back({rows.Text(0), rows.Text(1), rows.Int(2), AttemptIn(rows, 3)});
  }
  return spans;
}

std::vector<RunRow> ReadRuns(Database& database, std::string_view sweep) {
  std::vector<RunRow> runs;
  for (Rows rows(database,
                 "SELECT epoch, started_at, build, provenance_json FROM sweep"
                 " JOIN run ON run.sweep_id = sweep.id WHERE sweep.sweep = ? ORDER BY epoch",
                 sweep);
       rows.Next();) {
    runs.push_back({rows.Int(0), rows.Text(1), rows.Text(2), rows.Text(3)});
  }
  return runs;
}

Status VisitView(Database& database, std::string_view view, std::string_view sweep, RowSink& sink) {
  for (const ViewQuery& query : kViewQueries) {
    if (query.view != view) continue;
    SQLite::Statement statement(database.sqlite(), query.sql);
    statement.bind(1, std::string(sweep));
    std::vector<std::string> names;
    names.reserve(static_cast<std::size_t>(statement.getColumnCount()));
    for (int i = 0; i < statement.getColumnCount(); ++i) {
      names.emplace_back(statement.getColumnName(i));
    }
    sink.Columns(names);
    std::vector<SqlValue> values(names.size());
    while (statement.executeStep()) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = ValueOf(statement.getColumn(static_cast<int>(i)));
      }
      sink.Row(values);
    }
    return {};
  }
  return UsageError("unknown view '" + std::string(view) + "'");
}

}  // namespace unmask

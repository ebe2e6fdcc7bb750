#include "sql/live_reads.h"

#include <optional>
#include <unordered_map>

#include "common/config/names.h"
#include "common/config/task_title.h"
#include "sql/database.h"
#include "sql/name_columns.h"
#include "sql/packed.h"
#include "sql/report_reads.h"
#include "sql/rows.h"

namespace unmask {
namespace {

using IndexById = std::unordered_map<std::int64_t, std::size_t>;

IndexById ReadLiveJobs(Database& database, std::string_view sweep, LiveRows& live) {
  IndexById by_id;
  for (Rows rows(
           database,
           "SELECT job.id, job.job_key, job.held_out, job.state, job.kind = 'features' FROM sweep"
           " JOIN sweep_job ON sweep_job.sweep_id = sweep.id"
           " JOIN job ON job.id = sweep_job.job_id"
           " WHERE sweep.sweep = ? ORDER BY sweep_job.position, job.id",
           sweep);
       rows.Next();) {
    by_id.emplace(rows.Int(0), live.jobs.size());
    live.jobs.push_back({.job_key = rows.Text(1),
                         .held_out = rows.Text(2),
                         .state = NameIn<JobState>(rows, 3),
                         .features = rows.Int(4) != 0,
                         .scores = {}});
  }
  return by_id;
}

// The diagonal of a packed confusion matrix against its sum.
LiveScore ScoreOf(Task task, const std::string& confusion) {
  const std::vector<std::int32_t> counts = UnpackIntegers(confusion);
  std::size_t classes = 0;
  while (classes * classes < counts.size()) ++classes;
  LiveScore score{task, 0, 0};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    score.n += counts[i];
    if (i % (classes + 1) == 0) score.k += counts[i];
  }
  return score;
}

void ReadScores(Database& database, std::string_view sweep, const IndexById& jobs, LiveRows& live) {
  for (Rows rows(database,
                 "SELECT prediction.job_id, prediction.task, prediction.confusion FROM sweep"
                 " JOIN sweep_job ON sweep_job.sweep_id = sweep.id"
                 " JOIN prediction ON prediction.job_id = sweep_job.job_id"
                 " WHERE sweep.sweep = ? ORDER BY prediction.job_id, prediction.task DESC",
                 sweep);
       rows.Next();) {
    live.jobs[jobs.at(rows.Int(0))].scores.push_back(ScoreOf(NameIn<Task>(rows, 1), rows.Text(2)));
  }
}

IndexById ReadPoints(Database& database, std::string_view sweep, LiveRows& live) {
  IndexById by_id;
  for (Rows rows(database,
                 "SELECT point.id, experiment, point, validation, seed,"
                 " (SELECT group_concat(task) FROM cell WHERE cell.point_id = point.id)"
                 " FROM sweep JOIN point ON point.sweep_id = sweep.id"
                 " WHERE sweep.sweep = ? ORDER BY point.id",
                 sweep);
       rows.Next();) {
    by_id.emplace(rows.Int(0), live.points.size());
    LivePointRow& point = live.points.emplace_back();
    point.experiment = rows.Text(1);
    point.point = rows.Text(2);
    point.validation = rows.Text(3);
    point.seed = rows.Int(4);
    const std::string tasks = "," + rows.Text(5) + ",";
    for (const Task task : kTasks) {
      if (tasks.find("," + std::string(Name(task)) + ",") != std::string::npos)
        point.tasks.push_back(task);
    }
  }
  return by_id;
}

void ReadFoldUses(Database& database, std::string_view sweep, const IndexById& points,
                  const IndexById& jobs, LiveRows& live) {
  for (Rows rows(database,
                 "SELECT fold_use.point_id, fold_use.job_id FROM sweep"
                 " JOIN point ON point.sweep_id = sweep.id"
                 " JOIN fold_use ON fold_use.point_id = point.id"
                 " WHERE sweep.sweep = ? ORDER BY fold_use.point_id, fold_use.job_id",
                 sweep);
       rows.Next();) {
    live.points[points.at(rows.Int(0))].jobs.push_back(jobs.at(rows.Int(1)));
  }
}

}  // namespace

LiveRows ReadLive(Database& database, std::string_view sweep, std::int64_t failures_shown) {
  std::optional<Snapshot> own;
  if (!database.InTransaction()) own.emplace(database);
  LiveRows live;
  const IndexById jobs = ReadLiveJobs(database, sweep, live);
  ReadScores(database, sweep, jobs, live);
  const IndexById points = ReadPoints(database, sweep, live);
  ReadFoldUses(database, sweep, points, jobs, live);
  live.running = ReadSomeSpans(
      database, sweep, "AND attempt.outcome IS NULL ORDER BY worker.worker, attempt.started_at",
      10'000);
  live.failures = ReadSomeSpans(database, sweep,
                                "AND attempt.error_class IS NOT NULL"
                                " ORDER BY attempt.ended_at DESC, attempt.job_id",
                                failures_shown);
  return live;
}

}  // namespace unmask

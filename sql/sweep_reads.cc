#include "sql/sweep_reads.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.h"
#include "sql/name_columns.h"

namespace unmask {
namespace {

StateCounts CountStates(Database& database, std::string_view sweep) {
  StateCounts counts;
  for (Rows rows(database,
                 "SELECT job.state, count(*) FROM sweep"
                 " JOIN sweep_job ON sweep_job.sweep_id = sweep.id"
                 " JOIN job ON job.id = sweep_job.job_id"
                 " WHERE sweep.sweep = ? AND NOT (job.kind = 'features' AND job.state = 'queued')"
                 " GROUP BY job.state",
                 sweep);
       rows.Next();) {
    counts.Of(NameIn<JobState>(rows, 0)) = rows.Int(1);
  }
  return counts;
}

std::vector<ExperimentProgress> CountFolds(Database& database, std::string_view sweep) {
  std::vector<ExperimentProgress> experiments;
  for (Rows rows(database,
                 "SELECT point.experiment, count(*), sum(job.state = 'done'),"
                 " sum(job.state IN ('failed', 'quarantined')) FROM sweep"
                 " JOIN point ON point.sweep_id = sweep.id"
                 " JOIN fold_use ON fold_use.point_id = point.id"
                 " JOIN job ON job.id = fold_use.job_id"
                 " WHERE sweep.sweep = ? GROUP BY point.experiment ORDER BY min(point.id)",
                 sweep);
       rows.Next();) {
    experiments.push_back({rows.Text(0), rows.Int(1), rows.Int(2), rows.Int(3)});
  }
  return experiments;
}

std::vector<FailureCount> CountFailures(Database& database, std::string_view sweep) {
  std::vector<FailureCount> failures;
  for (Rows rows(database,
                 "SELECT attempt.error_class, count(*) FROM sweep"
                 " JOIN sweep_job ON sweep_job.sweep_id = sweep.id"
                 " JOIN attempt ON attempt.job_id = sweep_job.job_id"
                 " WHERE sweep.sweep = ? AND attempt.error_class IS NOT NULL"
                 " GROUP BY attempt.error_class ORDER BY count(*) DESC, attempt.error_class",
                 sweep);
       rows.Next();) {
    failures.push_back({rows.Text(0), rows.Int(1)});
  }
  return failures;
}

// Attempts of the sweep's newest run.
constexpr std::string_view kNewestRun =
    " FROM sweep JOIN sweep_job ON sweep_job.sweep_id = sweep.id"
    " JOIN attempt ON attempt.job_id = sweep_job.job_id"
    " JOIN worker ON worker.id = attempt.worker_id WHERE sweep.sweep = ?"
    " AND worker.epoch = (SELECT max(epoch) FROM run WHERE run.sweep_id = sweep.id)";

// Ends that the clock of rank 0's host told wrongly, before it was set: of such a run the newest
// would stay the newest for as long as it was ahead. Hosts' clocks differ a little at all times.
constexpr std::string_view kEndedCredibly =
    " AND outcome = 'done' AND attempt.ended_at >= attempt.started_at"
    " AND attempt.ended_at <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+5 minutes')";

// From the last finished jobs of the newest run, so that it follows workers that come and go: since
// the one before them ended, or since the run's first lease. Of jobs that end together, as many as
// run, there are several such times among them, or the time before the first.
std::optional<double> MeasureRate(Database& database, std::string_view sweep,
                                  std::int64_t running) {
  const std::int64_t window = RateWindow(running);
  const std::string ends = fmt::format(
      "SELECT count(*), julianday(min(ended_at)), julianday(max(ended_at)) FROM ("
      "SELECT attempt.ended_at{}{} ORDER BY ended_at DESC LIMIT ? + 1)",
      kNewestRun, kEndedCredibly);
  Rows ended(database, ends, sweep, window);
  if (!ended.Next() || ended.Int(0) < 2) return std::nullopt;
  double begin = ended.Real(1);
  std::int64_t jobs = ended.Int(0) - 1;
  if (jobs < window) {
    Rows first(database, fmt::format("SELECT julianday(min(started_at)){}", kNewestRun), sweep);
    if (!first.Next()) return std::nullopt;
    begin = first.Real(0);
    ++jobs;
  }
  const double seconds = (ended.Real(2) - begin) * 86400;
  if (seconds <= 0) return std::nullopt;
  return static_cast<double>(jobs) / seconds;
}

bool IsOfLastRun(Database& database, std::string_view sweep) {
  return database.Number(
             "SELECT EXISTS (SELECT 1 FROM run JOIN sweep ON sweep.id = run.sweep_id"
             " WHERE sweep.sweep = ? AND run.epoch = (SELECT value FROM meta WHERE key = 'epoch'))",
             sweep) != 0;
}

std::vector<SweepRow> StartingWith(const std::vector<SweepRow>& sweeps, std::string_view prefix) {
  std::vector<SweepRow> found;
  for (const SweepRow& row : sweeps) {
    if (row.sweep == prefix) return {row};
    if (row.sweep.starts_with(prefix)) found.push_back(row);
  }
  return found;
}

// Newest first, by when they came, not by what the clock of their host said then. Without counts:
// those look at each job of each sweep.
std::vector<SweepRow> ReadUncounted(Database& database) {
  std::vector<SweepRow> sweeps;
  for (Rows rows(database, "SELECT sweep, config_sha256, created_at FROM sweep ORDER BY id DESC");
       rows.Next();) {
    SweepRow& row = sweeps.emplace_back();
    row.sweep = rows.Text(0);
    row.config_sha256 = rows.Text(1);
    row.created_at = rows.Text(2);
  }
  return sweeps;
}

// As the view `sweeps` does.
SweepRow Counted(Database& database, SweepRow row) {
  Rows rows(database,
            "SELECT count(*), coalesce(sum(job.state = 'done'), 0),"
            " coalesce(sum(job.state = 'failed'), 0), coalesce(sum(job.state = 'quarantined'), 0)"
            " FROM sweep JOIN sweep_job ON sweep_job.sweep_id = sweep.id"
            " JOIN job ON job.id = sweep_job.job_id"
            " WHERE sweep.sweep = ? AND NOT (job.kind = 'features' AND job.state = 'queued')",
            row.sweep);
  if (!rows.Next()) return row;
  row.jobs = rows.Int(0);
  row.done = rows.Int(1);
  row.failed = rows.Int(2);
  row.quarantined = rows.Int(3);
  return row;
}

std::vector<std::string> NamesOfSweeps(const std::vector<SweepRow>& sweeps) {
  std::vector<std::string> names;
  names.reserve(sweeps.size());
  for (const SweepRow& row : sweeps) names.push_back(row.sweep);
  return names;
}

}  // namespace

std::vector<SweepRow> ReadSweeps(Database& database) {
  std::vector<SweepRow> sweeps;
  // By when they came, not by what the clock of their host said then.
  for (Rows rows(database,
                 "SELECT sweeps.sweep, sweeps.config_sha256, sweeps.created_at, jobs, done, failed,"
                 " quarantined, sweep.id FROM sweeps JOIN sweep ON sweep.sweep = sweeps.sweep"
                 " ORDER BY sweep.id DESC");
       rows.Next();) {
    sweeps.push_back({rows.Text(0), rows.Text(1), rows.Text(2), rows.Int(3), rows.Int(4),
                      rows.Int(5), rows.Int(6), rows.Int(7)});
  }
  return sweeps;
}

Result<SweepRow> FindSweepRow(Database& database, std::string_view name) {
  const std::vector<SweepRow> sweeps = ReadUncounted(database);
  if (sweeps.empty()) {
    return DataError("the store has no sweep yet", database.path().string(), "`unmask run` first");
  }
  if (name.empty()) return Counted(database, sweeps.front());
  const std::vector<SweepRow> found = StartingWith(sweeps, name);
  if (found.size() == 1) return Counted(database, found.front());
  if (found.empty()) {
    return UsageError(fmt::format("unknown sweep '{}'", name), database.path().string(),
                      DidYouMean(name, NamesOfSweeps(sweeps), "one of the view `sweeps`"));
  }
  return UsageError(fmt::format("sweep '{}' is not unique", name), database.path().string(),
                    "one of " + Join(NamesOfSweeps(found), ", "));
}

Result<SweepTexts> ReadSweepTexts(Database& database, std::string_view sweep) {
  Rows rows(database,
            "SELECT name, config_json, tables_json, coalesce((SELECT provenance_json FROM run"
            " WHERE run.sweep_id = sweep.id ORDER BY epoch DESC LIMIT 1), '{}')"
            " FROM sweep WHERE sweep = ?",
            sweep);
  if (!rows.Next()) {
    return UsageError(fmt::format("unknown sweep '{}'", sweep), database.path().string());
  }
  return SweepTexts{rows.Text(0), rows.Text(1), rows.Text(2), rows.Text(3)};
}

SweepProgress ReadProgress(Database& database, std::string_view sweep) {
  SweepProgress progress;
  progress.jobs = CountStates(database, sweep);
  progress.experiments = CountFolds(database, sweep);
  progress.failures = CountFailures(database, sweep);
  progress.jobs_per_second = MeasureRate(database, sweep, progress.jobs.running);
  progress.eta_seconds = SecondsLeft(progress.jobs.left(), progress.jobs_per_second);
  progress.attended = progress.jobs.running > 0 || IsOfLastRun(database, sweep);
  return progress;
}

std::vector<DeadJobRow> ReadDeadJobs(Database& database, std::string_view sweep,
                                     std::int64_t limit) {
  std::vector<DeadJobRow> jobs;
  for (Rows rows(database,
                 "SELECT job.job_key, job.state, job.held_out, coalesce(job.error, '') FROM sweep"
                 " JOIN sweep_job ON sweep_job.sweep_id = sweep.id"
                 " JOIN job ON job.id = sweep_job.job_id"
                 " WHERE sweep.sweep = ? AND job.state IN ('failed', 'quarantined')"
                 " ORDER BY sweep_job.position, job.id LIMIT ?",
                 sweep, limit);
       rows.Next();) {
    jobs.push_back({rows.Text(0), NameIn<JobState>(rows, 1), rows.Text(2), rows.Text(3)});
  }
  return jobs;
}

std::vector<JobRow> ReadJobRows(Database& database, std::string_view sweep) {
  std::vector<JobRow> jobs;
  for (Rows rows(database,
                 "SELECT experiment, jobs.job_key, jobs.kind, jobs.model, jobs.task, jobs.features,"
                 " jobs.engine, alpha, beta, hsic, point, validation, jobs.seed, jobs.held_out,"
                 " jobs.state, jobs.attempts, jobs.seconds, jobs.epochs, jobs.best_epoch,"
                 " jobs.held_out_hsic, jobs.stream_cosine, jobs.images_forwarded, jobs.error"
                 " FROM jobs JOIN sweep ON sweep.sweep = jobs.sweep"
                 " JOIN job ON job.job_key = jobs.job_key"
                 " JOIN sweep_job ON sweep_job.job_id = job.id AND sweep_job.sweep_id = sweep.id"
                 " WHERE jobs.sweep = ? ORDER BY sweep_job.position, experiment, point",
                 sweep);
       rows.Next();) {
    jobs.push_back({.experiment = rows.Text(0),
                    .job_key = rows.Text(1),
                    .kind = rows.Text(2),
                    .model = rows.Text(3),
                    .task = rows.MaybeText(4),
                    .features = rows.Text(5),
                    .engine = rows.Text(6),
                    .alpha = rows.MaybeReal(7),
                    .beta = rows.MaybeReal(8),
                    .hsic = rows.MaybeText(9),
                    .point = rows.Text(10),
                    .validation = rows.Text(11),
                    .seed = rows.Int(12),
                    .held_out = rows.Text(13),
                    .state = NameIn<JobState>(rows, 14),
                    .attempts = rows.Int(15),
                    .seconds = rows.MaybeReal(16),
                    .epochs = rows.MaybeInt(17),
                    .best_epoch = rows.MaybeInt(18),
                    .held_out_hsic = rows.MaybeReal(19),
                    .stream_cosine = rows.MaybeReal(20),
                    .images_forwarded = rows.MaybeInt(21),
                    .error = rows.MaybeText(22)});
  }
  return jobs;
}

}  // namespace unmask

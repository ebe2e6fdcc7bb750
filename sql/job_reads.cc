#include "sql/job_reads.h"

#include <fmt/format.h>

#include "common/config/names.h"
#include "sql/name_columns.h"
#include "sql/packed.h"

namespace unmask {
namespace {

TaskPredictions PredictionsOf(const Rows& rows) {
  TaskPredictions predictions;
  predictions.task = NameIn<Task>(rows, 0);
  predictions.classes = UnpackNames(rows.Text(1));
  predictions.samples = UnpackNames(rows.Text(2));
  predictions.labels = UnpackIntegers(rows.Text(3));
  predictions.predicted = UnpackIntegers(rows.Text(4));
  predictions.logits = UnpackLogits(rows.Text(5));
  return predictions;
}

std::vector<TaskPredictions> ReadPredictions(Database& database, std::string_view job_key) {
  std::vector<TaskPredictions> predictions;
  for (Rows rows(database,
                 "SELECT prediction.task, fold.classes, fold.samples, fold.labels,"
                 " prediction.predicted, prediction.logits FROM job"
                 " JOIN prediction ON prediction.job_id = job.id"
                 " JOIN fold ON fold.id = prediction.fold_id"
                 " WHERE job.job_key = ? ORDER BY prediction.task DESC",  // ter before der
                 job_key);
       rows.Next();) {
    predictions.push_back(PredictionsOf(rows));
  }
  return predictions;
}

}  // namespace

Result<JobDetails> FindJobRow(Database& database, std::string_view key_prefix) {
  // Keys are hex digits, so a key range is a prefix search on the index.
  Rows rows(database,
            "SELECT job.job_key, spec.spec, job.state, job.attempts, job.error,"
            " coalesce((SELECT worker.numerics_class FROM attempt"
            " JOIN worker ON worker.id = attempt.worker_id"
            " WHERE attempt.job_id = job.id AND attempt.outcome = 'done'), ''),"
            " CASE WHEN job.kind = 'train' THEN job.weights_sha256 END FROM job"
            " JOIN spec ON spec.job_id = job.id"
            " WHERE job.job_key >= ? AND job.job_key < ? || 'g' ORDER BY job.job_key LIMIT 2",
            key_prefix, key_prefix);
  if (key_prefix.empty() || !rows.Next()) {
    return UsageError(fmt::format("unknown job '{}'", key_prefix), database.path().string(),
                      "a job_key of the view `jobs`, or its first digits");
  }
  JobDetails job{.job_key = rows.Text(0),
                 .spec_json = rows.Text(1),
                 .state = NameIn<JobState>(rows, 2),
                 .attempts = rows.Int(3),
                 .error = rows.MaybeText(4),
                 .numerics_class = rows.Text(5),
                 .weights_sha256 = rows.MaybeText(6)};
  if (rows.Next()) {
    return UsageError(fmt::format("job '{}' is not unique", key_prefix), database.path().string(),
                      fmt::format("more digits, as {} or {}", job.job_key, rows.Text(0)));
  }
  return job;
}

std::vector<JobUseRow> ReadUses(Database& database, std::string_view job_key) {
  std::vector<JobUseRow> uses;
  for (Rows rows(database,
                 "SELECT sweep, coalesce(experiment, ''), coalesce(point, ''), seed FROM jobs"
                 " WHERE job_key = ? ORDER BY sweep, experiment, point, seed",
                 job_key);
       rows.Next();) {
    uses.push_back({rows.Text(0), rows.Text(1), rows.Text(2), rows.Int(3)});
  }
  return uses;
}

std::vector<AttemptRow> ReadAttempts(Database& database, std::string_view job_key) {
  std::vector<AttemptRow> attempts;
  for (Rows rows(database,
                 "SELECT attempt, coordinator_epoch, worker, host, device, numerics_class,"
                 " first_epoch, started_at, ended_at, outcome, error_class, message FROM attempts"
                 " WHERE job_key = ? ORDER BY attempt",
                 job_key);
       rows.Next();) {
    attempts.push_back(AttemptIn(rows, 0));
  }
  return attempts;
}

Result<JobResult> ReadResult(Database& database, std::string_view job_key) {
  Rows rows(database,
            "SELECT job.epochs, job.best_epoch, job.seconds, job.held_out_hsic, job.stream_cosine,"
            " job.images_forwarded, coalesce(job.weights_sha256, ''), curve.series,"
            " worker.numerics_class FROM job"
            " JOIN curve ON curve.job_id = job.id"
            " JOIN attempt ON attempt.job_id = job.id AND attempt.outcome = 'done'"
            " JOIN worker ON worker.id = attempt.worker_id"
            " WHERE job.job_key = ? AND job.state = 'done'",
            job_key);
  if (!rows.Next()) {
    return UsageError(fmt::format("job '{}' has no result", job_key), database.path().string(),
                      "a finished job");
  }
  JobResult result;
  result.epochs = rows.Int(0);
  result.best_epoch = rows.Int(1);
  result.seconds = rows.Real(2);
  result.held_out_hsic = rows.MaybeReal(3);
  result.stream_cosine = rows.MaybeReal(4);
  result.images_forwarded = rows.Int(5);
  result.output_sha256 = rows.Text(6);
  result.curves = UnpackCurves(rows.Text(7));
  result.numerics_class = rows.Text(8);
  result.predictions = ReadPredictions(database, job_key);
  return result;
}

std::unordered_set<std::string> ReadKeysOf(Database& database, JobState state) {
  std::unordered_set<std::string> keys;
  for (Rows rows(database, "SELECT job_key FROM job WHERE state = ?", Name(state)); rows.Next();) {
    keys.insert(rows.Text(0));
  }
  return keys;
}

void VisitDoneSpecs(Database& database, const std::function<void(const DoneSpecRow&)>& visit) {
  for (Rows rows(
           database,
           "SELECT job.job_key, spec.spec, job.seconds FROM job JOIN spec ON spec.job_id = job.id"
           " WHERE job.state = 'done' ORDER BY job.id");
       rows.Next();) {
    visit({rows.Text(0), rows.Text(1), rows.MaybeReal(2)});
  }
}

void VisitDoneSpecsOf(Database& database, std::string_view held_out, std::int64_t seed,
                      const std::function<void(const DoneSpecRow&)>& visit) {
  for (Rows rows(
           database,
           "SELECT job.job_key, spec.spec, job.seconds FROM job JOIN spec ON spec.job_id = job.id"
           " WHERE job.state = 'done' AND job.held_out = ? AND job.seed = ? ORDER BY job.id",
           held_out, seed);
       rows.Next();) {
    visit({rows.Text(0), rows.Text(1), rows.MaybeReal(2)});
  }
}

std::unordered_set<std::string> ReadReferencedBlobs(Database& database) {
  std::unordered_set<std::string> blobs;
  for (Rows rows(database,
                 "SELECT sha256 FROM checkpoint"
                 " UNION SELECT weights_sha256 FROM job WHERE weights_sha256 IS NOT NULL"
                 " UNION SELECT json_extract(spec, '$.dataset') FROM spec");
       rows.Next();) {
    blobs.insert(rows.Text(0));
  }
  return blobs;
}

}  // namespace unmask

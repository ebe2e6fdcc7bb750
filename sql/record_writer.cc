#include "sql/record_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/sha256.h"
#include "common/config/names.h"
#include "sql/cells.h"
#include "sql/packed.h"
#include "sql/rows.h"

namespace unmask {
namespace {

std::optional<std::string> NullIfEmpty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

Error Stale(const LeaseId& lease, const Database& database) {
  return InternalError(fmt::format("attempt {} of job {} under epoch {} is not the current one",
                                   lease.attempt.value, lease.job_key, lease.epoch.value),
                       database.path().string());
}

bool IndicesBelow(const std::vector<std::int32_t>& values, std::size_t limit) {
  return std::ranges::all_of(values, [&](std::int32_t value) {
    return value >= 0 && static_cast<std::size_t>(value) < limit;
  });
}

// A trainer is another program: its shapes are checked before they are trusted.
bool HasOneShape(const TaskPredictions& predictions) {
  const std::size_t clips = predictions.samples.size();
  const std::size_t classes = predictions.classes.size();
  return classes > 0 && predictions.labels.size() == clips &&
         predictions.predicted.size() == clips && predictions.logits.size() == clips * classes &&
         IndicesBelow(predictions.labels, classes) && IndicesBelow(predictions.predicted, classes);
}

// A fold's names and labels in one string, different for different folds.
std::string ContentOf(const TaskPredictions& predictions) {
  std::string content;
  const auto add = [&](std::string_view text) {
    const std::size_t size = text.size();
    content.append(reinterpret_cast<const char*>(&size), sizeof size).append(text);
  };
  for (const std::string& name : predictions.classes) add(name);
  add("");
  for (const std::string& name : predictions.samples) add(name);
  add({reinterpret_cast<const char*>(predictions.labels.data()),
       predictions.labels.size() * sizeof predictions.labels[0]});
  return content;
}

}  // namespace

RecordWriter::RecordWriter(Database& database, CoordinatorEpoch epoch)
    : database_(database), epoch_(epoch) {
  for (Rows rows(database_, "SELECT DISTINCT job_id FROM checkpoint"); rows.Next();) {
    with_checkpoints_.insert(rows.Int(0));
  }
}

void RecordWriter::Forget() {
  leased_jobs_.clear();
  workers_.clear();
  folds_.clear();
}

Status RecordWriter::Write(const Record& record, const std::string& now,
                           std::vector<std::string>& dead_blobs) {
  now_ = now;
  dead_ = &dead_blobs;
  return std::visit([this](const auto& row) { return Write(row); }, record);
}

Status RecordWriter::Write(const RecordLease& record) {
  const LeaseId& lease = record.lease;
  if (lease.epoch != epoch_) return Stale(lease, database_);
  const std::int64_t job_id =
      database_.Number("SELECT id FROM job WHERE job_key = ?", lease.job_key);
  const int changed = database_.Run(
      "UPDATE job SET state = 'running', attempts = ?"
      " WHERE id = ? AND state = 'queued' AND attempts < ?",
      lease.attempt.value, job_id, lease.attempt.value);
  if (changed != 1) return Stale(lease, database_);
  database_.Run("INSERT INTO attempt (job_id, attempt, worker_id, started_at) VALUES (?, ?, ?, ?)",
                job_id, lease.attempt.value, WorkerRow(record.worker), now_);
  leased_jobs_.insert_or_assign(lease.job_key, job_id);
  return {};
}

Status RecordWriter::Write(const RecordStarted& record) {
  UNMASK_ASSIGN(const std::int64_t job_id, LeasedJob(record.lease));
  const int changed = database_.Run(
      "UPDATE attempt SET first_epoch = ? WHERE job_id = ? AND attempt = ? AND outcome IS NULL",
      record.first_epoch, job_id, record.lease.attempt.value);
  return changed == 1 ? Status() : Stale(record.lease, database_);
}

Status RecordWriter::Write(const RecordCheckpoint& record) {
  UNMASK_ASSIGN(const std::int64_t job_id, LeasedJob(record.lease));
  const std::int64_t is_open = database_.Number(
      "SELECT EXISTS (SELECT 1 FROM attempt"
      " WHERE job_id = ? AND attempt = ? AND outcome IS NULL)",
      job_id, record.lease.attempt.value);
  if (is_open == 0) return Stale(record.lease, database_);
  const CheckpointRef& checkpoint = record.checkpoint;
  // An equal blob becomes the newest.
  database_.Run(
      "INSERT OR REPLACE INTO checkpoint (job_id, attempt, epoch, sha256, bytes, numerics_class)"
      " VALUES (?, ?, ?, ?, ?, ?)",
      job_id, record.lease.attempt.value, checkpoint.epoch, checkpoint.sha256, checkpoint.bytes,
      checkpoint.numerics_class);
  with_checkpoints_.insert(job_id);
  database_.Run("UPDATE job SET crashes = 0, losses = 0 WHERE id = ?", job_id);
  DropCheckpoints(job_id, 2);
  return {};
}

Status RecordWriter::Write(const RecordResult& record) {
  UNMASK_ASSIGN(const std::int64_t job_id, LeasedJob(record.lease));
  UNMASK_TRY(EndAttempt(job_id, record.lease, "done", "", record.result.note));
  const JobResult& result = record.result;
  for (const TaskPredictions& predictions : result.predictions) {
    UNMASK_TRY(WritePredictions(job_id, predictions));
  }
  database_.Run("INSERT INTO curve (job_id, series) VALUES (?, ?)", job_id,
                PackCurves(result.curves));
  database_.Run(
      "UPDATE job SET state = 'done', crashes = 0, losses = 0, alone = 0, error = NULL,"
      " seconds = ?, epochs = ?, best_epoch = ?, held_out_hsic = ?, stream_cosine = ?,"
      " images_forwarded = ?, weights_sha256 = ? WHERE id = ?",
      result.seconds, result.epochs, result.best_epoch, result.held_out_hsic, result.stream_cosine,
      result.images_forwarded, NullIfEmpty(result.output_sha256), job_id);
  if (with_checkpoints_.erase(job_id) > 0) DropCheckpoints(job_id, 0);
  return CompletePointsOf(job_id);
}

Status RecordWriter::Write(const RecordAttemptEnd& record) {
  UNMASK_ASSIGN(const std::int64_t job_id, LeasedJob(record.lease));
  UNMASK_TRY(EndAttempt(job_id, record.lease, record.outcome, record.error_class, record.message));
  const bool dead =
      record.job_state == JobState::kFailed || record.job_state == JobState::kQuarantined;
  const std::string& error = record.message.empty() ? record.error_class : record.message;
  database_.Run(
      "UPDATE job SET state = ?, crashes = ?, losses = ?, alone = ?, error = ? WHERE id = ?",
      Name(record.job_state), record.crashes, record.losses, record.alone ? 1 : 0,
      dead ? NullIfEmpty(error) : std::nullopt, job_id);
  return {};
}

Status RecordWriter::Write(const RecordJobFailed& record) {
  const int changed = database_.Run(
      "UPDATE job SET state = 'failed', error = ? WHERE job_key = ? AND state = 'queued'",
      record.message, record.job_key);
  if (changed == 1) return {};
  return InternalError(
      fmt::format("job {} is not queued, so it cannot fail by a dependency", record.job_key),
      database_.path().string());
}

Result<std::int64_t> RecordWriter::LeasedJob(const LeaseId& lease) {
  // Attempts that have not ended are of this epoch: opening the store ended all others. A job has
  // one at most: it is leased only while it is queued.
  if (lease.epoch != epoch_) return Stale(lease, database_);
  const auto known = leased_jobs_.find(lease.job_key);
  if (known != leased_jobs_.end()) return known->second;
  const std::int64_t job_id =
      database_.Number("SELECT id FROM job WHERE job_key = ?", lease.job_key);
  if (job_id == 0) return Stale(lease, database_);
  leased_jobs_.emplace(lease.job_key, job_id);
  return job_id;
}

std::int64_t RecordWriter::WorkerRow(const WorkerInfo& worker) {
  const auto known = workers_.find(worker.id);
  if (known != workers_.end() && known->second.first == worker) return known->second.second;
  const std::int64_t id = FindOrAddWorker(worker);
  workers_.insert_or_assign(worker.id, std::pair(worker, id));
  return id;
}

std::int64_t RecordWriter::FindOrAddWorker(const WorkerInfo& worker) {
  const auto find = [&] {
    return database_.Number(
        "SELECT id FROM worker WHERE epoch = ? AND worker = ? AND host = ? AND device = ?"
        " AND numerics_class = ? AND slots = ?",
        epoch_.value, worker.id.value, worker.host, worker.device, worker.numerics_class,
        worker.slots);
  };
  if (const std::int64_t id = find(); id != 0) return id;
  database_.Run(
      "INSERT INTO worker (epoch, worker, host, device, numerics_class, slots)"
      " VALUES (?, ?, ?, ?, ?, ?)",
      epoch_.value, worker.id.value, worker.host, worker.device, worker.numerics_class,
      worker.slots);
  return find();
}

// A sweep has as many folds as subjects and tasks; what comes on top of that is not kept.
std::int64_t RecordWriter::FoldRow(const TaskPredictions& predictions) {
  constexpr std::size_t kFoldsKept = 4096;
  std::string content = ContentOf(predictions);
  const auto known = folds_.find(content);
  if (known != folds_.end()) return known->second;
  const std::int64_t id = FindOrAddFold(predictions);
  if (folds_.size() < kFoldsKept) folds_.emplace(std::move(content), id);
  return id;
}

std::int64_t RecordWriter::FindOrAddFold(const TaskPredictions& predictions) {
  const std::string classes = PackNames(predictions.classes);
  const std::string samples = PackNames(predictions.samples);
  const std::string labels = PackIntegers(predictions.labels);
  const std::string sha256 = Sha256Hex(classes + "\n" + samples + "\n" + labels);
  const auto find = [&] {
    return database_.Number("SELECT id FROM fold WHERE sha256 = ?", sha256);
  };
  if (const std::int64_t id = find(); id != 0) return id;
  database_.Run("INSERT INTO fold (sha256, classes, samples, labels) VALUES (?, ?, ?, ?)", sha256,
                classes, samples, labels);
  return find();
}

Status RecordWriter::WritePredictions(std::int64_t job_id, const TaskPredictions& predictions) {
  if (!HasOneShape(predictions)) {
    return InternalError("a result's predictions do not fit together", database_.path().string());
  }
  const ConfusionMatrix confusion =
      Confuse(predictions.classes, predictions.labels, predictions.predicted);
  database_.Run(
      "INSERT INTO prediction (job_id, task, fold_id, confusion, predicted, logits)"
      " VALUES (?, ?, ?, ?, ?, ?)",
      job_id, Name(predictions.task), FoldRow(predictions), PackConfusion(confusion),
      PackIntegers(predictions.predicted),
      PackLogits(predictions.logits, predictions.classes.size()));
  return {};
}

Status RecordWriter::EndAttempt(std::int64_t job_id, const LeaseId& lease,
                                const std::string& outcome, const std::string& error_class,
                                const std::string& message) {
  const int changed = database_.Run(
      "UPDATE attempt SET ended_at = ?, outcome = ?, error_class = ?, message = ?"
      " WHERE job_id = ? AND attempt = ? AND outcome IS NULL",
      now_, outcome, NullIfEmpty(error_class), NullIfEmpty(message), job_id, lease.attempt.value);
  if (changed != 1) return Stale(lease, database_);
  leased_jobs_.erase(lease.job_key);
  return {};
}

void RecordWriter::DropCheckpoints(std::int64_t job_id, int keep) {
  constexpr std::string_view kOlder =
      "SELECT sha256, id FROM checkpoint WHERE job_id = ? ORDER BY id DESC LIMIT -1 OFFSET ?";
  std::vector<std::int64_t> ids;
  for (Rows rows(database_, kOlder, job_id, keep); rows.Next();) {
    dead_->push_back(rows.Text(0));
    ids.push_back(rows.Int(1));
  }
  for (const std::int64_t id : ids) database_.Run("DELETE FROM checkpoint WHERE id = ?", id);
}

Status RecordWriter::CompletePointsOf(std::int64_t job_id) {
  std::vector<std::int64_t> points;
  for (Rows rows(database_, "SELECT point_id FROM fold_use WHERE job_id = ?", job_id);
       rows.Next();) {
    points.push_back(rows.Int(0));
  }
  for (const std::int64_t point_id : points) UNMASK_TRY(CompletePoint(database_, point_id));
  return {};
}

}  // namespace unmask

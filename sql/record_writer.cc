#include "sql/record_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/sha256.h"
#include "common/config/names.h"
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
  content.reserve(1024);
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

// Of a gang: member 0, and in its device who trains with it.
WorkerInfo WithGang(const RecordLease& record) {
  WorkerInfo worker = record.worker;
  const char* before = " with workers ";
  for (const WorkerId other : record.others) {
    worker.device += fmt::format("{}{}", std::exchange(before, ", "), other.value);
  }
  return worker;
}

}  // namespace

RecordWriter::RecordWriter(Database& database, CoordinatorEpoch epoch)
    : database_(database), epoch_(epoch), jobs_(database), points_(database), cells_(database) {}

void RecordWriter::Forget() {
  jobs_.Forget();
  points_.Forget();
  cells_.Forget();
  workers_.clear();
  folds_.clear();
  started_.clear();
}

Status RecordWriter::Write(const Record& record, const std::string& now,
                           std::vector<std::string>& dead_blobs) {
  now_ = now;
  dead_ = &dead_blobs;
  return std::visit([this](const auto& row) { return Write(row); }, record);
}

Status RecordWriter::WriteHeldBack() {
  for (const auto& [job_id, started] : started_) {
    database_.Run("UPDATE attempt SET first_epoch = ? WHERE job_id = ? AND attempt = ?",
                  started.first_epoch, job_id, started.attempt);
  }
  started_.clear();
  return {};
}

Status RecordWriter::Write(const RecordLease& record) {
  const LeaseId& lease = record.lease;
  KnownJob* job = lease.epoch == epoch_ ? jobs_.Find(lease.job_key) : nullptr;
  if (job == nullptr || job->state != JobState::kQueued || job->attempt >= lease.attempt.value) {
    return Stale(lease, database_);
  }
  database_.Run("INSERT INTO attempt (job_id, attempt, worker_id, started_at) VALUES (?, ?, ?, ?)",
                job->id, lease.attempt.value,
                record.others.empty() ? WorkerRow(record.worker) : WorkerRow(WithGang(record)),
                now_);
  job->attempt = lease.attempt.value;
  job->state = JobState::kRunning;
  return {};
}

Status RecordWriter::Write(const RecordStarted& record) {
  UNMASK_ASSIGN(const KnownJob* job, LeasedJob(record.lease));
  started_.insert_or_assign(job->id, Started{record.first_epoch, job->attempt});
  return {};
}

Status RecordWriter::Write(const RecordCheckpoint& record) {
  UNMASK_ASSIGN(KnownJob * job, LeasedJob(record.lease));
  const CheckpointRef& checkpoint = record.checkpoint;
  // An equal blob becomes the newest.
  database_.Run(
      "INSERT OR REPLACE INTO checkpoint (job_id, attempt, epoch, sha256, bytes, numerics_class)"
      " VALUES (?, ?, ?, ?, ?, ?)",
      job->id, record.lease.attempt.value, checkpoint.epoch, checkpoint.sha256, checkpoint.bytes,
      checkpoint.numerics_class);
  job->has_checkpoints = true;
  database_.Run("UPDATE planned_job SET crashes = 0, losses = 0, alone = 0 WHERE id = ?", job->id);
  DropCheckpoints(job->id, 2);
  return {};
}

Status RecordWriter::Write(const RecordResult& record) {
  UNMASK_ASSIGN(KnownJob * job, LeasedJob(record.lease));
  const JobResult& result = record.result;
  const std::vector<std::int64_t> complete = points_.OnDone(job->id);
  const int changed = database_.Run(
      "UPDATE attempt SET first_epoch = coalesce(?, first_epoch), ended_at = ?, outcome = 'done',"
      " message = ?, seconds = ?, epochs = ?, best_epoch = ?, held_out_hsic = ?,"
      " stream_cosine = ?, images_forwarded = ?, weights_sha256 = ?"
      " WHERE job_id = ? AND attempt = ? AND outcome IS NULL",
      TakeFirstEpoch(job->id), now_, NullIfEmpty(result.note), result.seconds, result.epochs,
      result.best_epoch, result.held_out_hsic, result.stream_cosine, result.images_forwarded,
      NullIfEmpty(result.output_sha256), job->id, job->attempt);
  if (changed != 1) return Stale(record.lease, database_);
  UNMASK_TRY(WriteAnswer(job->id, result));
  if (std::exchange(job->has_checkpoints, false)) DropCheckpoints(job->id, 0);
  job->state = JobState::kDone;
  for (const std::int64_t point_id : complete) UNMASK_TRY(cells_.Write(point_id));
  return {};
}

Status RecordWriter::Write(const RecordAttemptEnd& record) {
  UNMASK_ASSIGN(KnownJob * job, LeasedJob(record.lease));
  const int changed = database_.Run(
      "UPDATE attempt SET first_epoch = coalesce(?, first_epoch), ended_at = ?, outcome = ?,"
      " error_class = ?, message = ? WHERE job_id = ? AND attempt = ? AND outcome IS NULL",
      TakeFirstEpoch(job->id), now_, Name(record.outcome), NullIfEmpty(record.error_class),
      NullIfEmpty(record.message), job->id, job->attempt);
  if (changed != 1) return Stale(record.lease, database_);
  const bool dead = IsDead(record.job_state);
  const std::string& error = record.message.empty() ? record.error_class : record.message;
  database_.Run(
      "UPDATE planned_job SET state = ?, attempts = ?, crashes = ?, losses = ?, alone = ?,"
      " error = ? WHERE id = ?",
      Name(record.job_state), job->attempt, record.crashes, record.losses, record.alone ? 1 : 0,
      dead ? NullIfEmpty(error) : std::nullopt, job->id);
  job->state = record.job_state;
  return {};
}

Status RecordWriter::Write(const RecordJobFailed& record) {
  KnownJob* job = jobs_.Find(record.job_key);
  if (job == nullptr || job->state != JobState::kQueued) {
    return InternalError(
        fmt::format("job {} is not queued, so it cannot fail by a dependency", record.job_key),
        database_.path().string());
  }
  database_.Run("UPDATE planned_job SET state = 'failed', error = ? WHERE id = ?", record.message,
                job->id);
  job->state = JobState::kFailed;
  return {};
}

Result<KnownJob*> RecordWriter::LeasedJob(const LeaseId& lease) {
  // Attempts that have not ended are of this epoch: opening the store ended all others.
  KnownJob* job = lease.epoch == epoch_ ? jobs_.Find(lease.job_key) : nullptr;
  if (job != nullptr && job->state == JobState::kRunning && job->attempt == lease.attempt.value) {
    return job;
  }
  return Stale(lease, database_);
}

std::optional<std::int64_t> RecordWriter::TakeFirstEpoch(std::int64_t job_id) {
  const auto held = started_.extract(job_id);
  return held ? std::optional(held.mapped().first_epoch) : std::nullopt;
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

// The columns of a task; a job that does not learn it has none.
struct RecordWriter::TaskColumns {
  std::optional<std::int64_t> fold;
  std::optional<std::string> confusion, predicted, logits;
};

Result<RecordWriter::TaskColumns> RecordWriter::ColumnsOf(const JobResult& result, Task task) {
  const auto found = std::ranges::find(result.predictions, task, &TaskPredictions::task);
  if (found == result.predictions.end()) return TaskColumns();
  if (!HasOneShape(*found)) {
    return InternalError("a result's predictions do not fit together", database_.path().string());
  }
  const ConfusionMatrix confusion = Confuse(found->classes, found->labels, found->predicted);
  return TaskColumns{FoldRow(*found), PackConfusion(confusion), PackIntegers(found->predicted),
                     PackLogits(found->logits, found->classes.size())};
}

Status RecordWriter::WriteAnswer(std::int64_t job_id, const JobResult& result) {
  UNMASK_ASSIGN(const TaskColumns ter, ColumnsOf(result, Task::kTer));
  UNMASK_ASSIGN(const TaskColumns der, ColumnsOf(result, Task::kDer));
  database_.Run(
      "INSERT INTO answer (job_id, ter_fold, ter_confusion, der_fold, der_confusion,"
      " ter_predicted, ter_logits, der_predicted, der_logits, series)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      job_id, ter.fold, ter.confusion, der.fold, der.confusion, ter.predicted, ter.logits,
      der.predicted, der.logits, PackCurves(result.curves));
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

}  // namespace unmask

// The scheduler's records as rows. Every one is fenced: it changes nothing unless its attempt is
// the job's current one under this coordinator's epoch, in the database too.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/protocol/records.h"
#include "sql/cells.h"
#include "sql/database.h"
#include "sql/known_jobs.h"
#include "sql/open_points.h"

namespace unmask {

class RecordWriter {
 public:
  RecordWriter(Database& database, CoordinatorEpoch epoch);

  // Within the caller's transaction, which must be rolled back after an error. `dead_blobs` gets
  // the blobs that nothing will need once the transaction is committed.
  Status Write(const Record& record, const std::string& now, std::vector<std::string>& dead_blobs);
  // Before the commit: what was held back, since most often a later record makes it needless.
  Status WriteHeldBack();
  // The transaction was rolled back: rows that it had made are not there.
  void Forget();

  // Of a job that is about to be leased, read by the caller: spares looking it up.
  KnownJobs& jobs() { return jobs_; }
  // A sweep was registered.
  void OnSweepAdded() { points_.Forget(); }

 private:
  Status Write(const RecordLease& record);
  Status Write(const RecordStarted& record);
  Status Write(const RecordCheckpoint& record);
  Status Write(const RecordResult& record);
  Status Write(const RecordAttemptEnd& record);
  Status Write(const RecordJobFailed& record);

  // The job of an attempt that runs under this epoch and is the job's newest; else an error that
  // names it.
  Result<KnownJob*> LeasedJob(const LeaseId& lease);
  std::int64_t WorkerRow(const WorkerInfo& worker);
  std::int64_t FindOrAddWorker(const WorkerInfo& worker);
  std::int64_t FoldRow(const TaskPredictions& predictions);
  std::int64_t FindOrAddFold(const TaskPredictions& predictions);
  struct TaskColumns;
  Result<TaskColumns> ColumnsOf(const JobResult& result, Task task);
  Status WriteAnswer(std::int64_t job_id, const JobResult& result);
  // What RecordStarted said of the attempt, where it is not written yet.
  std::optional<std::int64_t> TakeFirstEpoch(std::int64_t job_id);
  // All checkpoints of the job but the newest `keep`.
  void DropCheckpoints(std::int64_t job_id, int keep);

  Database& database_;
  const CoordinatorEpoch epoch_;
  std::string now_;                           // of the record being written
  std::vector<std::string>* dead_ = nullptr;  // of the record being written

  // What was looked up before: rows that are there while their transaction is.
  KnownJobs jobs_;
  OpenPoints points_;
  CellWriter cells_;
  std::unordered_map<WorkerId, std::pair<WorkerInfo, std::int64_t>> workers_;
  std::unordered_map<std::string, std::int64_t> folds_;  // by content
  struct Started {
    std::int64_t first_epoch = 0;
    std::int32_t attempt = 0;
  };
  std::unordered_map<std::int64_t, Started> started_;  // by job row: held back
};

}  // namespace unmask

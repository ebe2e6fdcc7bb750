// The scheduler's records as rows. Every one is fenced: it changes nothing unless its attempt is
// the job's current one under this coordinator's epoch, in the database too.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/protocol/records.h"
#include "sql/database.h"

namespace unmask {

class RecordWriter {
 public:
  RecordWriter(Database& database, CoordinatorEpoch epoch);

  // Within the caller's transaction, which must be rolled back after an error. `dead_blobs` gets
  // the blobs that nothing will need once the transaction is committed.
  Status Write(const Record& record, const std::string& now, std::vector<std::string>& dead_blobs);
  // The transaction was rolled back: rows that it had made are not there.
  void Forget();

 private:
  Status Write(const RecordLease& record);
  Status Write(const RecordStarted& record);
  Status Write(const RecordCheckpoint& record);
  Status Write(const RecordResult& record);
  Status Write(const RecordAttemptEnd& record);
  Status Write(const RecordJobFailed& record);

  // The row of a job that was leased under this epoch; else an error that names it. Whether the
  // lease is still the current one, the change that follows shows (an attempt without an outcome).
  Result<std::int64_t> LeasedJob(const LeaseId& lease);
  std::int64_t WorkerRow(const WorkerInfo& worker);
  std::int64_t FindOrAddWorker(const WorkerInfo& worker);
  std::int64_t FoldRow(const TaskPredictions& predictions);
  std::int64_t FindOrAddFold(const TaskPredictions& predictions);
  Status WritePredictions(std::int64_t job_id, const TaskPredictions& predictions);
  // An error, and nothing changed, unless the lease is the job's current one.
  Status EndAttempt(std::int64_t job_id, const LeaseId& lease, const std::string& outcome,
                    const std::string& error_class, const std::string& message);
  // All checkpoints of the job but the newest `keep`.
  void DropCheckpoints(std::int64_t job_id, int keep);
  Status CompletePointsOf(std::int64_t job_id);

  Database& database_;
  const CoordinatorEpoch epoch_;
  std::string now_;                           // of the record being written
  std::vector<std::string>* dead_ = nullptr;  // of the record being written

  // What was looked up before: rows that are there while their transaction is.
  std::unordered_map<std::string, std::int64_t> leased_jobs_;  // by key, until their attempt ends
  std::unordered_map<WorkerId, std::pair<WorkerInfo, std::int64_t>> workers_;
  std::unordered_map<std::string, std::int64_t> folds_;  // by content
  std::unordered_set<std::int64_t> with_checkpoints_;    // jobs that may have some
};

}  // namespace unmask

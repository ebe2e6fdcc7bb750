// The scheduler's records as rows. Every one is fenced: it changes nothing unless its attempt is
// the job's current one under this coordinator's epoch, in the database too.
#pragma once

#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/protocol/records.h"
#include "sql/database.h"

namespace unmask {

class RecordWriter {
 public:
  RecordWriter(Database& database, CoordinatorEpoch epoch) : database_(database), epoch_(epoch) {}

  // Within the caller's transaction, which must be rolled back after an error. `dead_blobs` gets
  // the blobs that nothing will need once the transaction is committed.
  Status Write(const Record& record, const std::string& now, std::vector<std::string>& dead_blobs);

 private:
  Status Write(const RecordLease& record);
  Status Write(const RecordStarted& record);
  Status Write(const RecordCheckpoint& record);
  Status Write(const RecordResult& record);
  Status Write(const RecordAttemptEnd& record);
  Status Write(const RecordJobFailed& record);

  // The job's row, where the lease is its current one; else an error that names it.
  Result<std::int64_t> CurrentJob(const LeaseId& lease);
  std::int64_t WorkerRow(const WorkerInfo& worker);
  std::int64_t FoldRow(const TaskPredictions& predictions);
  Status WritePredictions(std::int64_t job_id, const TaskPredictions& predictions);
  void EndAttempt(std::int64_t job_id, const LeaseId& lease, const std::string& outcome,
                  const std::string& error_class, const std::string& message);
  // All checkpoints of the job but the newest `keep`.
  void DropCheckpoints(std::int64_t job_id, int keep);
  Status CompletePointsOf(std::int64_t job_id);

  Database& database_;
  const CoordinatorEpoch epoch_;
  std::string now_;                           // of the record being written
  std::vector<std::string>* dead_ = nullptr;  // of the record being written
};

}  // namespace unmask

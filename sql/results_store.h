// The store: unmask.db and the lock. ResultsStore is the one writer (the coordinator of `run`, or
// `retry` and `gc`); StoreReader opens what is there, read-only. SQLite is included nowhere else.
// Schema: sql/migrations, views: sql/views.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/jobs/sweep.h"
#include "common/protocol/messages.h"
#include "common/protocol/records.h"
#include "sql/store_paths.h"

namespace unmask {

// What the scheduler must know of a job at the start.
struct StoredJob {
  std::string key;
  JobState state = JobState::kQueued;
  AttemptNumber last_attempt;  // 0: never tried
  std::int32_t crashes = 0;    // since its newest checkpoint
  std::int32_t losses = 0;
  bool alone = false;
  std::vector<CheckpointRef> checkpoints;  // newest first, at most two
  std::string numerics_class;              // of the attempts so far; empty: none
  std::string output_sha256;               // best weights, or what a feature job made
};

class ResultsStore {
 public:
  struct Options {
    bool take_over = false;  // --take-over: another host's dead lock
    std::string build;       // provenance
    std::string now;  // ISO 8601 UTC, ends the attempts of dead coordinators; empty: the clock
    std::optional<bool> network_file_system;  // nullopt: asked of the file system
  };
  // Creates what is missing, takes the lock for life, refuses what is locked, corrupt, newer or not
  // ours, migrates after a backup, raises the coordinator epoch and marks the attempts of dead
  // coordinators as lost (jobs queued again).
  static Result<std::unique_ptr<ResultsStore>> Open(const StorePaths& paths,
                                                    const Options& options);
  ~ResultsStore();

  const StorePaths& paths() const;
  CoordinatorEpoch epoch() const;
  const std::string& token()
      const;  // random, written to store/token at opening: agents prove that they see the store

  // Inserts or completes the sweep and its jobs (one transaction). Jobs that are done already stay
  // done. Returns the sweep's jobs in the plan's order; those of other experiments may lie between.
  Result<std::vector<StoredJob>> RegisterSweep(const SweepPlan& plan,
                                               const std::string& provenance_json,
                                               const std::string& now);

  // Group commit. Begin is implied by the first Apply; Commit asserts that the store's epoch is
  // ours and makes everything since durable. Busy waits. An error of either has rolled back
  // everything since the last Commit; where it is for want of room (IsNoSpace), the same records
  // may be applied again, from the first one. Timestamps are the caller's (ISO 8601 UTC).
  Status Apply(const Record& record, const std::string& now);
  Status Commit();
  bool InTransaction() const;
  void Rollback();

  // How long to wait for a program that holds the database (for ever otherwise); what has been
  // waited counts. From any thread. Then the error is kStopped.
  void WaitAtMost(std::chrono::milliseconds limit);

  // Whether what was committed can be read by who opens the store now: else somebody has removed,
  // replaced or cut its database meanwhile.
  Status CheckInPlace();

  // Blobs that the last Commit made needless (checkpoints superseded or of finished jobs): delete
  // after it.
  std::vector<std::string> TakeDeadBlobs();

  // Failed and quarantined jobs of the sweep are queued again, as if never tried; their attempts
  // stay on record.
  Status Retry(const std::string& sweep, std::int64_t* put_back);

  // Feature jobs that are done, and whose blobs are gone, are queued again; the attempts that made
  // them count as lost.
  Status QueueAgain(const std::vector<std::string>& job_keys);

 private:
  class Impl;
  explicit ResultsStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace unmask

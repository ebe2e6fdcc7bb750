// Read-only access to a store, with typed rows. Safe beside a running coordinator: it never writes,
// checkpoints or migrates. One thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "common/base/result.h"
#include "common/protocol/messages.h"
#include "sql/live_rows.h"
#include "sql/query.h"
#include "sql/rows.h"
#include "sql/store_paths.h"

namespace unmask {

class StoreReader {
 public:
  // A DataError where the store is missing, corrupt, newer than this program, or not ours.
  static Result<std::unique_ptr<StoreReader>> Open(const StorePaths& paths);
  ~StoreReader();
  StoreReader(const StoreReader&) = delete;
  StoreReader& operator=(const StoreReader&) = delete;

  // Whether there is a database at all: `plan` works without one, the other commands do not. True
  // where that cannot be told, for want of rights: Open says why.
  static bool Exists(const StorePaths& paths);

  // All reads of `body` see one state of the store. Keep it short: on a network file system it
  // makes the coordinator wait.
  Status InSnapshot(const std::function<Status()>& body);

  // Newest first.
  Result<std::vector<SweepRow>> Sweeps();
  // The SWEEP argument of commands: an exact name, else a unique prefix; empty: the newest.
  Result<SweepRow> FindSweep(std::string_view name);
  // `sweep` is an exact name from here on; an unknown one has no rows.
  Result<SweepTexts> Texts(std::string_view sweep);
  Result<SweepProgress> Progress(std::string_view sweep);
  // Of one moment, without predictions or curves: what is looked at again and again.
  Result<LiveRows> Live(std::string_view sweep, std::int64_t failures_shown);
  // At most `limit`, in the plan's order.
  Result<std::vector<DeadJobRow>> DeadJobs(std::string_view sweep, std::int64_t limit);
  Result<std::vector<JobRow>> Jobs(std::string_view sweep);    // in the plan's order
  Result<std::vector<CellRow>> Cells(std::string_view sweep);  // experiment, point, seed, task
  Result<std::vector<FoldRow>> Folds(std::string_view sweep);  // in the plan's order, by task

  // Of the sweep's finished jobs, without logits; where `only` names some, of these alone.
  Result<SweepPredictions> Predictions(
      std::string_view sweep, const std::optional<std::set<std::string>>& only = std::nullopt);
  // Of each finished job, in the plan's order: (key, sorted by split, task, epoch).
  Status ForEachCurve(
      std::string_view sweep,
      const std::function<void(const std::string&, const std::vector<CurvePoint>&)>& visit);
  // Every attempt at the sweep's jobs, by start; those of other sweeps that share them included.
  Result<std::vector<SpanRow>> Spans(std::string_view sweep);
  Result<std::vector<RunRow>> Runs(std::string_view sweep);  // by coordinator epoch
  // The rows of a public view that belong to the sweep, in a fixed order.
  Status ForEachRow(std::string_view view, std::string_view sweep, RowSink& sink);

  // The JOB argument of commands: a whole key or a unique prefix.
  Result<JobDetails> FindJob(std::string_view key_prefix);
  Result<std::vector<JobUseRow>> Uses(std::string_view job_key);
  Result<std::vector<AttemptRow>> Attempts(std::string_view job_key);
  // What a finished job answered, bit for bit as recorded (curves: as float32).
  Result<JobResult> ResultOf(std::string_view job_key);
  Result<std::unordered_set<std::string>> KeysOf(JobState state);  // in any sweep
  Status ForEachDoneSpec(const std::function<void(const DoneSpecRow&)>& visit);
  Status ForEachDoneSpecOf(std::string_view held_out, std::int64_t seed,
                           const std::function<void(const DoneSpecRow&)>& visit);

  // SHA-256 of every blob that the store refers to: checkpoints, weights, data sets of jobs. An
  // error where the database is damaged: what it has lost it would not name.
  Result<std::unordered_set<std::string>> ReferencedBlobs();

 private:
  class Impl;
  explicit StoreReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace unmask

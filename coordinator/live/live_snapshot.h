// How a sweep stands at one moment, as the dashboard and `status --watch` show it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/enum_names.h"
#include "sql/live_rows.h"
#include "sql/store_lock.h"

namespace unmask {

// One character a fold in LivePoint::folds.
inline constexpr char kFoldWaiting = '.';
inline constexpr char kFoldRunning = '>';
inline constexpr char kFoldDone = '#';
inline constexpr char kFoldDead = 'x';  // failed or quarantined
inline constexpr char kNoFold = ' ';    // the point does not have this subject

// A grid point of an experiment at one seed: a row of the matrix.
struct LivePoint {
  std::string experiment;
  std::string point;  // JSON object
  std::string label;  // "alpha 0.5, beta 1"; with the seed where there are several
  std::int64_t seed = 0;
  bool leaky = false;
  std::string folds;  // a character for each of LiveSnapshot::subjects
  std::int64_t folds_total = 0;
  std::int64_t folds_done = 0;
  std::int64_t folds_dead = 0;
  std::vector<LiveScore> scores;  // pooled over the folds done so far, one a task

  bool Complete() const { return folds_done == folds_total; }
};

struct LiveJob {  // a job that a worker holds: it runs, or is leased ahead of a slot
  std::string job_key;
  std::int64_t attempt = 0;
  std::string experiment;  // of its first use; empty: a job that no experiment names
  std::string label;
  std::string held_out;
  double seconds = 0;                     // since the lease
  bool started = false;                   // false: its trainer is loading, or it is next
  bool next = false;                      // leased ahead: it waits for a slot
  std::optional<std::int64_t> epoch;      // epochs finished, where known
  std::optional<std::int64_t> epoch_max;  // it may stop earlier
};

struct LiveWorker {
  std::int64_t id = 0;
  std::string host;
  std::string device;
  std::int64_t slots = 0;     // 0: not known
  bool lost = false;          // gone; `note` says how
  std::string note;           // why it gets no new leases, or is gone; empty: it works
  double silent_seconds = 0;  // since it was last heard
  std::vector<LiveJob> jobs;

  // Slots at work: what is leased ahead occupies none.
  std::int64_t Busy() const {
    const auto held = static_cast<std::int64_t>(jobs.size());
    return slots > 0 ? std::min(held, slots) : held;
  }
};

struct LiveFailure {  // an attempt that ended with an error, or a job that could not be tried
  std::string job_key;
  std::int64_t attempt = 0;  // 0: none
  std::string experiment;
  std::string label;
  std::string held_out;
  std::int64_t worker = 0;
  AttemptOutcome outcome = AttemptOutcome::kFailed;
  std::string error_class;
  std::string message;
  std::string at;         // ISO 8601 UTC
  std::string job_state;  // what the job is now
};

enum class LivePhase {
  kRunning,
  kStopping,  // no new leases; checkpoints are being written
  kFinished,  // every job is settled
  kStopped,   // by request: the same command goes on
  kNoWorkers,
  kUnattended,  // nobody works on it (seen from the store alone)
};
template <>
inline constexpr auto kNames<LivePhase> =
    EnumNames("running", "stopping", "finished", "stopped", "no-workers", "unattended");

struct LiveSnapshot {
  std::string sweep;
  std::string at;  // ISO 8601 UTC
  LivePhase phase = LivePhase::kRunning;
  std::optional<StoreLock::Owner> left_by;  // kUnattended: who left the store locked
  StateCounts jobs;
  std::optional<double> jobs_per_second;
  std::optional<double> eta_seconds;
  std::vector<std::string> subjects;  // held out: the columns of the matrix
  std::vector<LivePoint> points;
  std::vector<LiveWorker> workers;
  std::vector<LiveFailure> failures;                    // newest first, a bounded number
  std::map<std::string, std::int64_t> failed_attempts;  // by error class, of this view's time
};

}  // namespace unmask

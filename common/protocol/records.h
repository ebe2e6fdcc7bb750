// Rows that a running sweep adds to the store, as the scheduler states them
// (coordinator/core/effects.h).
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/base/ids.h"
#include "common/protocol/messages.h"

namespace unmask {

struct WorkerInfo {
  WorkerId id;
  std::string host;
  std::string device;
  std::string numerics_class;
  std::int32_t slots = 1;
  bool operator==(const WorkerInfo&) const = default;
};

// --- records: rows for the store, all under the coordinator's epoch

struct RecordLease {  // attempt row, job running
  LeaseId lease;
  WorkerInfo worker;               // of a gang: member 0
  std::vector<WorkerId> others{};  // of a gang: members 1 and up
};
struct RecordStarted {
  LeaseId lease;
  std::int64_t first_epoch = 0;
};
struct RecordCheckpoint {
  LeaseId lease;
  CheckpointRef checkpoint;
};
struct RecordResult {  // attempt done, job done, predictions, curves, cells
  LeaseId lease;
  JobResult result;
};
enum class JobState : std::uint8_t { kQueued, kRunning, kDone, kFailed, kQuarantined };
template <>
inline constexpr auto kNames<JobState> =
    EnumNames("queued", "running", "done", "failed", "quarantined");
// There is still something to do for it.
constexpr bool IsOpen(JobState state) {
  return state == JobState::kQueued || state == JobState::kRunning;
}
constexpr bool IsDead(JobState state) {
  return state == JobState::kFailed || state == JobState::kQuarantined;
}
// How an attempt ended.
enum class AttemptOutcome : std::uint8_t { kDone, kFailed, kLost, kYielded };
template <>
inline constexpr auto kNames<AttemptOutcome> = EnumNames("done", "failed", "lost", "yielded");
struct RecordAttemptEnd {  // without a result
  LeaseId lease;
  AttemptOutcome outcome = AttemptOutcome::kFailed;
  std::string error_class;                 // Name(FailureClass), or empty
  std::string message;                     // may be empty
  JobState job_state = JobState::kQueued;  // what the job is now
  std::int32_t crashes = 0;  // crashes without a new checkpoint so far, to survive a restart
  std::int32_t losses = 0;   // worker losses without progress so far
  bool alone = false;        // rerun alone: it died among others
};
struct RecordJobFailed {  // without an attempt: a dependency is dead
  std::string job_key;
  std::string message;  // names the dependency
};
using Record = std::variant<RecordLease, RecordStarted, RecordCheckpoint, RecordResult,
                            RecordAttemptEnd, RecordJobFailed>;

}  // namespace unmask

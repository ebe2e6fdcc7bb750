// What coordinator, agents and trainers say to one another. The same structs travel on both hops:
// agent <-> coordinator over the transport (MPI), agent <-> trainer over a socket pair. codec.h
// puts them into bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/ids.h"
#include "common/config/names.h"

namespace unmask {

inline constexpr std::uint32_t kProtocolVersion = 4;

// One try at one job under one coordinator. A message about any other than the current lease of a
// job is stale.
struct LeaseId {
  std::string job_key;
  AttemptNumber attempt;
  CoordinatorEpoch epoch;
  auto operator<=>(const LeaseId&) const = default;
};

// A checkpoint file in the store's blobs. `epoch`: how many epochs are finished in it.
struct CheckpointRef {
  std::string sha256;
  std::int64_t epoch = 0;
  std::int64_t bytes = 0;
  std::string numerics_class;  // resumed only within this class
  bool operator==(const CheckpointRef&) const = default;
};

// Why an attempt ended without a result. Stored by Name() in `attempts.error_class`.
enum class FailureClass {
  kKilled,       // the trainer died by a signal
  kOutOfMemory,  // on evidence: the kernel's count or bad_alloc
  kCuda,         // a CUDA error
  kHang,         // no progress within the limit
  kExit,         // the trainer exited by itself without a result
  kNotANumber,   // the loss left the real numbers: no retry
  kBadInput,     // the job's data or spec cannot be used: no retry
  kLost,         // agent or worker lost, coordinator died: never counted as a crash
};
template <>
inline constexpr auto kNames<FailureClass> =
    EnumNames("killed", "out-of-memory", "cuda", "hang", "exit", "nan", "bad-input", "lost");

// The held-out predictions of one task. Rows are clips in the dataset's order (sorted by name).
struct TaskPredictions {
  Task task = Task::kTer;
  std::vector<std::string> classes;     // [classes], sorted
  std::vector<std::string> samples;     // [clips]
  std::vector<std::int32_t> labels;     // [clips], index into classes
  std::vector<std::int32_t> predicted;  // [clips], index into classes; the first of equal logits
  std::vector<float> logits;            // [clips, classes], row-major
  bool operator==(const TaskPredictions&) const = default;
};

enum class CurveSplit { kTrain, kValidation };
template <>
inline constexpr auto kNames<CurveSplit> = EnumNames("train", "validation");

struct CurvePoint {
  std::int64_t epoch = 0;  // 0-based
  CurveSplit split = CurveSplit::kTrain;
  Task task = Task::kTer;
  double loss = 0;      // cross-entropy, mean over clips
  double accuracy = 0;  // train: as trained (dropout on); validation: evaluation mode
  bool operator==(const CurvePoint&) const = default;
};

struct JobResult {
  std::vector<TaskPredictions> predictions;
  std::vector<CurvePoint> curves;
  std::int64_t epochs = 0;              // trained
  std::int64_t best_epoch = 0;          // 0-based; whose weights predict
  double seconds = 0;                   // the trainer's own time, all attempts that led here
  std::optional<double> held_out_hsic;  // biased, sigma 1; nullopt: one stream, or one clip
  std::optional<double> stream_cosine;  // mean over held-out clips
  std::int64_t images_forwarded = 0;    // backbone passes
  // A blob: best weights as safetensors (empty: not kept); of a feature job what it made.
  std::string output_sha256;
  std::string numerics_class;
  std::string note;  // what people should know of it; may be empty
  bool operator==(const JobResult&) const = default;
};

// --- agent or trainer upwards

struct TrainerHello {  // trainer -> agent, first
  std::uint32_t protocol = kProtocolVersion;
  std::string build;           // must equal the agent's
  std::string numerics_class;  // device kind, instruction set, torch and engine versions
  std::string device;          // "cpu: AMD EPYC ..."
};
struct Hello {  // agent -> coordinator, answer to Invitation
  std::uint32_t protocol = kProtocolVersion;
  std::string build;
  std::string host;
  std::int64_t pid = 0;
  std::string pid_space;  // who counts it (process.h)
  std::int32_t slots = 1;
  std::string numerics_class;
  std::string device;
  std::string
      store_token;  // read from the store: proves that the rank sees the coordinator's store
};
struct SlotProgress {
  LeaseId lease;
  std::int64_t epoch = 0;  // epochs finished
  std::int64_t steps = 0;  // optimiser steps since the start of the attempt: rises while alive
  bool waits = false;  // for the other members of its gang, or the store: no step is due from it
  bool operator==(const SlotProgress&) const = default;
};
struct Heartbeat {  // agent -> coordinator at every heartbeat interval; trainer -> agent likewise
  std::vector<SlotProgress> slots;
};
struct AttemptStarted {
  LeaseId lease;
  std::int64_t first_epoch = 0;  // epochs that the checkpoint had finished; 0: from the start
  std::string note;  // what was odd: "checkpoint abc... damaged, used the one before"; may be empty
};
struct CheckpointWritten {
  LeaseId lease;
  CheckpointRef checkpoint;
};
struct ResultReady {
  LeaseId lease;
  JobResult result;
};
struct AttemptFailed {
  LeaseId lease;
  FailureClass failure = FailureClass::kKilled;
  std::string message;  // one line
  bool sole_suspect =
      true;  // false: other slots of the same trainer died with it, so nobody is blamed
};
struct Yielded {  // gave the slot back at an epoch's end, after a checkpoint where it had made
                  // progress
  LeaseId lease;
  std::int64_t epoch = 0;
};
// A member of a gang has loaded its job. From member 0: where it listens ("ADDRESS:PORT").
struct GangReady {
  LeaseId lease;
  std::string address;
};
// A member has left its gang, and says no more of the attempt: member 0 speaks for all. With
// `trouble` another member was lost to it, and whoever knows why will say so.
struct GangLeft {
  LeaseId lease;
  std::string trouble;  // one line; empty: in order
};
struct Draining {};  // agent -> coordinator: no new leases please (its own graceful stop)

// --- coordinator or agent downwards

struct Invitation {};  // coordinator -> agent, first: the store is open and its token can be read
struct Welcome {       // coordinator -> agent, answer to Hello
  CoordinatorEpoch epoch;
};
struct Refused {  // coordinator -> agent, answer to Hello: the agent ends
  std::string reason;
};
// A lease that several workers have together: one attempt, reserved whole or not at all.
struct GangSeat {
  std::int32_t member = 0;  // member 0 listens for the others, and speaks for all
  std::int32_t size = 1;    // 1: no gang
  bool one_host = true;     // all members are on one host
  bool operator==(const GangSeat&) const = default;
};
struct Lease {
  LeaseId id;
  std::string spec;  // canonical JSON of the JobSpec
  // Blobs that it reads beside its data set: what its dependencies made, then the views of its bank
  // that are there.
  std::vector<std::string> inputs;
  std::vector<CheckpointRef> checkpoints;  // newest first, at most two
  double checkpoint_seconds = 30;
  bool keep_best = true;              // store.keep
  std::int64_t epochs_available = 0;  // view bank: train no further, then yield; 0: no limit
  GangSeat gang;
};
// To each member of a gang, when all are ready.
struct GangGo {
  LeaseId lease;
  std::string address;  // where member 0 listens
};
struct Acknowledged {  // the result (or failure, or yield) is committed: forget it
  LeaseId lease;
};
struct Superseded {  // stale or over: forget it, and stop it where it still runs
  LeaseId lease;
};
// To an agent that was given up for its silence and talks again: say Hello once more.
struct JoinAnew {};
struct StopGracefully {};  // checkpoint and yield everything
struct Goodbye {};         // end now; also agent -> trainer

using Message = std::variant<TrainerHello, Hello, Heartbeat, AttemptStarted, CheckpointWritten,
                             ResultReady, AttemptFailed, Yielded, Draining, Invitation, Welcome,
                             Refused, Lease, Acknowledged, Superseded, StopGracefully, Goodbye,
                             GangReady, GangLeft, GangGo, JoinAnew>;

}  // namespace unmask

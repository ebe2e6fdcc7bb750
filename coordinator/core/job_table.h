// The jobs of a sweep as the scheduler sees them: one state each, and who waits for whom.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/jobs/job.h"
#include "common/protocol/messages.h"
#include "common/protocol/records.h"
#include "coordinator/core/huge_pages.h"
#include "coordinator/core/ready_queue.h"

namespace unmask {

// A job as the plan and the store know it: what AddJobs is given. What each lease and result needs
// comes first: a job of a million is not in any cache, and costs the lines that are touched.
struct SchedulerJob {
  std::string key;
  // What every Lease of it says (messages.h, Lease).
  std::string spec;
  std::vector<CheckpointRef> checkpoints;  // from the store; newest first, at most two
  double checkpoint_seconds = 30;
  bool keep_best = true;
  JobKind kind = JobKind::kTrain;
  std::int32_t gang = 1;  // how many workers train it together

  // From the store. kRunning counts as kQueued: its coordinator is dead.
  JobState state = JobState::kQueued;
  AttemptNumber last_attempt;
  std::int32_t crashes = 0;
  std::int32_t losses = 0;
  bool alone = false;

  std::vector<std::string> dependencies;  // keys; must be added before or in the same call
  // A bank of views: what makes view `view` of it, or (-1) a training job that trains on them.
  std::int64_t view = -1;
  std::int64_t views = 0;  // a training job: how many of the set it trains on, in turn
  std::string view_set;    // empty: neither

  std::string cell;            // jobs of one cell run in one numerics class; empty: one of its own
  std::string numerics_class;  // of the attempts so far, from the store; empty: none
  std::string output;          // of a feature job that is done: the blob that it made
};

// --- states, each with only its own data

struct WaitingState {
  std::int32_t dependencies_left = 0;
  std::int64_t view = -1;  // where no dependency is left: the view that it waits for
};
// A view that nobody has called for so far.
struct DormantState {};
struct ReadyState {
  Lane lane;  // where in the ReadyQueue
  ReadyOrder order;
};
struct LeasedState {
  AttemptNumber attempt;
  WorkerId worker;  // of a gang: member 0
  Millis since{};
  std::int64_t epoch = 0;  // epochs finished, as the last heartbeat had it
  bool started = false;    // AttemptStarted has come
  bool ahead = false;      // the worker's slots were taken when it was leased
};
struct DoneState {
  AttemptNumber attempt;  // whose result was recorded; 0: in an earlier run
};
struct FailedState {};
struct QuarantinedState {};
using JobPhase = std::variant<WaitingState, ReadyState, LeasedState, DoneState, FailedState,
                              QuarantinedState, DormantState>;

struct Job {
  JobPhase phase;
  std::int32_t cell = 0;
  SchedulerJob facts;  // kept current: last_attempt, crashes, losses, alone, checkpoints, output
  std::vector<JobIndex> dependants;
  std::optional<WorkerId> crashed_on;  // the last worker that it crashed on, in this run
  std::int64_t yielded_at = 0;         // epochs finished when it last yielded

  std::int64_t EpochsReached() const {
    const std::int64_t kept = facts.checkpoints.empty() ? 0 : facts.checkpoints.front().epoch;
    return std::max(kept, yielded_at);
  }

  template <typename Phase>
  bool Is() const {
    return std::holds_alternative<Phase>(phase);
  }
  bool Settled() const { return Is<DoneState>() || IsDead(); }
  bool IsDead() const { return Is<FailedState>() || Is<QuarantinedState>(); }
};

// Views that nobody has called for are not counted.
struct JobCounts {
  std::int64_t waiting = 0;  // for a dependency or a view
  std::int64_t ready = 0;
  std::int64_t running = 0;
  std::int64_t done = 0;
  std::int64_t failed = 0;
  std::int64_t quarantined = 0;
  std::int64_t total() const { return waiting + ready + running + done + failed + quarantined; }
  std::int64_t settled() const { return done + failed + quarantined; }
};

// Owns the jobs; an index is good for the table's life. Not thread-safe.
class JobTable {
 public:
  void Reserve(std::size_t jobs);
  // In WaitingState with 0 dependencies left. A key twice is a bug.
  JobIndex Add(SchedulerJob facts);
  std::optional<JobIndex> Find(std::string_view key) const;
  Job& operator[](JobIndex index) { return jobs_[index]; }
  const Job& operator[](JobIndex index) const { return jobs_[index]; }
  JobIndex size() const { return static_cast<JobIndex>(jobs_.size()); }

  // The only way to change a phase: keeps the counts.
  void SetPhase(JobIndex index, const JobPhase& phase);
  JobCounts Counts() const;

 private:
  // Keys are looked up by open addressing, at most half of the slots taken: one line of memory,
  // then the job itself, which whoever asks is about to read. In a sweep of a million jobs each
  // line more is a miss, and misses are what a message costs there.
  struct Slot {
    std::uint32_t hash = 0;
    JobIndex job = kEmpty;
  };
  static constexpr JobIndex kEmpty = ~JobIndex{0};
  static std::uint32_t HashOf(std::string_view key);
  void Insert(Slot slot);
  void Grow(std::size_t jobs);

  std::vector<Job, HugePages<Job>> jobs_;
  std::vector<Slot, HugePages<Slot>> slots_;  // a power of two
  std::array<std::int64_t, std::variant_size_v<JobPhase>> counts_{};
};

}  // namespace unmask

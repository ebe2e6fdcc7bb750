// A store in memory, which keeps only what was committed and checks every record against what is
// true. Each coordinator opens a connection of its own; only the newest may write.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/core/outbox.h"
#include "tests/sim/sim_seen.h"
#include "tests/sim/sim_study.h"

namespace unmask {

class FakeStore {
 public:
  FakeStore(const SimStudy& study, SimTotals& totals)
      : study_(study), totals_(totals), rows_(study.size()) {}

  // Like ResultsStore::Open: a new epoch, and open attempts are lost without being counted.
  CoordinatorEpoch Open();
  std::vector<SchedulerJob> LoadJobs() const;
  CoordinatorEpoch epoch() const { return epoch_; }

  void Write(const Record& record);            // throws Violation
  bool WasLeased(const LeaseId& lease) const;  // under today's epoch
  bool HasEnded(const LeaseId& lease) const;   // by a result, a failure or a yield
  bool DependenciesDone(int job) const;
  JobState StateOf(int job) const { return rows_[job].state; }
  void CheckFinal() const;  // all settled, as their nature allows
  SimTotals& totals() { return totals_; }

 private:
  struct Row {
    JobState state = JobState::kQueued;
    AttemptNumber last_attempt;
    bool open = false;
    LeaseId lease;  // the last
    std::int32_t crashes = 0;
    std::int32_t losses = 0;
    bool alone = false;
    bool ran_alone = false;        // the open lease
    WorkerId worker;               // of the open lease
    std::vector<WorkerId> others;  // of a gang: its other members
    bool ahead = false;            // the worker had no free slot
    bool started = false;
    std::vector<CheckpointRef> checkpoints;
    std::string numerics_class;
    std::string lease_class;
    std::set<std::pair<std::int64_t, std::int32_t>> ended;
    int results = 0;
  };

  Row& OpenRow(const LeaseId& lease);
  std::int64_t OpenLeases(WorkerId worker) const;
  void CheckViews(int job) const;
  void On(const RecordLease& record);
  void On(const RecordStarted& record);
  void On(const RecordCheckpoint& record);
  void On(const RecordResult& record);
  void On(const RecordAttemptEnd& record);
  void On(const RecordJobFailed& record);
  bool NobodyNeeds(int view) const;
  // What an attempt that ended so leaves of its job.
  struct Aftermath {
    bool yielded = false;
    bool crashed = false;
    bool hopeless = false;
    std::int32_t crashes = 0;
    bool alone = false;
  };
  static Aftermath After(const Row& row, TrueEnd end);
  static Aftermath TrueAftermath(const Row& row, const SimJob& truth,
                                 const RecordAttemptEnd& record);
  JobState ExpectedState(const Row& row, const RecordAttemptEnd& record, bool hopeless) const;

  const SimStudy& study_;
  SimTotals& totals_;
  std::vector<Row> rows_;
  CoordinatorEpoch epoch_;
};

// One coordinator's way into the store.
class FakeConnection final : public RecordSink {
 public:
  enum class Dies { kNo, kBeforeCommit, kAfterCommit };

  explicit FakeConnection(FakeStore& store) : store_(store), epoch_(store.Open()) {}
  CoordinatorEpoch epoch() const { return epoch_; }

  Status Apply(const Record& record) override;
  Status Commit() override;
  void Rollback() override { pending_.clear(); }

  void SetFailing(bool failing) { failing_ = failing; }
  // The coordinator's process ends at its next commit.
  void DieAtCommit(Dies when) { dies_ = when; }
  bool died() const { return died_; }

 private:
  FakeStore& store_;
  CoordinatorEpoch epoch_;
  std::vector<Record> pending_;
  bool failing_ = false;
  Dies dies_ = Dies::kNo;
  bool died_ = false;
};

}  // namespace unmask

// Which worker runs which job next, and what becomes of each attempt. A pure state machine: events
// in, Effects out; no clock, MPI, SQLite, thread or randomness. The same object runs in the
// coordinator and in the simulator (tests/sim).
//
// Decisions that the design leaves open:
// - A crash before AttemptStarted (loading) counts like any other, or such a job would loop.
// - An attempt that ran alone is to blame for its crash, whatever the agent says.
// - A crashed job goes behind the others, and not to the worker it crashed on while another can
//   take it: one broken worker must not quarantine healthy jobs before it is drained.
// - Only crashes (not "nan" or "bad-input") with one suspect count against a worker: a sweep of bad
//   jobs drains nobody.
// - A cell's pin to a numerics class is set by the first lease (or the store) and holds while a
//   worker of that class accepts jobs, or one may still join that is of it; else it moves with the
//   next lease, which is noted.
// - A worker that was dropped for its silence and goes on talking is asked to join anew. While one
//   may, "no workers left" is not said: where all are silent at once, the network stands still.
// - A job that must run alone does so until its next checkpoint.
// - Fast workers get leases ahead of their slots (pace.h). The loss of a worker is not counted
//   against such a job that had not started; a job that comes back unstarted, and a crash, end the
//   leasing ahead until the worker has shown its pace again.
// - A gang (gangs.cc) takes a slot of each of several workers of one class, all at once, when no
//   other job can use them: it never holds some and waits for more, so gangs cannot block one
//   another. Where too few workers are left for it, the run ends as if none were.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/protocol/messages.h"
#include "coordinator/core/effects.h"
#include "coordinator/core/gang_table.h"
#include "coordinator/core/job_table.h"
#include "coordinator/core/ready_queue.h"
#include "coordinator/core/view_sets.h"
#include "coordinator/core/worker_table.h"

namespace unmask {

inline constexpr std::int32_t kCrashLimit = 3;  // crashes without a new checkpoint: quarantined
inline constexpr std::int32_t kLossLimit = 5;   // the same of losses of its worker
inline constexpr std::int32_t kDrainLimit = 3;  // different jobs in a row crash a worker: drained

struct SchedulerConfig {
  Millis worker_silence_limit{60'000};  // several heartbeat intervals
  Millis silence_patience{300'000};     // beyond it: so long a dropped worker may come back
  // How much work may wait at a worker whose slots are all taken (pace.h); 0: none.
  Millis ahead_window{0};
  // Workers 1..expected_workers may still join; while any may, "no workers left" is not said.
  std::int32_t expected_workers = 0;
  // From the first tick on; who has not joined by then is not awaited. Longer than a trainer may
  // take to say hello (worker/agent/supervisor.cc): on a cold network file system they all do.
  Millis join_limit{660'000};
  // So many views (or one a slot, if that is more) are made ahead of the furthest training job.
  std::int64_t views_ahead = 8;
};

enum class FinishReason {
  kAllSettled,  // every job is done, failed or quarantined
  kStopped,     // OnStopRequested, and nothing is leased any more
  kNoWorkers,   // jobs are left and no worker, or too few for a gang: resumable
};

struct RunningLease {
  LeaseId id;
  WorkerId worker;
  Millis since{};
  bool started = false;
  std::int64_t epoch = 0;  // epochs finished, as the last heartbeat had it
};

struct WorkerStatus {
  WorkerInfo info;
  Millis last_heard{};
  std::string draining;  // why it gets no new leases; empty: it does
};

// Owned and called by one thread. `now` never goes back. Messages that wait are to be given in
// before OnTick, so that a coordinator that was busy does not take its own delay for silence.
class Scheduler {
 public:
  Scheduler(SchedulerConfig config, CoordinatorEpoch epoch, Effects& effects);

  // Before or between other events. Dependencies must be known; an unknown or repeated key is a
  // bug. Queued jobs whose dependency is dead already fail here.
  void AddJobs(std::vector<SchedulerJob> jobs, Millis now);

  // The app has checked the Hello; the Welcome is sent here. An id that is connected already has
  // lost its former self.
  void OnWorkerJoined(const WorkerInfo& worker, Millis now);
  // The transport reports it, or the app refused it. Unknown ids are fine.
  void OnWorkerLost(WorkerId worker, const std::string& reason, Millis now);
  // Everything an agent says after Hello.
  void OnMessage(WorkerId from, Message message, Millis now);
  // At least every quarter of worker_silence_limit.
  void OnTick(Millis now);
  // No new leases; every worker is told to stop. Once is enough.
  void OnStopRequested(Millis now);

  // Why the run is over, or nullopt. The app then flushes the outbox, says Goodbye to every rank
  // and exits.
  std::optional<FinishReason> Finished() const;
  // 0 all done, 1 some failed or quarantined, 75 stopped or no workers left.
  int ExitCode(FinishReason reason) const;

  JobCounts Counts() const { return jobs_.Counts(); }
  std::vector<RunningLease> RunningLeases() const;     // by worker
  std::vector<WorkerStatus> ConnectedWorkers() const;  // by id
  std::size_t connected_workers() const { return workers_.all().size(); }
  bool stopping() const { return stopping_; }

  // Every invariant of jobs, queue and workers, in time linear in the jobs. For tests.
  Status SanityCheck() const;

 private:
  struct Cell {
    ClassId pin = kAnyClass;
    std::vector<JobIndex> jobs;
  };

  // scheduler.cc: messages
  void On(WorkerId from, const Heartbeat& message);
  void On(WorkerId from, const AttemptStarted& message);
  void On(WorkerId from, const CheckpointWritten& message);
  void On(WorkerId from, ResultReady&& message);
  void On(WorkerId from, const AttemptFailed& message);
  void On(WorkerId from, const Yielded& message);
  void On(WorkerId from, const Draining& message);
  void On(WorkerId from, const GangReady& message);
  void On(WorkerId from, const GangLeft& message);
  bool AnyMayCome() const { return !awaited_.empty() || !silent_.empty(); }
  void AskToJoinAnew(WorkerId from);
  void OnFinished(Worker& worker);
  void LeaseNoMoreAhead(Worker& worker);
  void ShareWorkersOf(JobIndex index);
  template <typename Other>
  void On(WorkerId from, const Other& message);  // not for a coordinator: noted
  std::optional<JobIndex> CurrentLease(WorkerId from, const LeaseId& lease) const;
  bool IsCurrent(WorkerId from, std::optional<JobIndex> index, const LeaseId& lease) const;
  bool WasRecorded(std::optional<JobIndex> index, const LeaseId& lease) const;
  JobState AfterCrash(WorkerId on, Job& job, bool to_blame) const;

  // attempts.cc: how attempts and jobs end
  // What is counted of the job is filled in. `speaker`: who said so, or is gone: of a gang the
  // others are told.
  void EndAttempt(JobIndex index, RecordAttemptEnd end, WorkerId speaker = kNoWorker);
  std::string QuarantineMessage(const SchedulerJob& facts, const RecordAttemptEnd& end) const;
  void LoseWorker(WorkerId id, const std::string& reason);
  void LoseLease(JobIndex index, WorkerId lost, const std::string& reason);
  void Detach(JobIndex index);
  void Vacate(WorkerId id, JobIndex index);
  void Settle(JobIndex index, const JobPhase& phase);
  void ReleaseDependants(JobIndex done);
  void FailDependants(JobIndex dead);
  void Fail(JobIndex index, JobIndex dead);
  void FailWithAll(JobIndex index, JobIndex dead);
  void CountAgainst(Worker& worker, JobIndex job);
  void Drain(Worker& worker, const std::string& reason);
  void Leave(WorkerId id, const std::string& reason);

  // views.cc: training jobs and the views that they train on
  void AddToSet(JobIndex index);
  void Release(JobIndex index);
  void CallViews(ViewSet& set, std::int64_t view);
  void CallViewsForSlots();
  void OnViewMade(ViewSet& set);
  std::vector<JobIndex> TakeWaitingFor(JobIndex maker);
  void OnTrainingSettled(ViewSet& set);
  std::int64_t ViewNeeded(JobIndex index, std::int64_t epoch) const;
  std::int64_t FirstView(JobIndex index) const;
  ViewSet* SetOfTraining(JobIndex index);
  ViewSet* SetOfView(JobIndex index);
  std::vector<std::string> InputsOf(JobIndex index);
  std::int64_t EpochsAvailable(JobIndex index);

  // leasing.cc: who runs what
  void AddToCell(JobIndex index);
  void Admit(JobIndex index);
  void Await(JobIndex index);
  void Enqueue(JobIndex index);
  void Pin(Cell& cell, ClassId to);
  bool MayTake(const Worker& worker, const Lane& lane) const;
  void AfterEvent();  // lets drained workers go, then fills free slots
  void Fill(ClassId numerics_class);
  void LeaseTo(Worker& free, JobIndex index);
  void Occupy(Worker& worker, JobIndex index);
  LeaseId IdOf(const Job& job, AttemptNumber attempt) const;

  // gangs.cc: jobs that several workers train together
  std::vector<WorkerId> MembersFor(const Worker& worker, Lane lane) const;
  void SendToGang(JobIndex index, const std::vector<WorkerId>& members, Lease lease);
  void EndBrokenGangs();
  OpenGang* CurrentGang(WorkerId from, const LeaseId& lease);
  bool HeardFromAllSince(const OpenGang& gang, Millis when) const;
  std::string SpeakerOf(JobIndex index, WorkerId speaker) const;
  void DismissGang(JobIndex index, const LeaseId& lease, WorkerId speaker);
  bool IsMember(WorkerId worker, JobIndex index) const;
  bool OnlyGangsTooLarge() const;

  // sanity.cc
  Status CheckJobs() const;
  Status CheckGangs() const;
  Status CheckViews() const;
  Status CheckQueue() const;
  Status CheckWorkers() const;
  Status CheckNothingIdles() const;

  SchedulerConfig config_;
  CoordinatorEpoch epoch_;
  Effects& effects_;
  Millis now_{};  // of the event being handled
  std::optional<Millis> first_tick_;
  std::optional<Millis> last_tick_;
  bool stopping_ = false;

  JobTable jobs_;
  GangTable gangs_;
  ViewSets view_sets_;
  std::vector<Cell> cells_;
  std::unordered_map<std::string, std::int32_t> cells_by_name_;
  ReadyQueue ready_;
  WorkerTable workers_;
  struct Silent {
    Millis since{};      // it was dropped, or asked
    bool asked = false;  // to join anew
  };
  std::set<WorkerId> awaited_;         // expected, neither joined nor lost so far
  std::map<WorkerId, Silent> silent_;  // dropped for that, and may come back
  std::vector<WorkerId> let_go_;       // draining, and their last lease has ended
  bool worker_seen_ = false;
};

}  // namespace unmask

#include "tests/sim/fake_store.h"

#include <algorithm>

namespace unmask {

namespace {

constexpr std::int32_t kCrashLimit = 3;  // as the design has it, not as the scheduler does
constexpr std::int32_t kLossLimit = 5;

std::pair<std::int64_t, std::int32_t> TryOf(const LeaseId& lease) {
  return {lease.epoch.value, lease.attempt.value};
}

}  // namespace

CoordinatorEpoch FakeStore::Open() {
  ++epoch_.value;
  for (Row& row : rows_) {
    if (row.open) row.state = JobState::kQueued;
    row.open = false;
  }
  return epoch_;
}

std::vector<SchedulerJob> FakeStore::LoadJobs() const {
  std::vector<SchedulerJob> jobs;
  for (int i = 0; i < std::ssize(study_); ++i) {
    const Row& row = rows_[i];
    SchedulerJob job;
    job.key = study_[i].key;
    job.kind = study_[i].kind;
    job.cell = study_[i].cell;
    job.spec = "spec of " + job.key;
    for (const int needed : study_[i].dependencies) job.dependencies.push_back(study_[needed].key);
    job.view_set = study_[i].view_set;
    job.view = study_[i].view;
    job.views = study_[i].views;
    job.gang = study_[i].gang;
    if (row.state == JobState::kDone) job.output = OutputOf(study_[i]);
    job.state = row.state;
    job.last_attempt = row.last_attempt;
    job.crashes = row.crashes;
    job.losses = row.losses;
    job.alone = row.alone;
    job.checkpoints = row.checkpoints;
    job.numerics_class = row.numerics_class;
    jobs.push_back(std::move(job));
  }
  return jobs;
}

void FakeStore::Write(const Record& record) {
  std::visit([&](const auto& row) { On(row); }, record);
}

bool FakeStore::WasLeased(const LeaseId& lease) const {
  const Row& row = rows_[IndexOf(lease.job_key)];
  return row.lease.epoch == lease.epoch && row.lease.attempt >= lease.attempt;
}

bool FakeStore::HasEnded(const LeaseId& lease) const {
  return rows_[IndexOf(lease.job_key)].ended.contains(TryOf(lease));
}

bool FakeStore::DependenciesDone(int job) const {
  return std::ranges::all_of(study_[job].dependencies,
                             [&](int needed) { return rows_[needed].state == JobState::kDone; });
}

// Every record about an attempt must be about the open one, under the epoch of today.
FakeStore::Row& FakeStore::OpenRow(const LeaseId& lease) {
  Row& row = rows_[IndexOf(lease.job_key)];
  Require(lease.epoch == epoch_, "recorded under an old coordinator epoch", lease.job_key);
  Require(row.open, "recorded for a job that is not leased", lease.job_key);
  Require(row.lease == lease, "recorded for an attempt that is not the current one", lease.job_key);
  return row;
}

std::int64_t FakeStore::OpenLeases(WorkerId worker) const {
  return std::ranges::count_if(rows_, [&](const Row& row) {
    const bool there = row.worker == worker || std::ranges::count(row.others, worker) > 0;
    return row.open && there;
  });
}

void FakeStore::On(const RecordLease& record) {
  const LeaseId& lease = record.lease;
  const int job = IndexOf(lease.job_key);
  Row& row = rows_[job];
  Require(lease.epoch == epoch_, "leased under an old coordinator epoch", lease.job_key);
  Require(!row.open, "leased twice", lease.job_key);
  Require(row.state == JobState::kQueued, "leased though it is settled", lease.job_key);
  Require(lease.attempt.value == row.last_attempt.value + 1, "attempt does not rise by one",
          lease.job_key);
  Require(DependenciesDone(job), "leased before its dependencies", lease.job_key);
  CheckViews(job);
  row.ahead = OpenLeases(record.worker.id) >= record.worker.slots;
  row.started = false;
  row.worker = record.worker.id;
  row.others = record.others;
  Require(std::ssize(row.others) + 1 == study_[job].gang, "a gang is leased in part",
          lease.job_key);
  if (row.ahead) totals_.Count(Seen::kAhead);
  row.state = JobState::kRunning;
  row.open = true;
  row.lease = lease;
  row.last_attempt = lease.attempt;
  row.ran_alone = row.alone;
  if (row.alone) totals_.Count(Seen::kRanAlone);
  row.lease_class = record.worker.numerics_class;
  row.numerics_class = row.lease_class;
}

void FakeStore::On(const RecordStarted& record) {
  Row& row = OpenRow(record.lease);
  row.started = true;
  if (record.first_epoch > 0) totals_.Count(Seen::kResumed);
  const bool known = record.first_epoch == 0 ||
                     std::ranges::any_of(row.checkpoints, [&](const CheckpointRef& checkpoint) {
                       return checkpoint.epoch == record.first_epoch &&
                              checkpoint.numerics_class == row.lease_class;
                     });
  Require(known, "resumed from a checkpoint that was not recorded", record.lease.job_key);
}

void FakeStore::On(const RecordCheckpoint& record) {
  Row& row = OpenRow(record.lease);
  row.checkpoints.insert(row.checkpoints.begin(), record.checkpoint);
  if (row.checkpoints.size() > 2) row.checkpoints.pop_back();
  row.crashes = 0;
  row.losses = 0;
  row.alone = row.ran_alone = false;
}

void FakeStore::On(const RecordResult& record) {
  Row& row = OpenRow(record.lease);
  const SimJob& truth = study_[IndexOf(record.lease.job_key)];
  Require(++row.results == 1, "recorded twice", truth.key);
  Require(record.result.best_epoch == truth.answer, "another job's result", truth.key);
  row.open = false;
  row.state = JobState::kDone;
  row.ended.insert(TryOf(record.lease));
}

// The views up to its next epoch's are made.
void FakeStore::CheckViews(int job) const {
  if (study_[job].view >= 0 || study_[job].view_set.empty()) return;
  const std::vector<int> views = ViewsOf(study_, study_[job].view_set);
  const auto& checkpoints = rows_[job].checkpoints;
  const std::int64_t epoch = checkpoints.empty() ? 0 : checkpoints.front().epoch;
  for (std::int64_t view = 0; view <= std::min(epoch, study_[job].views - 1); ++view) {
    const bool made = rows_[views[static_cast<std::size_t>(view)]].state == JobState::kDone;
    Require(made, "leased before its views", study_[job].key);
  }
}

// No training job of its bank is left.
bool FakeStore::NobodyNeeds(int view) const {
  for (int i = 0; i < std::ssize(study_); ++i) {
    const bool trains = study_[i].view < 0 && study_[i].view_set == study_[view].view_set;
    const JobState state = rows_[i].state;
    if (trains && (state == JobState::kQueued || state == JobState::kRunning)) return false;
  }
  return true;
}

FakeStore::Aftermath FakeStore::After(const Row& row, TrueEnd end) {
  const bool among_others = end == TrueEnd::kCrashAmongOthers && !row.ran_alone;
  const bool crashed = end == TrueEnd::kCrashToBlame || end == TrueEnd::kCrashAmongOthers;
  return {.yielded = end == TrueEnd::kYield || end == TrueEnd::kBystander,
          .crashed = crashed,
          .hopeless = end == TrueEnd::kHopeless,
          .crashes = row.crashes + (crashed && !among_others),
          .alone = row.alone || among_others};
}

// Members of a gang may end in several ways, and any of them may be what was heard first.
FakeStore::Aftermath FakeStore::TrueAftermath(const Row& row, const SimJob& truth,
                                              const RecordAttemptEnd& record) {
  const auto ends = truth.ends.find(TryOf(record.lease));
  Require(ends != truth.ends.end(), "an end that never happened", truth.key);
  for (const TrueEnd end : ends->second) {
    const Aftermath after = After(row, end);
    const bool fits = after.yielded == (record.outcome == AttemptOutcome::kYielded) &&
                      after.crashes == record.crashes && after.alone == record.alone;
    if (fits) return after;
  }
  return After(row, ends->second.back());
}

// What really happened to the attempt decides what may be recorded of it.
void FakeStore::On(const RecordAttemptEnd& record) {
  Row& row = OpenRow(record.lease);
  const SimJob& truth = study_[IndexOf(record.lease.job_key)];
  bool hopeless = false;
  const int job = IndexOf(record.lease.job_key);
  if (record.outcome == AttemptOutcome::kYielded && truth.view >= 0 && NobodyNeeds(job)) {
    totals_.Count(Seen::kNotNeeded);
  } else if (record.outcome == AttemptOutcome::kLost) {
    const bool spared = row.ahead && !row.started;
    if (!spared) ++row.losses;
    totals_.Count(spared ? Seen::kSpared : Seen::kLost);
  } else {
    const Aftermath after = TrueAftermath(row, truth, record);
    hopeless = after.hopeless;
    row.crashes = after.crashes;
    row.alone = after.alone;
    totals_.Count(hopeless ? Seen::kFailed : after.crashed ? Seen::kCrashed : Seen::kYielded);
    Require((record.outcome == AttemptOutcome::kYielded) == after.yielded, "wrong outcome",
            truth.key);
    row.ended.insert(TryOf(record.lease));
  }
  Require(record.crashes == row.crashes, "crashes are miscounted", truth.key);
  Require(record.losses == row.losses, "losses are miscounted", truth.key);
  Require(record.alone == row.alone, "wrongly alone or not", truth.key);
  Require(record.job_state == ExpectedState(row, record, hopeless), "wrong state", truth.key);
  row.open = false;
  row.state = record.job_state;
  if (row.state == JobState::kQuarantined) totals_.Count(Seen::kQuarantined);
}

JobState FakeStore::ExpectedState(const Row& row, const RecordAttemptEnd& record,
                                  bool hopeless) const {
  if (hopeless) return JobState::kFailed;
  const bool over = record.outcome == AttemptOutcome::kLost ? row.losses >= kLossLimit
                                                            : row.crashes >= kCrashLimit;
  return over ? JobState::kQuarantined : JobState::kQueued;
}

void FakeStore::On(const RecordJobFailed& record) {
  const int job = IndexOf(record.job_key);
  Row& row = rows_[job];
  Require(!row.open && row.state == JobState::kQueued, "failed without being queued",
          record.job_key);
  bool named = false;
  std::vector<int> causes = study_[job].dependencies;
  if (study_[job].view < 0) {
    const std::vector<int> views = ViewsOf(study_, study_[job].view_set);
    causes.insert(causes.end(), views.begin(), views.end());
  }
  for (const int needed : causes) {
    const JobState state = rows_[needed].state;
    const bool dead = state == JobState::kFailed || state == JobState::kQuarantined;
    named = named || (dead && record.message.find(study_[needed].key) != std::string::npos);
  }
  Require(named, "failed though no dependency is dead", record.job_key);
  totals_.Count(Seen::kDependencyDead);
  row.state = JobState::kFailed;
}

void FakeStore::CheckFinal() const {
  for (int i = 0; i < std::ssize(study_); ++i) {
    const Row& row = rows_[i];
    const Nature nature = study_[i].nature;
    const bool done = row.state == JobState::kDone;
    const bool settled =
        done || row.state == JobState::kFailed || row.state == JobState::kQuarantined;
    const bool sleeps = study_[i].view >= 0 && !settled && NobodyNeeds(i);
    Require(settled || sleeps, "never settled", study_[i].key);
    Require(row.results == (done ? 1 : 0), "not recorded exactly once", study_[i].key);
    const bool can_be_done = nature == Nature::kHealthy || nature == Nature::kFlaky;
    Require(!done || can_be_done, "done against its nature", study_[i].key);
  }
}

Status FakeConnection::Apply(const Record& record) {
  pending_.push_back(record);
  return {};
}

Status FakeConnection::Commit() {
  if (died_ || dies_ == Dies::kBeforeCommit) {
    died_ = true;
    return InternalError("the coordinator died before its commit");
  }
  if (epoch_ != store_.epoch()) {
    store_.totals().Count(Seen::kZombieRefused);
    return DataError("another coordinator has taken the store over");
  }
  if (failing_) {
    store_.totals().Count(Seen::kCommitFailed);
    return InternalError("no room");
  }
  for (const Record& record : pending_) store_.Write(record);
  pending_.clear();
  died_ = dies_ == Dies::kAfterCommit;
  return {};
}

}  // namespace unmask

#include "coordinator/live/live_sweep.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>
#include <variant>

#include "common/config/point_label.h"
#include "sql/rows.h"

namespace unmask {
namespace {

char FoldOf(JobState state) {
  switch (state) {
    case JobState::kQueued:
      return kFoldWaiting;
    case JobState::kRunning:
      return kFoldRunning;
    case JobState::kDone:
      return kFoldDone;
    case JobState::kFailed:
    case JobState::kQuarantined:
      return kFoldDead;
  }
  return kFoldWaiting;
}

LiveScore ScoreOf(const TaskPredictions& predictions) {
  LiveScore score{predictions.task, 0, static_cast<std::int64_t>(predictions.labels.size())};
  for (std::size_t i = 0; i < predictions.labels.size(); ++i) {
    score.k += predictions.labels[i] == predictions.predicted[i] ? 1 : 0;
  }
  return score;
}

// A slot that no started job has is for the job that was leased first; the others come next. Where
// the slots are not known none is said to.
void MarkNext(LiveWorker& worker) {
  if (worker.slots == 0) return;
  std::vector<LiveJob*> waiting;
  for (LiveJob& job : worker.jobs) {
    if (!job.started) waiting.push_back(&job);
  }
  std::ranges::stable_sort(waiting, std::ranges::greater(), &LiveJob::seconds);
  const auto started = static_cast<std::int64_t>(worker.jobs.size() - waiting.size());
  const auto loading = static_cast<std::size_t>(std::max<std::int64_t>(0, worker.slots - started));
  for (std::size_t i = loading; i < waiting.size(); ++i) waiting[i]->next = true;
}

}  // namespace

void RateMeter::OnLease(Millis now) {
  if (times_.empty()) times_.push_back(now);
}

void RateMeter::OnDone(Millis now, std::int64_t running) {
  times_.push_back(now);
  const auto window = static_cast<std::size_t>(RateWindow(running));
  while (times_.size() > window + 1) times_.pop_front();
}

std::optional<double> RateMeter::PerSecond(Millis now, std::int64_t running) const {
  if (times_.size() < 3) return std::nullopt;
  const auto jobs = static_cast<double>(times_.size() - 1);
  const double between = std::chrono::duration<double>(times_.back() - times_.front()).count();
  // When nothing has finished for longer than usual, the rate is what it is now, not what it was.
  const double until_now = std::chrono::duration<double>(now - times_.front()).count();
  const auto under_way = static_cast<double>(std::max<std::int64_t>(1, running));
  const double seconds = std::max(between, until_now * jobs / (jobs + under_way));
  if (seconds <= 0) return std::nullopt;
  return jobs / seconds;
}

LiveSweep::LiveSweep(std::string sweep, const LiveRows& rows) : sweep_(std::move(sweep)) {
  std::set<std::string> subjects;
  for (const LiveJobRow& row : rows.jobs) {
    jobs_by_key_.emplace(row.job_key, jobs_.size());
    jobs_.push_back({row.held_out, row.state, row.features, 0, {}});
    Count(jobs_.back(), 1);
  }
  std::set<std::int64_t> seeds;
  for (const LivePointRow& point : rows.points) {
    seeds.insert(point.seed);
    for (const std::size_t job : point.jobs) subjects.insert(rows.jobs[job].held_out);
  }
  subjects_.assign(subjects.begin(), subjects.end());
  for (const LivePointRow& point : rows.points) AddPoint(point, rows, seeds.size() > 1);
  for (std::size_t i = 0; i < jobs_.size(); ++i) AddScores(jobs_[i], rows.jobs[i].scores);
  for (auto row = rows.failures.rbegin(); row != rows.failures.rend(); ++row) {
    LiveFailure failure;
    failure.job_key = row->job_key;
    failure.attempt = row->attempt.attempt;
    failure.worker = row->attempt.worker;
    failure.outcome = row->attempt.outcome.value_or(AttemptOutcome::kFailed);
    failure.error_class = row->attempt.error_class.value_or("");
    failure.message = row->attempt.message.value_or("");
    failure.at = row->attempt.ended_at.value_or("");
    Remember(std::move(failure));
  }
}

void LiveSweep::AddPoint(const LivePointRow& row, const LiveRows& rows, bool several_seeds) {
  LivePoint& point = points_.emplace_back();
  point.experiment = row.experiment;
  point.point = row.point;
  point.label = PointLabel(row.point);
  if (several_seeds) {
    point.label += (point.label.empty() ? "seed " : ", seed ") + std::to_string(row.seed);
  }
  point.seed = row.seed;
  point.leaky = row.validation == "leaky";
  point.folds.assign(subjects_.size(), kNoFold);
  point.folds_total = static_cast<std::int64_t>(row.jobs.size());
  for (const Task task : row.tasks) point.scores.push_back({task, 0, 0});
  for (const std::size_t index : row.jobs) {
    const auto at = std::ranges::lower_bound(subjects_, rows.jobs[index].held_out);
    const auto fold = static_cast<std::size_t>(at - subjects_.begin());
    jobs_[index].uses.push_back({points_.size() - 1, fold});
    point.folds[fold] = FoldOf(jobs_[index].state);
    point.folds_done += jobs_[index].state == JobState::kDone ? 1 : 0;
    point.folds_dead += IsDead(jobs_[index].state) ? 1 : 0;
  }
}

void LiveSweep::Count(const Job& job, std::int64_t by) {
  // Where no training calls for a view (any more) it stays queued, and nothing is left to do.
  if (job.features && job.state == JobState::kQueued) return;
  counts_.Of(job.state) += by;
}

void LiveSweep::SetState(Job& job, JobState state) {
  for (const Use& use : job.uses) {
    LivePoint& point = points_[use.point];
    point.folds[use.fold] = FoldOf(state);
    point.folds_done += (state == JobState::kDone ? 1 : 0) - (job.state == JobState::kDone ? 1 : 0);
    point.folds_dead += (IsDead(state) ? 1 : 0) - (IsDead(job.state) ? 1 : 0);
  }
  Count(job, -1);
  job.state = state;
  Count(job, 1);
}

void LiveSweep::AddScores(const Job& job, const std::vector<LiveScore>& scores) {
  for (const Use& use : job.uses) {
    for (LiveScore& pooled : points_[use.point].scores) {
      const auto found = std::ranges::find(scores, pooled.task, &LiveScore::task);
      if (found == scores.end()) continue;
      pooled.k += found->k;
      pooled.n += found->n;
    }
  }
}

void LiveSweep::Remember(LiveFailure failure) {
  if (!failure.error_class.empty()) failed_attempts_[failure.error_class] += 1;
  FillNames(failure);
  failures_.push_front(std::move(failure));
  if (failures_.size() > kFailuresKept) failures_.pop_back();
}

template <typename Named>
void LiveSweep::FillNames(Named& named) const {
  const auto found = jobs_by_key_.find(named.job_key);
  if (found == jobs_by_key_.end()) return;
  const Job& job = jobs_[found->second];
  named.held_out = job.held_out;
  if (job.uses.empty()) return;
  named.experiment = points_[job.uses.front().point].experiment;
  named.label = points_[job.uses.front().point].label;
}

struct LiveSweep::Applier {
  LiveSweep& sweep;
  const std::string& wall_time;
  Millis now;

  void operator()(const RecordLease& record) const {
    Job* job = sweep.Find(record.lease.job_key);
    if (!job) return;
    sweep.SetState(*job, JobState::kRunning);
    job->worker = record.worker.id.value;
    sweep.rate_.OnLease(now);
  }
  void operator()(const RecordResult& record) const {
    Job* job = sweep.Find(record.lease.job_key);
    if (!job || job->state == JobState::kDone) return;
    std::vector<LiveScore> scores;
    scores.reserve(record.result.predictions.size());
    for (const TaskPredictions& task : record.result.predictions) scores.push_back(ScoreOf(task));
    sweep.AddScores(*job, scores);
    sweep.rate_.OnDone(now, sweep.counts_.running);
    sweep.SetState(*job, JobState::kDone);
  }
  void operator()(const RecordAttemptEnd& record) const {
    Job* job = sweep.Find(record.lease.job_key);
    if (!job) return;
    sweep.SetState(*job, record.job_state);
    if (record.error_class.empty()) return;
    LiveFailure failure;
    failure.job_key = record.lease.job_key;
    failure.attempt = record.lease.attempt.value;
    failure.worker = job->worker;
    failure.outcome = record.outcome;
    failure.error_class = record.error_class;
    failure.message = record.message;
    failure.at = wall_time;
    sweep.Remember(std::move(failure));
  }
  void operator()(const RecordJobFailed& record) const {
    Job* job = sweep.Find(record.job_key);
    if (!job) return;
    sweep.SetState(*job, JobState::kFailed);
    LiveFailure failure;
    failure.job_key = record.job_key;
    failure.message = record.message;
    failure.at = wall_time;
    sweep.Remember(std::move(failure));
  }
  template <typename Other>
  void operator()(const Other&) const {}
};

LiveSweep::Job* LiveSweep::Find(const std::string& job_key) {
  const auto found = jobs_by_key_.find(job_key);
  return found == jobs_by_key_.end() ? nullptr : &jobs_[found->second];
}

void LiveSweep::Apply(const Record& record, const std::string& wall_time, Millis now) {
  std::visit(Applier{*this, wall_time, now}, record);
}

LiveSnapshot LiveSweep::Snapshot(std::vector<LiveWorker> workers, const std::string& wall_time,
                                 Millis now) const {
  LiveSnapshot snapshot;
  snapshot.sweep = sweep_;
  snapshot.at = wall_time;
  snapshot.jobs = counts_;
  snapshot.jobs_per_second = rate_.PerSecond(now, counts_.running);
  snapshot.eta_seconds = SecondsLeft(counts_.left(), snapshot.jobs_per_second);
  if (counts_.left() == 0) snapshot.phase = LivePhase::kFinished;
  snapshot.subjects = subjects_;
  snapshot.points = points_;
  snapshot.workers = std::move(workers);
  for (LiveWorker& worker : snapshot.workers) {
    for (LiveJob& job : worker.jobs) FillNames(job);
    MarkNext(worker);
  }
  snapshot.failures.assign(failures_.begin(), failures_.end());
  for (LiveFailure& failure : snapshot.failures) {
    failure.job_state = Name(jobs_[jobs_by_key_.at(failure.job_key)].state);
  }
  snapshot.failed_attempts = failed_attempts_;
  return snapshot;
}

}  // namespace unmask

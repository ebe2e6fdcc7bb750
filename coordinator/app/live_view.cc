#include "coordinator/app/live_view.h"

#include <utility>

#include "sql/store_reader.h"

namespace unmask {
namespace {

constexpr Millis kGoodbyeLimit{500};
constexpr std::size_t kGoneKept = 16;

double Seconds(Millis duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

Result<std::unique_ptr<LiveView>> LiveView::Open(boost::asio::io_context& io, std::uint16_t port,
                                                 const Clock& clock, const Scheduler& scheduler,
                                                 const StorePaths& store) {
  std::unique_ptr<LiveView> view(new LiveView(clock, scheduler, store));
  view->io_ = &io;
  LiveView* raw = view.get();
  view->source_.emplace(
      clock, store, [raw] { return raw->Build(); },
      [raw](const std::string& job_key) { return raw->sweep_->Knows(job_key); });
  UNMASK_ASSIGN(view->server_, DashboardServer::Listen(io, port, *view->source_));
  return view;
}

Status LiveView::Load(const SweepPlan& plan) {
  UNMASK_ASSIGN(const auto reader, StoreReader::Open(store_));
  UNMASK_ASSIGN(const LiveRows rows, reader->Live(plan.sweep, LiveSweep::kFailuresKept));
  sweep_.emplace(plan.sweep, rows);
  for (const PlannedJob& job : plan.jobs) {
    if (job.spec.kind == JobKind::kTrain) {
      epochs_max_.emplace(job.key, job.spec.settings.train.max_epochs);
    }
  }
  return {};
}

void LiveView::OnCommitted(const Record& record) {
  sweep_->Apply(record, clock_.WallTime(), clock_.Now());
}

void LiveView::OnWorkerJoined(const WorkerInfo& worker) {
  known_workers_[worker.id] = worker;
  std::erase_if(gone_, [&](const LiveWorker& gone) { return gone.id == worker.id.value; });
}

void LiveView::OnWorkerGone(WorkerId worker, const std::string& reason) {
  const auto known = known_workers_.find(worker);
  if (known == known_workers_.end()) return;
  if (scheduler_.stopping()) {  // it leaves as it was asked to: that is no loss
    known_workers_.erase(known);
    return;
  }
  LiveWorker gone;
  gone.id = worker.value;
  gone.host = known->second.host;
  gone.device = known->second.device;
  gone.slots = known->second.slots;
  gone.lost = true;
  gone.note = reason;
  gone_.push_front(std::move(gone));
  if (gone_.size() > kGoneKept) gone_.pop_back();
  known_workers_.erase(known);
}

std::vector<LiveWorker> LiveView::Workers() const {
  const Millis now = clock_.Now();
  std::vector<LiveWorker> workers;
  std::unordered_map<WorkerId, std::size_t> index;
  for (const WorkerStatus& status : scheduler_.ConnectedWorkers()) {
    index.emplace(status.info.id, workers.size());
    LiveWorker& worker = workers.emplace_back();
    worker.id = status.info.id.value;
    worker.host = status.info.host;
    worker.device = status.info.device;
    worker.slots = status.info.slots;
    worker.note = status.draining;
    worker.silent_seconds = Seconds(now - status.last_heard);
  }
  for (const RunningLease& lease : scheduler_.RunningLeases()) {
    LiveJob job;
    job.job_key = lease.id.job_key;
    job.attempt = lease.id.attempt.value;
    job.seconds = Seconds(now - lease.since);
    job.started = lease.started;
    if (lease.started) job.epoch = lease.epoch;
    const auto epochs = epochs_max_.find(job.job_key);
    if (epochs != epochs_max_.end()) job.epoch_max = epochs->second;
    workers[index.at(lease.worker)].jobs.push_back(std::move(job));
  }
  workers.insert(workers.end(), gone_.begin(), gone_.end());
  return workers;
}

LivePhase LiveView::Phase() const {
  if (!finished_) return scheduler_.stopping() ? LivePhase::kStopping : LivePhase::kRunning;
  switch (*finished_) {
    case FinishReason::kAllSettled:
      return LivePhase::kFinished;
    case FinishReason::kStopped:
      return LivePhase::kStopped;
    case FinishReason::kNoWorkers:
      return LivePhase::kNoWorkers;
  }
  return LivePhase::kRunning;
}

LiveSnapshot LiveView::Build() const {
  LiveSnapshot snapshot = sweep_->Snapshot(Workers(), clock_.WallTime(), clock_.Now());
  snapshot.phase = Phase();
  return snapshot;
}

void LiveView::Finish(FinishReason reason) {
  finished_ = reason;
  source_->Expire();
  server_->End();
  const Millis limit = clock_.Now() + kGoodbyeLimit;
  while (!server_->done() && clock_.Now() < limit) io_->run_one_for(Millis(10));
}

}  // namespace unmask

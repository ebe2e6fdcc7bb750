#include "coordinator/app/coordinator.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <ranges>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "common/base/backoff.h"
#include "common/base/build_info.h"
#include "common/base/log.h"
#include "common/base/process.h"
#include "common/base/time_text.h"
#include "common/protocol/codec.h"
#include "coordinator/app/commit_thread.h"
#include "coordinator/app/live_view.h"
#include "coordinator/app/scheduler_jobs.h"
#include "coordinator/app/store_sink.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/scheduler.h"

namespace unmask {
namespace {

constexpr Millis kTickPeriod{100};
constexpr Millis kNoRoomLimit{10 * 60 * 1000};     // disk full for so long: stop, resumable
constexpr Millis kNoRoomLimitStopping{30 * 1000};  // a resource manager does not wait longer
constexpr Millis kGoodbyeLimit{2000};
constexpr Millis kSignOfLife{20'000};  // agents wait for one for minutes (AgentOptions)
constexpr Millis kAheadWindow{100};    // several commits and round trips
constexpr Outbox::Config kCommits{.commit_after = Millis{10}, .retry_after = Millis{1000}};

// What fails at once (nan, bad-input) fails again; what is quarantined may have had bad luck.
std::string AfterFailures(const JobCounts& counts) {
  return counts.quarantined > 0
             ? "jobs failed: unmask status, unmask why JOB, then unmask retry and the same run"
             : "jobs failed, as they would again: unmask status, unmask why JOB; then a changed "
               "study (nan), or what is named mended, unmask retry and the same run (bad-input)";
}

class Coordinator final : public MessageSink {
 public:
  Coordinator(Transport& transport, const Clock& clock, const CoordinatorOptions& options,
              ResultsStore& store)
      : transport_(transport),
        clock_(clock),
        options_(options),
        store_(store),
        sink_(store, clock),
        commits_([this] { boost::asio::post(io_, [] {}); }),
        outbox_(sink_, *this, kCommits, &commits_),
        scheduler_(SchedulerConfigFor(transport), store.epoch(), outbox_),
        signals_(io_, SIGINT, SIGTERM, SIGUSR1) {}

  Result<int> Run() {
    // The store is open: trainers start while the sweep is put into it.
    Invite();
    (void)transport_.Flushed();
    UNMASK_TRY(Prepare());
    AwaitSignal();
    while (true) {
      const bool busy = Step();
      if (fatal_) return *fatal_;
      if (const auto reason = scheduler_.Finished()) return Finish(*reason);
      io_.run_one_for(backoff_.Next(busy));
    }
  }

  // --- MessageSink: what the outbox lets go ---
  void Send(WorkerId to, const Message& message) override {
    if (std::holds_alternative<Goodbye>(message)) agents_here_.erase(to);  // ends by itself
    bytes_.clear();
    EncodeTo(bytes_, message);
    transport_.Send(to, bytes_);
  }
  void Drop(WorkerId worker, const std::string& reason) override {
    if (!scheduler_.stopping()) LogInfo(fmt::format("worker {} is out: {}", worker.value, reason));
    if (view_) view_->OnWorkerGone(worker, reason);
    EndIfHere(worker);
  }
  void Note(const std::string& line) override { LogInfo(line); }
  void OnCommitted(const Record& record) override {
    if (view_) view_->OnCommitted(record);
  }

 private:
  static SchedulerConfig SchedulerConfigFor(const Transport& transport) {
    SchedulerConfig config;
    config.expected_workers = transport.size() - 1;
    config.ahead_window = kAheadWindow;
    return config;
  }

  // An invitation, and later a sign of life.
  void Invite() {
    next_sign_of_life_ = clock_.Now() + kSignOfLife;
    for (int rank = 1; rank < transport_.size(); ++rank) Send(WorkerId{rank}, Invitation{});
  }

  // Data sets into the blobs, the sweep into the store, its jobs into the scheduler.
  Status Prepare() {
    UNMASK_TRY(OpenView());
    const BlobFolder blobs(store_.paths().blobs());
    for (const auto& [sha256, bytes] : options_.blobs) {
      auto written = blobs.Write(bytes);
      if (!written.ok()) return written.error();
      UNMASK_CHECK(*written == sha256);
    }
    for (const auto& [path, bytes] : options_.files) {
      const fs::path file = store_.paths().root / path;
      UNMASK_TRY(MakeFolders(file.parent_path()));
      UNMASK_TRY(WriteFileDurably(file, bytes));
    }
    UNMASK_ASSIGN(std::vector<StoredJob> stored,
                  store_.RegisterSweep(options_.plan, options_.provenance_json, clock_.WallTime()));
    UNMASK_TRY(ForgetLostFeatures(stored));
    if (view_) UNMASK_TRY(view_->Load(options_.plan));
    SweepJobs sweep = SchedulerJobs(options_.plan, stored, options_.held_out);
    done_apart_ = sweep.done_apart;
    UNMASK_TRY(CheckGangs(sweep.jobs));
    scheduler_.AddJobs(std::move(sweep.jobs), clock_.Now());
    const RunProgress progress = Progress();
    LogInfo(fmt::format("sweep {}: {} jobs, {} done already", options_.plan.sweep,
                        progress.jobs.total(), progress.jobs.done));
    status_.emplace(options_.status, clock_.Now(), progress.jobs.done);
    return {};
  }

  // Whether there are workers enough for what is left.
  Status CheckGangs(const std::vector<SchedulerJob>& jobs) const {
    const int workers = transport_.size() - 1;
    for (const SchedulerJob& job : jobs) {
      if (!IsOpen(job.state) || job.gang <= workers) continue;
      if (workers == 0) {
        return UsageError("no worker: this is the only rank", "",
                          "at least two, the coordinator and a worker");
      }
      return UsageError(fmt::format("train.devices={} with {} worker{}", job.gang, workers,
                                    workers == 1 ? "" : "s"),
                        "train.devices",
                        "at least as many workers as devices, each on one of its own");
    }
    return {};
  }

  // The feature jobs that open trainings read, and those that these read.
  std::unordered_set<std::string_view> FeaturesToRead(const std::vector<StoredJob>& stored) const {
    std::unordered_set<std::string_view> open;
    for (const StoredJob& job : stored) {
      if (IsOpen(job.state)) open.insert(job.key);
    }
    std::unordered_set<std::string_view> needed;  // keys, and the names of banks
    std::unordered_set<std::string_view> features;
    for (const PlannedJob& job : std::views::reverse(options_.plan.jobs)) {
      const bool trains = job.spec.kind == JobKind::kTrain;
      const bool wanted = trains ? open.contains(job.key)
                                 : needed.contains(job.key) || needed.contains(job.view_set);
      if (!wanted) continue;
      needed.insert(job.dependencies.begin(), job.dependencies.end());
      if (trains && !job.view_set.empty()) needed.insert(job.view_set);
      if (!trains) features.insert(job.key);
    }
    return features;
  }

  // Features whose blob was deleted are made again where there is a training to read them.
  Status ForgetLostFeatures(std::vector<StoredJob>& stored) {
    const auto& jobs = options_.plan.jobs;  // feature jobs come first
    if (jobs.empty() || jobs.front().spec.kind != JobKind::kFeatures) return {};
    std::vector<std::string> lost;
    const std::unordered_set<std::string_view> features = FeaturesToRead(stored);
    for (StoredJob& job : stored) {
      if (job.state != JobState::kDone || !features.contains(job.key)) continue;
      std::error_code ignored;
      const bool there = fs::exists(store_.paths().blobs() / job.output_sha256, ignored);
      if (there) continue;
      job.state = JobState::kQueued;
      lost.push_back(job.key);
    }
    return lost.empty() ? Status() : store_.QueueAgain(lost);
  }

  Status OpenView() {
    if (!options_.dashboard_port) return {};
    UNMASK_ASSIGN(
        view_, LiveView::Open(io_, *options_.dashboard_port, clock_, scheduler_, store_.paths()));
    // Also with --quiet: it was asked for, and cannot be learnt otherwise.
    fmt::print(stderr, "unmask: dashboard: {}\n", view_->url());
    return {};
  }

  // One round: messages before the tick, so that our own delay is never taken for a worker's
  // silence. True where something happened.
  bool Step() {
    const Millis now = clock_.Now();
    bool busy = io_.poll() > 0;
    while (auto event = transport_.Poll()) {
      busy = true;
      std::visit([&](const auto& what) { On(what, now); }, *event);
    }
    if (now >= next_tick_) {
      scheduler_.OnTick(now);
      next_tick_ = now + kTickPeriod;
    }
    busy = CommitAndSend(now) || busy;
    status_->Update(Progress(), now);
    return busy;
  }

  void On(const PeerLost& lost, Millis now) {
    agents_here_.erase(lost.peer);
    scheduler_.OnWorkerLost(lost.peer, "its process died", now);
  }

  void On(const Received& received, Millis now) {
    auto message = Decode(received.bytes);
    if (!message.ok()) {
      return Refuse(received.from, "sent what is no message: " + OneLine(message.error()), now);
    }
    if (const auto* hello = std::get_if<Hello>(&*message)) return On(received.from, *hello, now);
    scheduler_.OnMessage(received.from, *std::move(message), now);
  }

  void On(WorkerId from, const Hello& hello, Millis now) {
    if (hello.protocol != kProtocolVersion || hello.build != BuildId()) {
      return Refuse(from,
                    fmt::format("rank {} on {} is another build ({}, here {})", from.value,
                                hello.host, hello.build, BuildId()),
                    now);
    }
    if (hello.store_token != store_.token()) {
      return Refuse(from,
                    fmt::format("rank {} on {} does not see the store {}", from.value, hello.host,
                                store_.paths().root.string()),
                    now);
    }
    LogDebug(fmt::format("worker {} on {}: {} slots, {}", from.value, hello.host, hello.slots,
                         hello.numerics_class));
    const bool is_here = hello.host == HostName() && hello.pid_space == PidSpace();
    if (is_here) agents_here_[from] = static_cast<pid_t>(hello.pid);
    const WorkerInfo worker{.id = from,
                            .host = hello.host,
                            .device = hello.device,
                            .numerics_class = hello.numerics_class,
                            .slots = hello.slots};
    if (view_) view_->OnWorkerJoined(worker);
    scheduler_.OnWorkerJoined(worker, now);
  }

  // A silent agent of this machine is ended, not only given up: it may be stopped or hung, and
  // mpirun would wait for it for ever. One on another machine is for mpirun and the resource
  // manager to end.
  void EndIfHere(WorkerId worker) {
    const auto found = agents_here_.find(worker);
    if (found == agents_here_.end()) return;
    if (RunsThisProgram(found->second)) kill(found->second, SIGKILL);
    agents_here_.erase(found);
  }

  void Refuse(WorkerId from, const std::string& reason, Millis now) {
    LogError(reason);
    Send(from, Refused{reason});
    scheduler_.OnWorkerLost(from, "refused: " + reason, now);
  }

  // True where something was committed. A full disk is waited for; anything else that the store
  // refuses is fatal: another coordinator has taken it over, or it is broken.
  bool CommitAndSend(Millis now, bool at_once = false) {
    const std::size_t before = outbox_.pending_records();
    const bool flush = at_once && !outbox_.failing_since();
    if (now >= next_sign_of_life_) Invite();
    const Status pumped = flush ? outbox_.Flush(now) : outbox_.Pump(now);
    (void)transport_.Flushed();  // leases leave together
    if (pumped.ok()) {
      if (waiting_for_room_ && !outbox_.failing_since()) {
        LogInfo("the store has room again");
        waiting_for_room_ = false;
      }
      return outbox_.pending_records() < before;
    }
    if (!sink_.last_error_can_pass()) {
      fatal_ = pumped.error();
      return false;
    }
    if (!waiting_for_room_)
      LogError(OneLine(pumped.error()) + "; results wait, the run goes on when it can be written");
    waiting_for_room_ = true;
    const Millis limit = scheduler_.stopping() ? kNoRoomLimitStopping : kNoRoomLimit;
    if (now - outbox_.failing_since().value_or(now) > limit) {
      fatal_ = Error(ErrorCode::kStopped,
                     Problem{"the store could not be written for " +
                                 FormatDuration(1e-3 * static_cast<double>(limit.count())),
                             store_.paths().root.string(), "make room, then run the same command"});
    }
    return false;
  }

  RunProgress Progress() const {
    const JobCounts counts = scheduler_.Counts();
    return {.jobs = {.queued = counts.waiting + counts.ready,
                     .running = counts.running,
                     .done = counts.done + done_apart_,
                     .failed = counts.failed,
                     .quarantined = counts.quarantined},
            .workers = static_cast<std::int64_t>(scheduler_.connected_workers())};
  }

  void AwaitSignal() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      if (!scheduler_.stopping())
        LogInfo("stopping: running jobs write a checkpoint and give their slots back");
      scheduler_.OnStopRequested(clock_.Now());
      store_.WaitAtMost(kNoRoomLimitStopping);
      AwaitSignal();
    });
  }

  Result<int> Finish(FinishReason reason) {
    while (!outbox_.empty()) {
      CommitAndSend(clock_.Now(), /*at_once=*/true);
      if (fatal_) return *fatal_;
      if (!outbox_.empty()) io_.run_one_for(kTickPeriod);
    }
    UNMASK_TRY(store_.CheckInPlace());
    status_->Finish(Progress(), clock_.Now());
    if (view_) view_->Finish(reason);
    if (reason == FinishReason::kNoWorkers) {
      const bool too_few = scheduler_.connected_workers() > 0;
      LogError(fmt::format(
          "{}: the same command goes on from here",
          too_few ? "too few workers are left for train.devices" : "no worker is left"));
    } else if (reason == FinishReason::kStopped) {
      LogInfo("stopped: the same command goes on from here");
    }
    const int code = scheduler_.ExitCode(reason);
    if (code == 1) LogInfo(AfterFailures(scheduler_.Counts()));
    return code;
  }

  Transport& transport_;
  const Clock& clock_;
  const CoordinatorOptions& options_;
  ResultsStore& store_;
  StoreSink sink_;
  boost::asio::io_context io_{1};
  CommitThread commits_;  // wakes io_
  Outbox outbox_;
  Scheduler scheduler_;
  boost::asio::signal_set signals_;
  std::unique_ptr<LiveView> view_;  // of `run --dashboard`
  std::optional<StatusLine> status_;
  std::int64_t done_apart_ = 0;  // jobs that the scheduler need not hear of
  Millis next_tick_{0};
  Millis next_sign_of_life_{0};
  std::unordered_map<WorkerId, pid_t> agents_here_;
  Backoff backoff_;
  std::string bytes_;  // of the message being sent
  bool waiting_for_room_ = false;
  std::optional<Error> fatal_;
};

}  // namespace

Result<int> RunCoordinator(Transport& transport, const Clock& clock, ResultsStore& store,
                           const CoordinatorOptions& options) {
  Coordinator coordinator(transport, clock, options, store);
  return coordinator.Run();
}

void DismissAgents(Transport& transport, const Clock& clock) {
  for (int rank = 1; rank < transport.size(); ++rank)
    transport.Send(WorkerId{rank}, Encode(Goodbye{}));
  const Millis limit = clock.Now() + kGoodbyeLimit;
  while (!transport.Flushed() && clock.Now() < limit) {
    (void)transport.Poll();
    std::this_thread::sleep_for(Millis(1));
  }
}

}  // namespace unmask

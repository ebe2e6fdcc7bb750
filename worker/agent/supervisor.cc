#include "worker/agent/supervisor.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/log.h"
#include "common/protocol/codec.h"

namespace unmask {
namespace {

// The loop turns every few milliseconds: a longer gap means that this process stood still.
constexpr Millis kGapMin{5'000};

template <typename T, typename... Options>
concept OneOf = (std::is_same_v<T, Options> || ...);

template <typename T>
concept FromTrainer = OneOf<T, TrainerHello, Heartbeat, AttemptStarted, CheckpointWritten,
                            ResultReady, AttemptFailed, Yielded>;
template <typename T>
concept FromCoordinator =
    OneOf<T, Welcome, Refused, Lease, Acknowledged, Superseded, StopGracefully, Goodbye>;
template <typename T>
concept EndsLease = OneOf<T, ResultReady, AttemptFailed, Yielded>;

std::string Describe(const ResultReady& ready) {
  return fmt::format("done: {} epochs, best epoch {}, {:.1f} s of training", ready.result.epochs,
                     ready.result.best_epoch, ready.result.seconds);
}
std::string Describe(const AttemptFailed& failed) {
  return fmt::format("failed ({}): {}", Name(failed.failure), failed.message);
}
std::string Describe(const Yielded& yielded) {
  return fmt::format("yielded after epoch {}", yielded.epoch);
}

std::int64_t NewestEpoch(const Lease& lease) {
  return lease.checkpoints.empty() ? 0 : lease.checkpoints.front().epoch;
}

// None at first, then 1, 2, 4, ... 30 seconds.
Millis RestartDelay(int deaths) {
  if (deaths <= 1) return Millis(0);
  return std::min(Millis(30'000), Millis(1'000) * (1 << std::min(deaths - 2, 5)));
}

}  // namespace

Supervisor::Supervisor(const SupervisorOptions& options, Hello hello, AgentEffects& effects)
    : options_(options), hello_(std::move(hello)), effects_(effects) {}

void Supervisor::Start(Millis now) {
  if (!hello_.store_token.empty()) return StartTrainer(now);
  hello_sent_ = true;
  effects_.SendToCoordinator(hello_);
}

// --- from the trainer

void Supervisor::OnTrainerMessage(const Message& message, Millis now) {
  if (std::holds_alternative<Dying>(trainer_)) return;  // its leases fail as a whole
  std::visit(
      [&]<typename T>(const T& m) {
        if constexpr (EndsLease<T>) {
          Finish(m.lease, message, now);
        } else if constexpr (FromTrainer<T>) {
          On(m, now);
        } else {
          KillTrainer({FailureClass::kExit, "the trainer sent what only a coordinator may send"});
        }
      },
      message);
}

void Supervisor::On(const TrainerHello& hello, Millis now) {
  if (!std::holds_alternative<Starting>(trainer_)) {
    return KillTrainer({FailureClass::kExit, "the trainer said hello twice"});
  }
  if (hello.build != hello_.build) {
    return effects_.EndWithError(
        fmt::format("the trainer is of build {}, this is {}", hello.build, hello_.build));
  }
  if (hello_sent_ && hello.numerics_class != hello_.numerics_class) {
    return effects_.EndWithError("the trainer's numerics class changed from " +
                                 hello_.numerics_class + " to " + hello.numerics_class);
  }
  trainer_ = Ready{};
  if (!hello_sent_) {
    hello_sent_ = true;
    hello_.numerics_class = hello.numerics_class;
    hello_.device = hello.device;
    effects_.SendToCoordinator(hello_);
  }
  for (auto& [id, running] : running_) Give(running, now);
}

void Supervisor::On(const Heartbeat& heartbeat, Millis now) {
  for (const SlotProgress& slot : heartbeat.slots) {
    const auto it = running_.find(slot.lease);
    if (it == running_.end()) continue;
    Progress& progress = it->second.progress;
    if (slot.epoch > progress.epoch()) {
      effects_.LogAttempt(slot.lease,
                          fmt::format("epoch {} done, {} steps", slot.epoch, slot.steps));
    }
    progress.Report(slot.epoch, slot.steps, now);
  }
}

void Supervisor::On(const AttemptStarted& started, Millis now) {
  const auto it = running_.find(started.lease);
  if (it == running_.end()) return;
  deaths_without_job_ = 0;
  it->second.progress.Moved(now);
  const std::string note = started.note.empty() ? "" : ": " + started.note;
  effects_.LogAttempt(started.lease,
                      fmt::format("started with {} epochs done{}", started.first_epoch, note));
  effects_.SendToCoordinator(started);
}

void Supervisor::On(const CheckpointWritten& written, Millis now) {
  const auto it = running_.find(written.lease);
  if (it == running_.end()) return;
  it->second.progress.Moved(now);
  effects_.LogAttempt(written.lease,
                      fmt::format("checkpoint after {} epochs, {} bytes", written.checkpoint.epoch,
                                  written.checkpoint.bytes));
  effects_.SendToCoordinator(written);
}

void Supervisor::Finish(const LeaseId& lease, const Message& message, Millis now) {
  if (running_.erase(lease) == 0) return;  // superseded meanwhile
  std::visit(
      [&]<typename T>(const T& m) {
        if constexpr (EndsLease<T>) effects_.LogAttempt(lease, Describe(m));
      },
      message);
  kept_.insert_or_assign(lease, Kept{message, now});
  effects_.SendToCoordinator(message);
}

void Supervisor::OnTrainerEnded(const TrainerEnd& end, Millis now) {
  if (leaving_) {
    trainer_ = Down{now};
    return effects_.EndInOrder();
  }
  const auto* dying = std::get_if<Dying>(&trainer_);
  const Failure why = dying != nullptr ? dying->why : FailureOf(end);
  const bool had_job = FailWhatIsGiven(why, dying != nullptr ? dying->blamed : std::set<LeaseId>(),
                                       end.last_words, now);
  deaths_without_job_ = had_job ? 0 : deaths_without_job_ + 1;
  trainer_ = Down{now + RestartDelay(deaths_without_job_)};
  if (deaths_without_job_ >= options_.start_attempts && wanted()) {
    effects_.EndWithError(
        fmt::format("the trainer ended {} times without a job, this worker gives up: {}",
                    deaths_without_job_, why.message));
  }
}

bool Supervisor::FailWhatIsGiven(const Failure& why, std::set<LeaseId> blamed,
                                 const std::string& last_words, Millis now) {
  std::set<LeaseId> given;
  for (const auto& [id, running] : running_) {
    if (running.given) given.insert(id);
  }
  if (blamed.empty()) blamed = given;
  for (const LeaseId& id : given) {
    AttemptFailed failed{id, why.failure, why.message, blamed.size() == 1};
    if (!blamed.contains(id)) {
      failed = {id, FailureClass::kKilled, "the trainer was killed because another job hung",
                false};
    }
    if (!last_words.empty()) effects_.LogAttempt(id, "the trainer's last words:\n" + last_words);
    Finish(id, failed, now);
  }
  return !given.empty();
}

// --- from the coordinator

void Supervisor::OnCoordinatorMessage(const Message& message, Millis now) {
  std::visit(
      [&]<typename T>(const T& m) {
        if constexpr (FromCoordinator<T>) {
          On(m, now);
        } else {
          effects_.EndWithError("the coordinator sent what only an agent may send");
        }
      },
      message);
}

void Supervisor::On(const Welcome&, Millis now) {
  welcomed_ = true;
  next_heartbeat_ = now;
  if (draining_) effects_.SendToCoordinator(Draining{});
}

// Stays until Goodbye: an early end of a rank could end the others' MPI.
void Supervisor::On(const Refused& refused, Millis) {
  LogError(fmt::format("{}: refused by the coordinator: {}", hello_.host, refused.reason));
  refused_ = true;
  running_.clear();
  kept_.clear();
  KillTrainer({FailureClass::kKilled, "refused"});
}

void Supervisor::On(const Lease& lease, Millis now) {
  if (refused_ || leaving_ || running_.contains(lease.id) || kept_.contains(lease.id)) return;
  effects_.LogAttempt(
      lease.id, fmt::format("attempt {} of job {} on {}, rank's process {}, coordinator epoch {}; "
                            "checkpoints: {}, newest after {} epochs",
                            lease.id.attempt.value, lease.id.job_key, hello_.host, hello_.pid,
                            lease.id.epoch.value, lease.checkpoints.size(), NewestEpoch(lease)));
  Running& running = running_.try_emplace(lease.id, Running{lease, Progress(now)}).first->second;
  if (stopping_) return YieldWhatIsNotGiven(now);
  if (std::holds_alternative<Ready>(trainer_)) Give(running, now);
}

void Supervisor::On(const Acknowledged& acknowledged, Millis) { kept_.erase(acknowledged.lease); }

void Supervisor::On(const Superseded& superseded, Millis) {
  kept_.erase(superseded.lease);
  const auto it = running_.find(superseded.lease);
  if (it == running_.end()) return;
  effects_.LogAttempt(superseded.lease, "superseded by another attempt");
  const bool given = it->second.given;
  running_.erase(it);
  if (given && std::holds_alternative<Ready>(trainer_)) effects_.SendToTrainer(superseded);
}

void Supervisor::On(const StopGracefully&, Millis now) {
  if (stopping_) return;
  stopping_ = true;
  YieldWhatIsNotGiven(now);
  if (std::holds_alternative<Ready>(trainer_)) effects_.SendToTrainer(StopGracefully{});
}

void Supervisor::On(const Goodbye&, Millis now) {
  if (leaving_) return;
  leaving_ = now;
  if (std::holds_alternative<Down>(trainer_)) return effects_.EndInOrder();
  if (std::holds_alternative<Ready>(trainer_)) return effects_.SendToTrainer(Goodbye{});
  KillTrainer({FailureClass::kKilled, "goodbye"});
}

void Supervisor::OnDrain(Millis now) {
  draining_ = true;
  if (welcomed_) effects_.SendToCoordinator(Draining{});
  On(StopGracefully{}, now);
}

// --- time

void Supervisor::OnTick(Millis now) {
  if (last_tick_ && now - *last_tick_ > kGapMin) Excuse(now - *last_tick_);
  last_tick_ = now;
  CheckTrainer(now);
  SendWhatIsDue(now);
}

void Supervisor::Excuse(Millis gap) {
  for (auto& [id, running] : running_) running.progress.Excuse(gap);
  if (auto* starting = std::get_if<Starting>(&trainer_)) starting->since += gap;
}

void Supervisor::CheckTrainer(Millis now) {
  if (const auto* starting = std::get_if<Starting>(&trainer_)) {
    if (now - starting->since > options_.start_limit) {
      KillTrainer({FailureClass::kHang, "the trainer did not say hello"});
    }
  } else if (const auto* down = std::get_if<Down>(&trainer_)) {
    if (now >= down->restart_at && (wanted() || !hello_sent_)) StartTrainer(now);
  } else if (std::holds_alternative<Ready>(trainer_)) {
    if (leaving_ && now - *leaving_ > options_.goodbye_limit) {
      KillTrainer({FailureClass::kKilled, "goodbye"});
    } else {
      CheckHangs(now);
    }
  }
}

void Supervisor::CheckHangs(Millis now) {
  std::set<LeaseId> hung;
  Millis longest{0};
  for (const auto& [id, running] : running_) {
    if (!running.given || !running.progress.Hung(options_.hang, now)) continue;
    hung.insert(id);
    longest = std::max(longest, running.progress.Idle(now));
  }
  if (hung.empty()) return;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(longest).count();
  KillTrainer({FailureClass::kHang, fmt::format("no progress for {} s", seconds)}, std::move(hung));
}

void Supervisor::SendWhatIsDue(Millis now) {
  if (!welcomed_ || refused_ || leaving_) return;
  if (now >= next_heartbeat_) {
    next_heartbeat_ = now + options_.heartbeat;
    Heartbeat heartbeat;
    for (const auto& [id, running] : running_) {
      heartbeat.slots.push_back({id, running.progress.epoch(), running.progress.steps()});
    }
    effects_.SendToCoordinator(heartbeat);
  }
  for (auto& [id, kept] : kept_) {
    if (now - kept.sent < options_.resend) continue;
    kept.sent = now;
    effects_.SendToCoordinator(kept.message);
  }
}

// --- small steps

void Supervisor::StartTrainer(Millis now) {
  trainer_ = Starting{now};
  effects_.StartTrainer();
}

void Supervisor::KillTrainer(Failure why, std::set<LeaseId> blamed) {
  if (std::holds_alternative<Down>(trainer_) || std::holds_alternative<Dying>(trainer_)) return;
  trainer_ = Dying{std::move(why), std::move(blamed)};
  effects_.KillTrainer();
}

void Supervisor::Give(Running& running, Millis now) {
  running.given = true;
  running.progress = Progress(now);
  effects_.SendToTrainer(running.lease);
}

void Supervisor::YieldWhatIsNotGiven(Millis now) {
  std::map<LeaseId, std::int64_t> waiting;
  for (const auto& [id, running] : running_) {
    if (!running.given) waiting[id] = NewestEpoch(running.lease);
  }
  for (const auto& [id, epoch] : waiting) Finish(id, Yielded{id, epoch}, now);
}

}  // namespace unmask

// The supervisor's half that listens to the trainer: what it says, and how it ends.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/protocol/codec.h"
#include "worker/agent/supervisor.h"

namespace unmask {
namespace {

template <typename T, typename... Options>
concept OneOf = (std::is_same_v<T, Options> || ...);

template <typename T>
concept FromTrainer = OneOf<T, TrainerHello, Heartbeat, AttemptStarted, CheckpointWritten,
                            GangReady, GangLeft, ResultReady, AttemptFailed, Yielded>;
template <typename T>
concept EndsLease = OneOf<T, ResultReady, AttemptFailed, Yielded, GangLeft>;

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
std::string Describe(const GangLeft& left) {
  return "left the gang" + (left.trouble.empty() ? "" : ": " + left.trouble);
}

// None at first, then 1, 2, 4, ... 30 seconds.
Millis RestartDelay(int deaths) {
  if (deaths <= 1) return Millis(0);
  return std::min(Millis(30'000), Millis(1'000) * (1 << std::min(deaths - 2, 5)));
}

}  // namespace

void Supervisor::OnTrainerMessage(Message message, Millis now) {
  if (std::holds_alternative<Dying>(trainer_)) return;  // its leases fail as a whole
  if (auto* ready = std::get_if<Ready>(&trainer_)) ready->heard = now;
  std::visit(
      [&]<typename T>(const T& m) {
        if constexpr (EndsLease<T>) {
          const LeaseId lease = m.lease;
          abandoned_.erase(lease);
          Finish(lease, std::move(message), now);
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
  trainer_ = Ready{now};
  if (!hello_sent_) {
    hello_sent_ = true;
    hello_.numerics_class = hello.numerics_class;
    hello_.device = hello.device;
    effects_.SendToCoordinator(hello_);
  }
}

void Supervisor::On(const Heartbeat& heartbeat, Millis now) {
  for (const SlotProgress& slot : heartbeat.slots) {
    const auto it = running_.find(slot.lease);
    if (it == running_.end()) continue;
    Progress& progress = it->second.progress;
    if (slot.waits) progress.Moved(now);  // another member is late, and answers for itself
    if (slot.epoch > progress.epoch()) {
      effects_.LogAttempt(slot.lease,
                          fmt::format("epoch {} done, {} steps", slot.epoch, slot.steps),
                          LogWorth::kDetail);
    }
    progress.Report(slot.epoch, slot.steps, now);
  }
  const auto ended = [&](const auto& abandoned) {
    return std::ranges::none_of(
        heartbeat.slots, [&](const SlotProgress& slot) { return slot.lease == abandoned.first; });
  };
  std::erase_if(abandoned_, ended);
}

void Supervisor::On(const AttemptStarted& started, Millis now) {
  const auto it = running_.find(started.lease);
  if (it == running_.end()) return;
  deaths_without_job_ = 0;
  it->second.progress.Moved(now);
  const std::string note = started.note.empty() ? "" : ": " + started.note;
  effects_.LogAttempt(started.lease,
                      fmt::format("started with {} epochs done{}", started.first_epoch, note),
                      note.empty() ? LogWorth::kDetail : LogWorth::kNotable);
  effects_.SendToCoordinator(started);
}

void Supervisor::On(const CheckpointWritten& written, Millis now) {
  const auto it = running_.find(written.lease);
  if (it == running_.end()) return;
  it->second.progress.Wrote(now);
  it->second.kept_epoch = written.checkpoint.epoch;
  effects_.LogAttempt(written.lease,
                      fmt::format("checkpoint after {} epochs, {} bytes", written.checkpoint.epoch,
                                  written.checkpoint.bytes),
                      LogWorth::kNotable);
  effects_.SendToCoordinator(written);
}

void Supervisor::On(const GangReady& ready, Millis now) {
  const auto it = running_.find(ready.lease);
  if (it == running_.end()) return;
  deaths_without_job_ = 0;
  it->second.progress.Moved(now);
  effects_.SendToCoordinator(ready);
}

void Supervisor::Finish(const LeaseId& lease, Message message, Millis now) {
  const auto found = running_.find(lease);
  if (found == running_.end()) return;  // superseded meanwhile
  Erase(found);
  std::visit(
      [&]<typename T>(const T& m) {
        if constexpr (EndsLease<T>) {
          bool bad = std::is_same_v<T, AttemptFailed>;
          if constexpr (std::is_same_v<T, GangLeft>) bad = !m.trouble.empty();
          effects_.LogAttempt(lease, Describe(m), bad ? LogWorth::kBadEnd : LogWorth::kGoodEnd);
        }
      },
      message);
  const auto kept = kept_.insert_or_assign(lease, Kept{std::move(message), now}).first;
  effects_.SendToCoordinator(kept->second.message);
}

void Supervisor::OnTrainerClosed() {
  if (auto* ready = std::get_if<Ready>(&trainer_)) ready->closed = true;
}

void Supervisor::OnTrainerEnded(const TrainerEnd& end, Millis now) {
  abandoned_.clear();
  if (leaving_) {
    trainer_ = Down{now};
    return effects_.EndInOrder();
  }
  std::set<std::string> jobs;
  for (const LeaseId& id : Given()) jobs.insert(id.job_key);
  const auto* dying = std::get_if<Dying>(&trainer_);
  const Failure why = dying != nullptr ? dying->why : FailureOf(end, jobs);
  const bool had_job = EndWhatIsGiven(why, dying != nullptr ? dying->blamed : std::set<LeaseId>(),
                                      end.last_words, now);
  deaths_without_job_ = had_job ? 0 : deaths_without_job_ + 1;
  trainer_ = Down{now + RestartDelay(deaths_without_job_)};
  if (deaths_without_job_ >= options_.start_attempts && wanted()) {
    effects_.EndWithError(
        fmt::format("the trainer ended {} times without a job, this worker gives up: {}",
                    deaths_without_job_, why.message));
  }
}

std::set<LeaseId> Supervisor::Given() const {
  std::set<LeaseId> given;
  for (const auto& [id, running] : running_) {
    if (running.given) given.insert(id);
  }
  return given;
}

bool Supervisor::EndWhatIsGiven(const Failure& why, std::set<LeaseId> blamed,
                                const std::string& last_words, Millis now) {
  const std::set<LeaseId> given = Given();
  if (blamed.empty()) blamed = given;
  for (const LeaseId& id : given) {
    if (!last_words.empty()) {
      effects_.LogAttempt(id, "the trainer's last words:\n" + last_words, LogWorth::kNotable);
    }
    if (blamed.contains(id)) {
      Finish(id, AttemptFailed{id, why.failure, why.message, blamed.size() == 1}, now);
    } else {
      effects_.LogAttempt(id, "the trainer was killed because of another job", LogWorth::kNotable);
      Yield(id, now);
    }
  }
  return !given.empty();
}

}  // namespace unmask

#include "worker/agent/supervisor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/log.h"

namespace unmask {
namespace {

// The loop turns every few milliseconds: a longer gap means that this process stood still.
constexpr Millis kGapMin{5'000};

constexpr Millis kResendAfter{5'000};   // an unacknowledged result is sent again
constexpr Millis kStartLimit{600'000};  // for the trainer to say hello
constexpr Millis kWaitLimit{5'000};     // a lease that no slot has got free for goes back
constexpr Millis kKillLimit{60'000};  // for a killed trainer to be gone: a hung device may hold it

template <typename T, typename... Options>
concept OneOf = (std::is_same_v<T, Options> || ...);

template <typename T>
concept FromCoordinator = OneOf<T, Welcome, Refused, Lease, GangGo, Acknowledged, Superseded,
                                JoinAnew, StopGracefully, Goodbye>;

std::string SeatText(const GangSeat& seat) {
  return seat.size > 1 ? fmt::format(", as member {} of a gang of {}", seat.member, seat.size) : "";
}

std::int64_t NewestEpoch(const Lease& lease) {
  return lease.checkpoints.empty() ? 0 : lease.checkpoints.front().epoch;
}

std::int64_t Seconds(Millis time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

}  // namespace

Supervisor::Supervisor(const SupervisorOptions& options, Hello hello, AgentEffects& effects)
    : options_(options), hello_(std::move(hello)), effects_(effects) {}

void Supervisor::Start(Millis now) {
  if (!hello_.store_token.empty()) return StartTrainer(now);
  hello_sent_ = true;
  effects_.SendToCoordinator(hello_);
}

// --- from the coordinator

void Supervisor::OnCoordinatorMessage(Message message, Millis now) {
  std::visit(
      [&]<typename T>(T& m) {
        if constexpr (FromCoordinator<T>) {
          On(std::move(m), now);
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
  waiting_.clear();
  given_ = 0;
  abandoned_.clear();
  kept_.clear();
  KillTrainer({FailureClass::kKilled, "refused"});
}

void Supervisor::On(Lease&& lease, Millis now) {
  if (refused_ || leaving_ || running_.contains(lease.id) || kept_.contains(lease.id)) return;
  effects_.LogAttempt(
      lease.id,
      fmt::format("attempt {} of job {} on {}, rank's process {}, coordinator epoch {}{}; "
                  "checkpoints: {}, newest after {} epochs",
                  lease.id.attempt.value, lease.id.job_key, hello_.host, hello_.pid,
                  lease.id.epoch.value, SeatText(lease.gang), lease.checkpoints.size(),
                  NewestEpoch(lease)),
      LogWorth::kDetail);
  waiting_.push_back(lease.id);
  const std::int64_t kept_epoch = NewestEpoch(lease);
  running_.try_emplace(waiting_.back(), Running{std::move(lease), Progress(now), kept_epoch});
  if (stopping_) YieldWhatIsNotGiven(now);
}

void Supervisor::On(const GangGo& go, Millis now) {
  const auto it = running_.find(go.lease);
  if (it == running_.end() || !it->second.given) return;
  it->second.progress.Moved(now);
  if (std::holds_alternative<Ready>(trainer_)) effects_.SendToTrainer(go);
}

void Supervisor::On(const Acknowledged& acknowledged, Millis) { kept_.erase(acknowledged.lease); }

void Supervisor::On(const Superseded& superseded, Millis now) {
  kept_.erase(superseded.lease);
  const auto it = running_.find(superseded.lease);
  if (it == running_.end()) return;
  // Of a gang, another member has said how it ended.
  const bool gang = it->second.lease.gang.size > 1;
  effects_.LogAttempt(superseded.lease,
                      gang ? "over for the gang" : "superseded by another attempt",
                      gang ? LogWorth::kGoodEnd : LogWorth::kBadEnd);
  if (it->second.given && std::holds_alternative<Ready>(trainer_)) {
    abandoned_.insert_or_assign(superseded.lease,
                                Abandoned{now, it->second.progress.Limit(options_.hang)});
    effects_.SendToTrainer(superseded);
  }
  Erase(it);
}

// What it still has of its former self it is told of one by one.
void Supervisor::On(const JoinAnew&, Millis) {
  if (refused_ || leaving_) return;
  LogInfo(fmt::format("{}: given up for its silence; joins anew", hello_.host));
  effects_.SendToCoordinator(hello_);
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
  if (last_tick_ && now - *last_tick_ > kGapMin) Excuse(now - *last_tick_, now);
  last_tick_ = now;
  CheckTrainer(now);
  GiveWaiting(now);
  YieldWhatWaitsLong(now);
  SendWhatIsDue(now);
}

void Supervisor::Excuse(Millis gap, Millis now) {
  for (auto& [id, running] : running_) running.progress.Excuse(gap);
  for (auto& [id, abandoned] : abandoned_) abandoned.since += gap;
  if (auto* starting = std::get_if<Starting>(&trainer_)) starting->since += gap;
  // Perhaps it was heard after the gap, in this very turn.
  if (auto* ready = std::get_if<Ready>(&trainer_)) ready->heard = std::min(ready->heard + gap, now);
  if (auto* dying = std::get_if<Dying>(&trainer_); dying && dying->since) *dying->since += gap;
}

void Supervisor::CheckTrainer(Millis now) {
  if (const auto* starting = std::get_if<Starting>(&trainer_)) {
    if (now - starting->since > kStartLimit) {
      KillTrainer({FailureClass::kHang, "the trainer did not say hello"});
    }
  } else if (const auto* down = std::get_if<Down>(&trainer_)) {
    if (now >= down->restart_at && (wanted() || !hello_sent_)) StartTrainer(now);
  } else if (auto* dying = std::get_if<Dying>(&trainer_)) {
    if (!dying->since) dying->since = now;
    if (now - *dying->since > kKillLimit) {
      effects_.EndWithError("the trainer was killed and does not end");
    }
  } else if (const auto* ready = std::get_if<Ready>(&trainer_)) {
    const Millis silence = now - ready->heard;
    if (leaving_ && now - *leaving_ > options_.goodbye_limit) {
      KillTrainer({FailureClass::kKilled, "goodbye"});
    } else if (silence > options_.mute_limit) {
      KillTrainer({FailureClass::kHang,
                   fmt::format("the trainer has said nothing for {} s", Seconds(silence))});
    } else {
      CheckHangs(ready->heard);
      CheckAbandoned(now);
    }
  }
}

// As the trainer told it last: its silence says nothing of any one job. What stands still beside a
// job that hangs, and is half-way to its own limit, may be the reason.
void Supervisor::CheckHangs(Millis heard) {
  Millis longest{0};
  for (const auto& [id, running] : running_) {
    if (!running.given || !running.progress.Hung(options_.hang, heard)) continue;
    longest = std::max(longest, running.progress.Idle(heard));
  }
  if (longest == Millis(0)) return;
  std::set<LeaseId> suspects;
  for (const auto& [id, running] : running_) {
    const Progress& progress = running.progress;
    const bool suspect = 2 * progress.Idle(heard) > progress.Limit(options_.hang);
    if (running.given && suspect) suspects.insert(id);
  }
  KillTrainer({FailureClass::kHang, fmt::format("no progress for {} s", Seconds(longest))},
              std::move(suspects));
}

// Stuck in what nobody waits for any more, as a gang's member whose peer is frozen. None of the
// trainer's jobs is to blame.
void Supervisor::CheckAbandoned(Millis now) {
  std::set<LeaseId> stuck;
  for (const auto& [id, abandoned] : abandoned_) {
    if (now - abandoned.since > abandoned.limit) stuck.insert(id);
  }
  if (stuck.empty()) return;
  KillTrainer({FailureClass::kHang, "an attempt that is over does not end"}, std::move(stuck));
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
  if (now < next_resend_) return;
  next_resend_ = now + kResendAfter;
  for (auto& [id, kept] : kept_) {
    if (now - kept.sent >= kResendAfter) {
      kept.sent = now;
      effects_.SendToCoordinator(kept.message);
    }
    next_resend_ = std::min(next_resend_, kept.sent + kResendAfter);
  }
}

// --- small steps

void Supervisor::StartTrainer(Millis now) {
  trainer_ = Starting{now};
  effects_.StartTrainer();
}

void Supervisor::KillTrainer(Failure why, std::set<LeaseId> blamed) {
  if (std::holds_alternative<Down>(trainer_) || std::holds_alternative<Dying>(trainer_)) return;
  trainer_ = Dying{std::move(why), std::move(blamed), std::nullopt};
  effects_.KillTrainer();
}

void Supervisor::GiveWaiting(Millis now) {
  const auto* ready = std::get_if<Ready>(&trainer_);
  while (ready && !ready->closed && !AllSlotsTaken() && !waiting_.empty()) {
    Running& next = running_.at(waiting_.front());
    waiting_.pop_front();
    Give(next, now);
  }
}

void Supervisor::Give(Running& running, Millis now) {
  running.given = true;
  ++given_;
  running.progress = Progress(now);
  effects_.SendToTrainer(running.lease);
}

void Supervisor::YieldWhatIsNotGiven(Millis now) {
  while (!waiting_.empty()) {
    const LeaseId oldest = waiting_.front();
    Yield(oldest, now);
  }
}

// It was leased ahead for a slot that would be free soon, and none was: another worker may have
// one. To the coordinator an abandoned attempt's slot is free: what waits for that came in its
// turn, and would come again.
void Supervisor::YieldWhatWaitsLong(Millis now) {
  if (!std::holds_alternative<Ready>(trainer_)) return;
  const std::int32_t in_turn = options_.slots - given_;
  while (std::ssize(waiting_) > in_turn) {
    const LeaseId oldest = waiting_[static_cast<std::size_t>(in_turn)];
    if (running_.at(oldest).progress.Idle(now) < kWaitLimit) return;
    Yield(oldest, now);
  }
}

void Supervisor::Yield(const LeaseId& lease, Millis now) {
  Finish(lease, Yielded{lease, running_.at(lease).kept_epoch}, now);
}

void Supervisor::Erase(ByLease<Running>::iterator lease) {
  if (lease->second.given) {
    --given_;
  } else {
    waiting_.erase(std::ranges::find(waiting_, lease->first));
  }
  running_.erase(lease);
}

}  // namespace unmask

#include "tests/sim/simulation.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "common/base/result.h"

namespace unmask {

namespace {

constexpr std::int64_t kTickMs = 100;
constexpr std::int64_t kSilenceMs = 5000;

// Each job alone on one slot, several times over, plus restarts.
std::int64_t WorkMs(const SimStudy& study) {
  std::int64_t work = 600'000;
  for (const SimJob& job : study) work += 20 * (500 + 1500 * job.epochs);
  return work;
}

}  // namespace

Simulation::Simulation(std::uint64_t seed, SimTotals& totals, bool check_scheduler)
    : totals_(totals),
      random_(seed),
      study_(RandomStudy(random_)),
      store_(study_, totals),
      check_scheduler_(check_scheduler) {
  config_.worker_silence_limit = Millis(kSilenceMs);
  config_.join_limit = Millis(3 * kSilenceMs);
  if (random_.Chance(0.6)) config_.ahead_window = Millis(random_.Between(100, 20'000));
  calm_from_ = random_.Chance(0.1) ? 0 : random_.Between(1'000, 120'000);
  must_end_by_ = calm_from_ + WorkMs(study_);
  fault_gap_ = random_.Between(200, 20'000);
  agents_at_start_ = random_.Chance(0.2) ? 1 : random_.Between(1, 6);
  // Of two classes, one then has as many as the largest gang needs.
  for (const SimJob& job : study_) {
    agents_at_start_ = std::max<std::int64_t>(agents_at_start_, 2 * job.gang - 1);
  }
  delay_max_ = random_.Chance(0.2) ? 3000 : random_.Between(1, 200);
}

void Simulation::Run() {
  StartCoordinator(false);
  if (!Calm()) Schedule(random_.Between(1, 2 * fault_gap_), {Kind::kFault, {}, 0, {}});
  while (!over_) {
    Require(!due_.empty(), "nothing happens any more", "simulation");
    const Due due = due_.top();
    due_.pop();
    now_ = due.at;
    Require(now_ <= must_end_by_, "no end within the bound", "simulation");
    const Event event = std::move(events_[due.slot]);
    unused_.push_back(due.slot);
    Handle(event);
    ++totals_.events;
  }
  store_.CheckFinal();
}

void Simulation::Schedule(std::int64_t delay_ms, Event event) {
  std::size_t slot = events_.size();
  if (unused_.empty()) {
    events_.push_back(std::move(event));
  } else {
    slot = unused_.back();
    unused_.pop_back();
    events_[slot] = std::move(event);
  }
  due_.push({now_ + delay_ms, order_++, slot});
}

void Simulation::Handle(const Event& event) {
  const bool of_now = event.number == store_.epoch().value;  // else its coordinator is dead
  switch (event.kind) {
    case Kind::kToCoordinator:
      return of_now ? Deliver(event) : void();
    case Kind::kLost:
      if (!of_now) return;
      coordinator_->scheduler.OnWorkerLost(event.who, "its process died", Now());
      return AfterCoordinator();
    case Kind::kTick:
      if (!of_now) return;
      Schedule(kTickMs, event);
      coordinator_->scheduler.OnTick(Now());
      CheckDeadHoldNothing();
      return AfterCoordinator();
    case Kind::kPump:
      if (!of_now) return;
      pump_due_ = false;
      return AfterCoordinator();
    case Kind::kRoomAgain:
      return coordinator_->connection.SetFailing(false);
    case Kind::kFault:
      return Fault();
    case Kind::kToAgent:
    case Kind::kHeartbeat:
    case Kind::kTrainer:
    case Kind::kThaw:
    case Kind::kHello:
      return HandleAgentEvent(event, Place(event.who));
  }
}

void Simulation::HandleAgentEvent(const Event& event, AgentPlace& place) {
  if (!place.agent->alive()) return;
  if (event.kind == Kind::kThaw) return Thaw(place);
  if (now_ < place.frozen_until) {
    if (event.kind == Kind::kToAgent) return place.inbox.push_back(event.message);
    return Schedule(place.frozen_until - now_, event);
  }
  switch (event.kind) {
    case Kind::kToAgent:
      place.agent->OnMessage(event.message);
      break;
    case Kind::kTrainer:
      place.agent->OnTrainer(event.number);
      break;
    case Kind::kHello:
      place.agent->SayHello();
      break;
    default:
      Schedule(kHeartbeatMs, event);
      place.agent->OnHeartbeatTimer();
  }
  if (!place.agent->alive()) KillAgent(place, random_.Chance(0.5));  // it was told Goodbye
}

// A message arrives at the coordinator.
void Simulation::Deliver(const Event& event) {
  Scheduler& scheduler = coordinator_->scheduler;
  if (std::holds_alternative<Hello>(event.message)) {
    scheduler.OnWorkerJoined(Place(event.who).agent->info(), Now());
  } else {
    scheduler.OnMessage(event.who, event.message, Now());
  }
  AfterCoordinator();
}

void Simulation::AfterCoordinator() {
  Coordinator& self = *coordinator_;
  if (check_scheduler_) {
    const Status sane = self.scheduler.SanityCheck();
    if (!sane.ok()) throw Violation(FormatError(sane.error()));
  }
  (void)self.outbox.Pump(Now());  // a failed commit is tried again
  if (self.connection.died()) return StartCoordinator(random_.Chance(0.5));
  gangs_.CheckSeats();
  if (!self.outbox.empty() && !pump_due_) {
    pump_due_ = true;
    // Where it is not known: a commit is at work.
    const std::int64_t due = self.outbox.NextDue().value_or(Now() + Millis(10)).count();
    Schedule(std::max<std::int64_t>(1, due - now_), {Kind::kPump, {}, store_.epoch().value, {}});
  }
  const auto reason = self.scheduler.Finished();
  if (!reason) return;
  (void)self.outbox.Flush(Now());
  if (!self.outbox.empty()) return;  // no room yet
  if (self.connection.died()) return StartCoordinator(random_.Chance(0.5));
  const JobCounts counts = self.scheduler.Counts();
  const int expected = *reason != FinishReason::kAllSettled     ? 75
                       : counts.failed + counts.quarantined > 0 ? 1
                                                                : 0;
  Require(self.scheduler.ExitCode(*reason) == expected, "wrong exit code", "scheduler");
  totals_.Count(*reason == FinishReason::kAllSettled ? Seen::kAllSettled
                : *reason == FinishReason::kStopped  ? Seen::kStopped
                                                     : Seen::kNoWorkers);
  over_ = *reason == FinishReason::kAllSettled;
  if (!over_) StartCoordinator(false);  // the user runs the same command again
}

// A worker that has been silent for longer than the limit holds no lease, and no gang goes on
// without it.
void Simulation::CheckDeadHoldNothing() {
  for (const RunningLease& lease : coordinator_->scheduler.RunningLeases()) {
    std::set<WorkerId> holders = {lease.worker};
    if (study_[IndexOf(lease.id.job_key)].gang > 1) holders = gangs_[lease.id].seated;
    for (const WorkerId holder : holders) {
      const AgentPlace& place = Place(holder);
      if (place.silent_since < 0) continue;
      const std::int64_t since = std::max(place.silent_since, lease.since.count());
      const std::int64_t allowed = kSilenceMs + delay_max_ + 2 * kTickMs;
      const char* broken = holder == lease.worker ? "a dead worker keeps its lease"
                                                  : "a gang goes on without a dead member";
      Require(now_ - since <= allowed, broken, lease.id.job_key);
    }
  }
}

// --- AgentWorld

void Simulation::ToCoordinator(WorkerId from, Message message) {
  AgentPlace& place = Place(from);
  const std::int64_t arrives =
      std::max(place.last_arrival_up, now_ + random_.Between(0, delay_max_));
  place.last_arrival_up = arrives;
  Schedule(arrives - now_, {Kind::kToCoordinator, from, store_.epoch().value, std::move(message)});
}

void Simulation::CallTrainer(WorkerId agent, std::int64_t attempt, std::int64_t delay_ms) {
  Schedule(delay_ms, {Kind::kTrainer, agent, attempt, {}});
}

// --- MessageSink: what the outbox lets go

void Simulation::Send(WorkerId to, const Message& message) {
  if (muted_ || coordinator_->connection.died()) return;
  AgentPlace& place = Place(to);
  if (std::holds_alternative<Welcome>(message)) place.connected = true;
  const bool asks_back = std::holds_alternative<JoinAnew>(message);
  const bool answers_the_dropped = asks_back || std::holds_alternative<Superseded>(message);
  Require(place.connected || answers_the_dropped, "sent to a worker that is out", "outbox");
  if (const auto* lease = std::get_if<Lease>(&message)) {
    Require(store_.WasLeased(lease->id), "leased before commit", lease->id.job_key);
    if (lease->gang.size > 1) gangs_.Seat(*lease, to);
  } else if (const auto* done = std::get_if<Acknowledged>(&message)) {
    Require(store_.HasEnded(done->lease), "acknowledged before commit", done->lease.job_key);
    if (!acknowledged_.insert(done->lease).second) totals_.Count(Seen::kRepeated);
  } else if (asks_back) {
    totals_.Count(Seen::kAskedBack);
  } else if (answers_the_dropped) {
    totals_.Count(Seen::kSuperseded);
  }
  const std::int64_t arrives =
      std::max(place.last_arrival_down, now_ + random_.Between(0, delay_max_));
  place.last_arrival_down = arrives;
  Schedule(arrives - now_, {Kind::kToAgent, to, 0, message});
}

void Simulation::Drop(WorkerId worker, const std::string&) {
  if (muted_ || coordinator_->connection.died()) return;
  AgentPlace& place = Place(worker);
  place.connected = false;
  if (!place.agent->alive()) return;
  // It lives, perhaps: it comes back as a new worker, or ends, or only goes on talking.
  if (random_.Chance(0.4)) {
    Schedule(random_.Between(0, 20'000), {Kind::kHello, worker, 0, {}});
  } else if (random_.Chance(0.7)) {
    KillAgent(place, false);
  }
}

void Simulation::Note(const std::string& line) {
  if (line.find("drained") != std::string::npos) totals_.Count(Seen::kDrained);
  if (line.find("moves from") != std::string::npos) totals_.Count(Seen::kPinMoved);
}

std::string Simulate(std::uint64_t seed, std::int64_t min_events, SimTotals& totals,
                     bool check_scheduler) {
  const std::int64_t enough = totals.events + min_events;
  for (std::uint64_t round = 0; totals.events < enough; ++round) {
    try {
      Simulation(seed * 1'000'003 + round, totals, check_scheduler).Run();
    } catch (const std::exception& broken) {
      return "seed " + std::to_string(seed) + ", sweep " + std::to_string(round) + ": " +
             broken.what();
    }
  }
  return "";
}

}  // namespace unmask

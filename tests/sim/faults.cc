// What goes wrong in a simulation, and how its coordinators come and go.
#include <algorithm>
#include <utility>

#include "tests/sim/simulation.h"

namespace unmask {

void Simulation::Fault() {
  if (Calm()) {
    for (AgentPlace& place : agents_) place.agent->Repair();
    return;
  }
  Schedule(random_.Between(1, 2 * fault_gap_), {Kind::kFault, {}, 0, {}});
  totals_.Count(Seen::kFault);
  AgentPlace* place = RandomLiving();
  switch (random_.Between(0, 11)) {
    case 0:
      return StartCoordinator(random_.Chance(0.5));
    case 1:
      return coordinator_->connection.DieAtCommit(FakeConnection::Dies::kBeforeCommit);
    case 2:
      return coordinator_->connection.DieAtCommit(FakeConnection::Dies::kAfterCommit);
    case 3:
      return FailStore();
    case 4:
      coordinator_->scheduler.OnStopRequested(Now());
      return AfterCoordinator();
    case 5:
    case 6:
      return AddAgent();
    default:
      break;
  }
  if (!place) return AddAgent();
  switch (random_.Between(0, 5)) {
    case 0:
      return KillAgent(*place, true);
    case 1:
      return KillAgent(*place, false);
    case 2:
      return Freeze(*place);
    case 3:
      return place->agent->CrashTrainer();
    case 4:  // its link broke and came back: it says Hello and goes on
      return place->agent->SayHello();
    default:
      ToCoordinator(place->agent->info().id, Draining{});
      return place->agent->Stop();
  }
}

// The coordinator ends, whatever it was doing, and the next one opens the store. Its agents die
// with it (as under MPI), or live on with what they hold (which only makes it harder).
void Simulation::StartCoordinator(bool agents_survive) {
  totals_.Count(Seen::kCoordinator);
  std::unique_ptr<Coordinator> old = std::move(coordinator_);
  config_.expected_workers = static_cast<std::int32_t>(std::max<std::size_t>(1, agents_.size()));
  coordinator_ = std::make_unique<Coordinator>(store_, *this, random_, config_);
  if (old) {  // a zombie of it may try to commit and send what it has: nothing may come of that
    muted_ = true;
    const bool had_records = old->outbox.pending_records() > 0;
    const bool refused = !old->outbox.Flush(Now()).ok();
    Require(refused == had_records, "a coordinator of old could write", "store");
    muted_ = false;
  }
  pump_due_ = false;
  coordinator_->scheduler.AddJobs(store_.LoadJobs(), Now());
  for (AgentPlace& place : agents_) {
    place.connected = false;
    if (!place.agent->alive()) continue;
    if (!agents_survive) {
      KillAgent(place, false);
    } else {
      Schedule(random_.Between(0, 2000), {Kind::kHello, place.agent->info().id, 0, {}});
    }
  }
  if (!agents_survive || !RandomLiving()) {
    for (std::int64_t i = 0; i < agents_at_start_; ++i) AddAgent();
  }
  Schedule(0, {Kind::kTick, {}, store_.epoch().value, {}});
  AfterCoordinator();
}

void Simulation::AddAgent() {
  WorkerInfo info;
  info.id = WorkerId{static_cast<std::int32_t>(agents_.size()) + 1};
  info.host = "host";
  info.numerics_class = random_.Chance(0.7) ? "class a" : "class b";
  info.slots = static_cast<std::int32_t>(random_.Between(1, 4));
  const bool broken = !Calm() && random_.Chance(0.1);
  const WorkerId id = info.id;
  agents_.emplace_back();
  agents_.back().agent = std::make_unique<SimAgent>(*this, std::move(info), broken);
  Schedule(random_.Between(0, 1000), {Kind::kHello, id, 0, {}});
  Schedule(random_.Between(1000, 2000), {Kind::kHeartbeat, id, 0, {}});
}

// Messages on their way still arrive, before or after the report.
void Simulation::KillAgent(AgentPlace& place, bool reported) {
  place.agent->Die();
  place.silent_since = now_;
  if (!reported) return;
  Schedule(random_.Between(0, delay_max_),
           {Kind::kLost, place.agent->info().id, store_.epoch().value, {}});
}

void Simulation::Freeze(AgentPlace& place) {
  const std::int64_t length = random_.Between(500, 20'000);
  place.frozen_until = std::max(place.frozen_until, now_ + length);
  Schedule(length, {Kind::kThaw, place.agent->info().id, 0, {}});
}

void Simulation::Thaw(AgentPlace& place) {
  if (now_ < place.frozen_until) return;  // frozen again meanwhile
  const std::vector<Message> inbox = std::exchange(place.inbox, {});
  for (const Message& message : inbox) {
    if (place.agent->alive()) place.agent->OnMessage(message);
  }
  if (!place.agent->alive()) KillAgent(place, false);
}

void Simulation::FailStore() {
  coordinator_->connection.SetFailing(true);
  Schedule(random_.Between(100, 20'000), {Kind::kRoomAgain, {}, 0, {}});
}

Simulation::AgentPlace* Simulation::RandomLiving() {
  std::vector<AgentPlace*> living;
  for (AgentPlace& place : agents_) {
    if (place.agent->alive()) living.push_back(&place);
  }
  if (living.empty()) return nullptr;
  return living[random_.Between(0, std::ssize(living) - 1)];
}

}  // namespace unmask

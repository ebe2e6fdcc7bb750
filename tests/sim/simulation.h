// One seed: a study, agents that fail, a network that delays, a store that loses what was not
// committed, coordinators that die and come back, until everything is settled. Time is virtual.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/core/outbox.h"
#include "coordinator/core/scheduler.h"
#include "tests/sim/fake_store.h"
#include "tests/sim/sim_agent.h"
#include "tests/sim/sim_gangs.h"
#include "tests/sim/sim_random.h"
#include "tests/sim/sim_seen.h"
#include "tests/sim/sim_study.h"

namespace unmask {

class Simulation final : public AgentWorld, public MessageSink {
 public:
  // `check_scheduler`: its own SanityCheck after every event too.
  Simulation(std::uint64_t seed, SimTotals& totals, bool check_scheduler);
  // To the end of the sweep; throws Violation.
  void Run();

 private:
  enum class Kind {
    kToCoordinator,
    kToAgent,
    kLost,
    kTick,
    kPump,
    kHeartbeat,
    kTrainer,
    kFault,
    kThaw,
    kRoomAgain,
    kHello
  };
  struct Event {
    Kind kind;
    WorkerId who;
    std::int64_t number = 0;  // coordinator's epoch, or an attempt's serial
    Message message;
  };
  struct Due {
    std::int64_t at;
    std::int64_t order;
    std::size_t slot;  // in events_
    bool operator>(const Due& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  // Commits beside the scheduler: at work until, at some pump, it happens to be over.
  class LateCommits final : public CommitRunner {
   public:
    explicit LateCommits(SimRandom& random) : random_(random) {}
    void Start(std::function<Status()> commit) override { commit_ = std::move(commit); }
    std::optional<Status> Result() override {
      return random_.Chance(0.5) ? std::nullopt : std::optional(Wait());
    }
    Status Wait() override {
      const auto commit = std::exchange(commit_, nullptr);
      return commit ? commit() : Status();  // none: it has thrown a Violation
    }

   private:
    SimRandom& random_;
    std::function<Status()> commit_;
  };
  // One process of the coordinator: gone with it is what was not committed.
  struct Coordinator {
    FakeConnection connection;
    LateCommits late;
    Outbox outbox;
    Scheduler scheduler;
    Coordinator(FakeStore& store, MessageSink& messages, SimRandom& random, SchedulerConfig config)
        : connection(store),
          late(random),
          outbox(connection, messages, Outbox::Config(), random.Chance(0.5) ? &late : nullptr),
          scheduler(config, connection.epoch(), outbox) {}
  };
  struct AgentPlace {
    std::unique_ptr<SimAgent> agent;
    std::int64_t frozen_until = 0;
    std::int64_t silent_since = -1;                           // dead: when; -1: alive
    std::int64_t last_arrival_up = 0, last_arrival_down = 0;  // order is kept for each pair
    std::vector<Message> inbox;                               // while frozen
    bool connected = false;                                   // in the coordinator's eyes
  };

  // AgentWorld
  void ToCoordinator(WorkerId from, Message message) override;
  void CallTrainer(WorkerId agent, std::int64_t attempt, std::int64_t delay_ms) override;
  SimRandom& random() override { return random_; }
  SimStudy& study() override { return study_; }
  SimGangs& gangs() override { return gangs_; }
  SimTotals& totals() override { return totals_; }
  // MessageSink
  void Send(WorkerId to, const Message& message) override;
  void Drop(WorkerId worker, const std::string& reason) override;
  void Note(const std::string& line) override;

  void Schedule(std::int64_t delay_ms, Event event);
  void Handle(const Event& event);
  void HandleAgentEvent(const Event& event, AgentPlace& place);
  void Deliver(const Event& event);
  void AfterCoordinator();  // pumps the outbox, checks, sees whether the run is over
  void CheckDeadHoldNothing();

  // faults.cc
  void Fault();
  void StartCoordinator(bool agents_survive);
  void KillCoordinator();
  void AddAgent();
  void KillAgent(AgentPlace& place, bool reported);
  void Freeze(AgentPlace& place);
  void Thaw(AgentPlace& place);
  void FailStore();
  AgentPlace* RandomLiving();

  AgentPlace& Place(WorkerId id) { return agents_[id.value - 1]; }
  Millis Now() const { return Millis(now_); }
  bool Calm() const { return now_ >= calm_from_; }

  SimTotals& totals_;
  SimRandom random_;
  SimStudy study_;
  SimGangs gangs_;
  FakeStore store_;
  SchedulerConfig config_;
  std::int64_t now_ = 0;
  std::int64_t order_ = 0;
  std::int64_t calm_from_;    // no faults after it
  std::int64_t must_end_by_;  // the liveness bound
  std::int64_t fault_gap_;    // mean, ms
  std::int64_t agents_at_start_;
  std::int64_t delay_max_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::vector<Event> events_;
  std::vector<std::size_t> unused_;
  std::set<LeaseId> acknowledged_;
  std::vector<AgentPlace> agents_;  // by id - 1; ids are never used again
  std::unique_ptr<Coordinator> coordinator_;
  bool check_scheduler_;
  bool pump_due_ = false;
  bool muted_ = false;  // the coordinator is dead: nothing leaves it
  bool over_ = false;
};

// Sweeps of one seed until `min_events` have been handled. Empty: all is well; else what broke.
std::string Simulate(std::uint64_t seed, std::int64_t min_events, SimTotals& totals,
                     bool check_scheduler = true);

}  // namespace unmask

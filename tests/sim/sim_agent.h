// A simulated agent with its trainer: keeps to the protocol's rule (what ends an attempt is kept
// and sent again until it is acknowledged or superseded), and fails in every way that it can.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "common/protocol/messages.h"
#include "common/protocol/records.h"
#include "tests/sim/sim_gangs.h"
#include "tests/sim/sim_random.h"
#include "tests/sim/sim_seen.h"
#include "tests/sim/sim_study.h"

namespace unmask {

inline constexpr std::int64_t kHeartbeatMs = 1000;

// What an agent may do to its world: messages and timers.
class AgentWorld {
 public:
  virtual ~AgentWorld() = default;
  virtual void ToCoordinator(WorkerId from, Message message) = 0;
  // Calls OnTrainer(attempt) after the delay, later where the agent is frozen.
  virtual void CallTrainer(WorkerId agent, std::int64_t attempt, std::int64_t delay_ms) = 0;
  virtual SimRandom& random() = 0;
  virtual SimStudy& study() = 0;
  virtual SimGangs& gangs() = 0;
  virtual SimTotals& totals() = 0;
};

class SimAgent {
 public:
  SimAgent(AgentWorld& world, WorkerInfo info, bool broken)
      : world_(world), info_(std::move(info)), broken_(broken) {}

  const WorkerInfo& info() const { return info_; }
  bool alive() const { return alive_; }
  void Die() {
    alive_ = false;
    world_.gangs().Die(info_.id);
  }
  void Repair() { broken_ = false; }

  void SayHello();
  void OnHeartbeatTimer();               // also sends again what is not acknowledged
  void OnTrainer(std::int64_t attempt);  // it gets on by one step
  void OnMessage(const Message& message);
  void Stop();          // by itself or told so
  void CrashTrainer();  // all its attempts end at once

 private:
  struct Attempt {
    std::int64_t serial = 0;
    LeaseId lease;
    std::int64_t epoch = 0;
    std::int64_t kept_epoch = 0;  // of the newest checkpoint
    bool given = false;           // to the trainer, in a slot
    bool started = false;
    std::int64_t epochs_available = 0;
    std::int64_t views = 0;  // that the lease named
    GangSeat seat;
    bool ready = false;  // of a gang: has said so
    bool met = false;    // has met the others
  };

  void On(const Lease& lease);
  void On(const Acknowledged& message) { Forget(message.lease, false); }
  void On(const Superseded& message) { Forget(message.lease, true); }
  void On(const JoinAnew&) { SayHello(); }
  void On(const StopGracefully&) { Stop(); }
  void On(const Goodbye&) { Die(); }
  void On(const GangGo& message);
  void On(const Welcome&) { stopping_ = false; }
  template <typename Other>
  void On(const Other&) {
    throw Violation("an agent got a message that is not for it");
  }
  void Forget(const LeaseId& lease, bool stop);
  std::int64_t Given() const;
  void GiveWaiting();
  void CheckInputs(const Lease& lease, Attempt& attempt);
  void Start(Attempt& attempt);
  void Epoch(Attempt& attempt);
  // sim_member.cc: as a member of a gang
  void MeetOthers(Attempt& attempt);
  bool FollowsGang(const Attempt& attempt);
  void LeaveGang(const Attempt& attempt, const std::string& trouble);
  void YieldWithGang(const Attempt& attempt);
  void Crash(const Attempt& attempt);
  void HangTrainer(const Attempt& hung);
  void Fail(const Attempt& attempt, FailureClass failure, bool sole_suspect, TrueEnd end);
  void Checkpoint(Attempt& attempt);
  void Yield(Attempt attempt);
  void End(LeaseId lease, Message message, TrueEnd end);
  SimJob& JobOf(const Attempt& attempt) { return world_.study()[IndexOf(attempt.lease.job_key)]; }

  AgentWorld& world_;
  WorkerInfo info_;
  bool broken_;  // crashes whatever it starts
  bool alive_ = true;
  bool stopping_ = false;
  std::int64_t serials_ = 0;
  std::vector<Attempt> running_;
  std::vector<Message> kept_;
};

}  // namespace unmask

// What an agent decides, and nothing else: events in, effects out, time as an argument. No clock,
// no process, no transport inside; RunAgent connects it to them. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <variant>

#include "common/base/clock.h"
#include "common/protocol/messages.h"
#include "worker/agent/attempt_log.h"
#include "worker/agent/by_lease.h"
#include "worker/agent/progress.h"
#include "worker/agent/trainer_end.h"

namespace unmask {

struct SupervisorOptions {
  std::int32_t slots = 1;
  Millis heartbeat{1'000};
  HangLimits hang{};
  Millis mute_limit{60'000};  // a trainer speaks twice a second, whatever its jobs do
  int start_attempts = 5;     // trainers in a row that died without a job: then the agent gives up
  Millis goodbye_limit{5'000};  // for the trainer to end by itself
};

// What the supervisor may do to the world.
class AgentEffects {
 public:
  virtual ~AgentEffects() = default;
  virtual void SendToCoordinator(const Message& message) = 0;
  virtual void SendToTrainer(const Message& message) = 0;
  virtual void StartTrainer() = 0;  // answered by a TrainerHello or OnTrainerEnded
  virtual void KillTrainer() = 0;   // answered by OnTrainerEnded
  virtual void LogAttempt(const LeaseId& lease, const std::string& line, LogWorth worth) = 0;
  // The agent ends, with the trainer gone: in order, or because it is of no use any more.
  virtual void EndInOrder() = 0;
  virtual void EndWithError(const std::string& reason) = 0;
};

class Supervisor {
 public:
  // `hello` is complete but for what the trainer says of itself. An empty store_token means that
  // the store cannot be seen: then the coordinator shall refuse this rank, and no trainer starts.
  Supervisor(const SupervisorOptions& options, Hello hello, AgentEffects& effects);

  void Start(Millis now);  // once, first
  void OnCoordinatorMessage(Message message, Millis now);
  void OnTrainerMessage(Message message, Millis now);
  void OnTrainerClosed();  // it says no more; OnTrainerEnded follows
  void OnTrainerEnded(const TrainerEnd& end, Millis now);
  void OnDrain(Millis now);  // a signal asks this worker alone to stop
  // Often, after what has happened: leases are given and every time limit is looked at here.
  void OnTick(Millis now);

 private:
  // A lease that this agent answers for. Not yet `given`: the trainer is not ready, or all its
  // slots are taken.
  struct Running {
    Lease lease;
    Progress progress;
    std::int64_t kept_epoch = 0;  // of its newest checkpoint
    bool given = false;
  };
  struct Abandoned {
    Millis since;
    Millis limit;  // then the trainer is killed
  };
  // What the coordinator has not acknowledged.
  struct Kept {
    Message message;
    Millis sent;
  };
  // The trainer's states.
  struct Down {
    Millis restart_at;
  };
  struct Starting {
    Millis since;
  };
  struct Ready {
    Millis heard;
    bool closed = false;
  };
  struct Dying {  // we kill it
    Failure why;
    std::set<LeaseId> blamed;
    std::optional<Millis> since;  // from the first tick on
  };

  void On(const TrainerHello& hello, Millis now);
  void On(const Heartbeat& heartbeat, Millis now);
  void On(const AttemptStarted& started, Millis now);
  void On(const CheckpointWritten& written, Millis now);
  void On(const GangReady& ready, Millis now);
  void On(const Welcome& welcome, Millis now);
  void On(const Refused& refused, Millis now);
  void On(Lease&& lease, Millis now);
  void On(const GangGo& go, Millis now);
  void On(const Acknowledged& acknowledged, Millis now);
  void On(const Superseded& superseded, Millis now);
  void On(const JoinAnew&, Millis now);
  void On(const StopGracefully& stop, Millis now);
  void On(const Goodbye& goodbye, Millis now);

  void StartTrainer(Millis now);
  void KillTrainer(Failure why, std::set<LeaseId> blamed = {});
  // To the trainer, as far as it has slots, in the order in which they came. At ticks alone: what
  // frees a slot may be the last word of a trainer that is gone, and who is given to it then
  // answers for its end.
  void GiveWaiting(Millis now);
  void Give(Running& running, Millis now);
  void YieldWhatIsNotGiven(Millis now);
  void YieldWhatWaitsLong(Millis now);
  void Yield(const LeaseId& lease, Millis now);  // and go on from its checkpoint
  void Erase(ByLease<Running>::iterator lease);
  std::set<LeaseId> Given() const;  // to the trainer
  // The trainer is gone: of its jobs those `blamed` (empty: all of them) fail for `why`, the others
  // yield. Whether there was any.
  bool EndWhatIsGiven(const Failure& why, std::set<LeaseId> blamed, const std::string& last_words,
                      Millis now);
  // The lease is over, as `message` (with that lease) says: kept and sent until acknowledged.
  void Finish(const LeaseId& lease, Message message, Millis now);
  void Excuse(Millis gap, Millis now);
  void CheckTrainer(Millis now);
  void CheckHangs(Millis heard);
  void CheckAbandoned(Millis now);
  void SendWhatIsDue(Millis now);
  bool AllSlotsTaken() const { return given_ + std::ssize(abandoned_) >= options_.slots; }
  bool wanted() const { return !stopping_ && !leaving_ && !refused_; }  // a trainer is of use

  SupervisorOptions options_;
  Hello hello_;
  AgentEffects& effects_;

  std::variant<Down, Starting, Ready, Dying> trainer_ = Down{Millis::max()};
  int deaths_without_job_ = 0;  // in a row
  ByLease<Running> running_;
  std::deque<LeaseId> waiting_;  // of those the ones not given, oldest first
  std::int32_t given_ = 0;
  // Superseded while the trainer had them. Each takes its slot until the trainer has let it go:
  // what waits for that slot must not answer for it.
  ByLease<Abandoned> abandoned_;
  ByLease<Kept> kept_;

  bool hello_sent_ = false;
  bool welcomed_ = false;
  bool refused_ = false;
  bool draining_ = false;
  bool stopping_ = false;
  std::optional<Millis> leaving_;  // since when
  Millis next_heartbeat_{0};
  Millis next_resend_{0};  // nothing kept is due before
  std::optional<Millis> last_tick_;
};

}  // namespace unmask

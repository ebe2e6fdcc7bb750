// A simulated trainer as a member of a gang: meets the others, goes as far as they do, and leaves
// where one of them is gone.
#include "tests/sim/sim_agent.h"

namespace unmask {

// Loaded: says so, then waits for GangGo, then for the others.
void SimAgent::MeetOthers(Attempt& attempt) {
  const LeaseId& lease = attempt.lease;
  SimGang& gang = world_.gangs()[lease];
  if (!attempt.ready) {
    attempt.ready = true;
    gang.ready.insert(info_.id);
    const bool first = attempt.seat.member == 0;
    return world_.ToCoordinator(info_.id, GangReady{lease, first ? "at " + lease.job_key : ""});
  }
  if (!attempt.met) return;
  if (!gang.formed) {
    if (world_.random().Chance(0.05)) LeaveGang(attempt, "the others did not come");
    return;
  }
  attempt.started = true;
  if (attempt.seat.member > 0) return;
  world_.totals().Count(Seen::kGang);
  world_.ToCoordinator(info_.id, AttemptStarted{lease, attempt.epoch, ""});
}

void SimAgent::On(const GangGo& message) {
  const SimGang& gang = world_.gangs()[message.lease];
  Require(std::ssize(gang.ready) == gang.size, "a gang goes without all its members",
          message.lease.job_key);
  Require(message.address == "at " + message.lease.job_key, "a gang meets elsewhere",
          message.lease.job_key);
  for (Attempt& attempt : running_) {
    if (attempt.lease != message.lease) continue;
    attempt.met = true;
    world_.gangs().Meet(message.lease, info_.id);
  }
}

// False where member 0 goes on by itself.
bool SimAgent::FollowsGang(const Attempt& attempt) {
  SimGang& gang = world_.gangs()[attempt.lease];
  const bool cut_off = world_.random().Chance(0.01);
  if (gang.Broken() || (cut_off && !gang.over)) {
    LeaveGang(attempt, "another member is gone");
    return true;
  }
  if (attempt.seat.member == 0) {
    if (gang.wants_yield) Yield(attempt);
    return gang.wants_yield;
  }
  const bool crashes = JobOf(attempt).nature == Nature::kFlaky && world_.random().Chance(0.1);
  if (gang.over) {
    LeaveGang(attempt, "");
  } else if (crashes) {
    Crash(attempt);
  }
  return true;
}

// Said again until the attempt is over.
void SimAgent::LeaveGang(const Attempt& attempt, const std::string& trouble) {
  const GangLeft message{attempt.lease, trouble};
  if (!trouble.empty()) world_.totals().Count(Seen::kGangLeft);
  world_.gangs().Leave(message.lease, info_.id);
  world_.ToCoordinator(info_.id, message);
  kept_.emplace_back(message);
  std::erase_if(running_, [&](const Attempt& a) { return a.lease == message.lease; });
  if (!stopping_) GiveWaiting();
}

// At the next epoch's end, all together; who has not met the others gives the lease back at once.
void SimAgent::YieldWithGang(const Attempt& attempt) {
  if (!attempt.met) return Yield(attempt);
  world_.gangs()[attempt.lease].wants_yield = true;
}

}  // namespace unmask

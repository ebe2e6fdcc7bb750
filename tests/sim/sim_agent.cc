#include "tests/sim/sim_agent.h"

#include <algorithm>
#include <utility>

namespace unmask {

namespace {

const LeaseId& LeaseOf(const Message& message) {
  if (const auto* result = std::get_if<ResultReady>(&message)) return result->lease;
  if (const auto* failed = std::get_if<AttemptFailed>(&message)) return failed->lease;
  if (const auto* left = std::get_if<GangLeft>(&message)) return left->lease;
  return std::get<Yielded>(message).lease;
}

constexpr FailureClass kCrashes[] = {FailureClass::kKilled, FailureClass::kOutOfMemory,
                                     FailureClass::kCuda, FailureClass::kHang, FailureClass::kExit};

}  // namespace

void SimAgent::SayHello() {
  Hello hello;
  hello.slots = info_.slots;
  hello.numerics_class = info_.numerics_class;
  world_.ToCoordinator(info_.id, hello);
}

void SimAgent::OnHeartbeatTimer() {
  Heartbeat heartbeat;
  for (const Attempt& attempt : running_) {
    heartbeat.slots.push_back({attempt.lease, attempt.epoch, attempt.epoch * 10});
  }
  world_.ToCoordinator(info_.id, std::move(heartbeat));
  for (const Message& message : kept_) {
    if (world_.random().Chance(0.5)) world_.ToCoordinator(info_.id, message);
  }
  if (world_.random().Chance(0.9)) return;  // else what has waited goes back
  const std::vector<Attempt> attempts = running_;
  for (const Attempt& attempt : attempts) {
    if (!attempt.given) Yield(attempt);
  }
}

std::int64_t SimAgent::Given() const { return std::ranges::count(running_, true, &Attempt::given); }

void SimAgent::GiveWaiting() {
  for (Attempt& attempt : running_) {
    if (Given() >= info_.slots) return;
    if (attempt.given) continue;
    attempt.given = true;
    world_.CallTrainer(info_.id, attempt.serial, world_.random().Between(10, 500));
  }
}

void SimAgent::OnMessage(const Message& message) {
  std::visit([&](const auto& body) { On(body); }, message);
}

void SimAgent::On(const Lease& lease) {
  Attempt attempt;
  attempt.serial = ++serials_;
  attempt.lease = lease.id;
  attempt.seat = lease.gang;
  Require(lease.gang.size == JobOf(attempt).gang, "a gang of another size", lease.id.job_key);
  for (const CheckpointRef& checkpoint : lease.checkpoints) {
    Require(checkpoint.numerics_class == info_.numerics_class,
            "a lease with a checkpoint of another class", lease.id.job_key);
  }
  // Sometimes the newest is damaged: the one before it, else from the start.
  const std::size_t use = world_.random().Chance(0.05) ? 1 : 0;
  if (use < lease.checkpoints.size()) attempt.epoch = lease.checkpoints[use].epoch;
  if (!lease.checkpoints.empty()) attempt.kept_epoch = lease.checkpoints.front().epoch;
  CheckInputs(lease, attempt);
  if (stopping_) return Yield(attempt);
  Require(!lease.spec.empty(), "a lease without a spec", lease.id.job_key);
  running_.push_back(attempt);
  GiveWaiting();
}

// What its dependencies made, then the first views of its bank.
void SimAgent::CheckInputs(const Lease& lease, Attempt& attempt) {
  const SimStudy& study = world_.study();
  const SimJob& job = JobOf(attempt);
  std::vector<std::string> expected;
  for (const int needed : job.dependencies) expected.push_back(OutputOf(study[needed]));
  const auto made = std::ssize(lease.inputs) - std::ssize(expected);
  std::vector<int> views = ViewsOf(study, job.view_set);
  views.resize(static_cast<std::size_t>(job.view < 0 ? job.views : 0));
  Require(made >= 0 && made <= std::ssize(views), "a lease with other inputs", job.key);
  for (int view = 0; view < made; ++view) expected.push_back(OutputOf(study[views[view]]));
  Require(lease.inputs == expected, "a lease with other inputs", job.key);
  const bool all = made == std::ssize(views);
  Require(lease.epochs_available == (all ? 0 : made), "a lease of other epochs", job.key);
  attempt.epochs_available = lease.epochs_available;
  attempt.views = made;
}

void SimAgent::Forget(const LeaseId& lease, bool stop) {
  std::erase_if(kept_, [&](const Message& message) { return LeaseOf(message) == lease; });
  if (stop) {
    std::erase_if(running_, [&](const Attempt& a) { return a.lease == lease; });
    world_.gangs().Leave(lease, info_.id);
  }
  GiveWaiting();
}

void SimAgent::OnTrainer(std::int64_t serial) {
  const auto found = std::ranges::find(running_, serial, &Attempt::serial);
  if (found == running_.end()) return;  // ended meanwhile
  if (found->started) {
    Epoch(*found);
  } else {
    Start(*found);
  }
  const bool goes_on = std::ranges::find(running_, serial, &Attempt::serial) != running_.end();
  if (goes_on) world_.CallTrainer(info_.id, serial, world_.random().Between(50, 1500));
}

void SimAgent::Start(Attempt& attempt) {
  const Nature nature = JobOf(attempt).nature;
  if (broken_ || nature == Nature::kCrashesLoading) return Crash(attempt);
  if (nature == Nature::kBadInput) {
    return Fail(attempt, FailureClass::kBadInput, true, TrueEnd::kHopeless);
  }
  if (attempt.seat.size > 1) return MeetOthers(attempt);
  attempt.started = true;
  world_.ToCoordinator(info_.id, AttemptStarted{attempt.lease, attempt.epoch, ""});
}

void SimAgent::Epoch(Attempt& attempt) {
  if (attempt.seat.size > 1 && FollowsGang(attempt)) return;
  const SimJob& job = JobOf(attempt);
  if (attempt.epochs_available > 0 && attempt.epoch >= attempt.epochs_available) {
    return Yield(attempt);
  }
  Require(job.view_set.empty() || job.view >= 0 || attempt.views > 0, "trains without a view",
          job.key);
  const bool goes_bad = attempt.epoch + 1 >= job.bad_epoch;
  if (job.nature == Nature::kCrashesAtEpoch && goes_bad) return Crash(attempt);
  if (job.nature == Nature::kNotANumber && goes_bad) {
    return Fail(attempt, FailureClass::kNotANumber, true, TrueEnd::kHopeless);
  }
  SimRandom& random = world_.random();
  if (job.nature == Nature::kFlaky && random.Chance(0.15)) return Crash(attempt);
  if (++attempt.epoch >= job.epochs) {
    ResultReady message{attempt.lease, {}};
    message.result.best_epoch = job.answer;
    message.result.output_sha256 = OutputOf(job);
    return End(message.lease, message, TrueEnd::kResult);
  }
  if (random.Chance(0.3)) Checkpoint(attempt);
  if (random.Chance(0.03)) Yield(attempt);
}

void SimAgent::Crash(const Attempt& attempt) {
  if (Given() > 1 && world_.random().Chance(0.5)) return CrashTrainer();
  if (Given() > 1 && world_.random().Chance(0.5)) return HangTrainer(attempt);
  Fail(attempt, kCrashes[world_.random().Between(0, 4)], true, TrueEnd::kCrashToBlame);
}

void SimAgent::CrashTrainer() {
  std::vector<Attempt> died = running_;
  std::erase_if(died, [](const Attempt& attempt) { return !attempt.given; });
  const bool sole = died.size() == 1;
  for (const Attempt& attempt : died) {
    Fail(attempt, FailureClass::kKilled, sole,
         sole ? TrueEnd::kCrashToBlame : TrueEnd::kCrashAmongOthers);
  }
}

// The trainer is killed for the sake of one, and the others go back to their checkpoints.
void SimAgent::HangTrainer(const Attempt& hung) {
  const LeaseId culprit = hung.lease;
  std::vector<Attempt> given = running_;
  std::erase_if(given, [](const Attempt& attempt) { return !attempt.given; });
  for (const Attempt& attempt : given) {
    if (attempt.lease == culprit) {
      Fail(attempt, FailureClass::kHang, true, TrueEnd::kCrashToBlame);
    } else {
      world_.totals().Count(Seen::kBystander);
      End(attempt.lease, Yielded{attempt.lease, attempt.kept_epoch}, TrueEnd::kBystander);
    }
  }
}

void SimAgent::Fail(const Attempt& attempt, FailureClass failure, bool sole_suspect, TrueEnd end) {
  End(attempt.lease, AttemptFailed{attempt.lease, failure, "it failed", sole_suspect}, end);
}

void SimAgent::Checkpoint(Attempt& attempt) {
  attempt.kept_epoch = attempt.epoch;
  CheckpointRef checkpoint;
  checkpoint.sha256 = attempt.lease.job_key;
  checkpoint.epoch = attempt.epoch;
  checkpoint.numerics_class = info_.numerics_class;
  world_.ToCoordinator(info_.id, CheckpointWritten{attempt.lease, checkpoint});
}

void SimAgent::Yield(Attempt attempt) {
  if (attempt.started && world_.random().Chance(0.8)) Checkpoint(attempt);
  End(attempt.lease, Yielded{attempt.lease, attempt.epoch}, TrueEnd::kYield);
}

void SimAgent::Stop() {
  stopping_ = true;
  const std::vector<Attempt> stopped = running_;
  for (const Attempt& attempt : stopped) {
    attempt.seat.size > 1 ? YieldWithGang(attempt) : Yield(attempt);
  }
}

// What ends an attempt is kept until the coordinator has it; now and then it is sent twice.
// `lease` is a copy: the caller's may live in running_.
void SimAgent::End(LeaseId lease, Message message, TrueEnd end) {
  SimJob& job = world_.study()[IndexOf(lease.job_key)];
  job.ends[{lease.epoch.value, lease.attempt.value}].push_back(end);
  const bool in_order = end == TrueEnd::kResult || end == TrueEnd::kYield;
  if (job.gang > 1 && in_order) world_.gangs()[lease].over = true;
  world_.gangs().Leave(lease, info_.id);
  if (world_.random().Chance(0.05)) world_.ToCoordinator(info_.id, message);
  world_.ToCoordinator(info_.id, message);
  kept_.push_back(std::move(message));
  std::erase_if(running_, [&](const Attempt& attempt) { return attempt.lease == lease; });
  if (!stopping_) GiveWaiting();
}

}  // namespace unmask

// A supervisor, its trainer and coordinator played by the test, and every effect that it had.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "worker/agent/supervisor.h"

namespace unmask {

inline LeaseId Id(std::string job, int attempt = 1) {
  return {std::move(job), AttemptNumber{attempt}, CoordinatorEpoch{7}};
}

inline std::string Show(const LeaseId& id) {
  return fmt::format("{}/{}", id.job_key, id.attempt.value);
}

struct Shower {
  std::string operator()(const TrainerHello&) const { return "trainer hello"; }
  std::string operator()(const Hello& m) const { return "hello " + m.numerics_class; }
  std::string operator()(const Heartbeat& m) const {
    std::string text = "heartbeat";
    for (const auto& slot : m.slots) {
      text += fmt::format(" {}@{}", Show(slot.lease), slot.epoch);
    }
    return text;
  }
  std::string operator()(const AttemptStarted& m) const { return "started " + Show(m.lease); }
  std::string operator()(const CheckpointWritten& m) const { return "checkpoint " + Show(m.lease); }
  std::string operator()(const ResultReady& m) const { return "result " + Show(m.lease); }
  std::string operator()(const AttemptFailed& m) const {
    return fmt::format("failed {} {}{}", Show(m.lease), Name(m.failure),
                       m.sole_suspect ? " alone" : "");
  }
  std::string operator()(const Yielded& m) const {
    return fmt::format("yielded {}@{}", Show(m.lease), m.epoch);
  }
  std::string operator()(const Draining&) const { return "draining"; }
  std::string operator()(const Invitation&) const { return "invitation"; }
  std::string operator()(const Welcome&) const { return "welcome"; }
  std::string operator()(const Refused&) const { return "refused"; }
  std::string operator()(const Lease& m) const { return "lease " + Show(m.id); }
  std::string operator()(const Acknowledged& m) const { return "ack " + Show(m.lease); }
  std::string operator()(const Superseded& m) const { return "superseded " + Show(m.lease); }
  std::string operator()(const JoinAnew&) const { return "join anew"; }
  std::string operator()(const GangReady& m) const {
    return fmt::format("gang ready {} {}", Show(m.lease), m.address);
  }
  std::string operator()(const GangLeft& m) const {
    return fmt::format("gang left {} {}", Show(m.lease), m.trouble);
  }
  std::string operator()(const GangGo& m) const {
    return fmt::format("gang go {} {}", Show(m.lease), m.address);
  }
  std::string operator()(const StopGracefully&) const { return "stop"; }
  std::string operator()(const Goodbye&) const { return "goodbye"; }
};

class RecordingEffects final : public AgentEffects {
 public:
  void SendToCoordinator(const Message& m) override { Add("up " + std::visit(Shower(), m)); }
  void SendToTrainer(const Message& m) override { Add("down " + std::visit(Shower(), m)); }
  void StartTrainer() override { Add("start"); }
  void KillTrainer() override { Add("kill"); }
  void LogAttempt(const LeaseId& lease, const std::string& line, LogWorth) override {
    log += Show(lease) + " " + line + "\n";
  }
  void EndInOrder() override { Add("end"); }
  void EndWithError(const std::string& reason) override { Add("fatal " + reason); }

  std::vector<std::string> Take() { return std::exchange(seen_, {}); }
  std::string log;

 private:
  void Add(std::string what) { seen_.push_back(std::move(what)); }
  std::vector<std::string> seen_;
};

// Every test looks at every effect: what it leaves untaken fails it.
class SupervisorTest : public ::testing::Test {
 protected:
  ~SupervisorTest() override { EXPECT_THAT(effects_.Take(), ::testing::IsEmpty()); }

  static Hello OurHello() {
    Hello hello;
    hello.build = "b1";
    hello.store_token = "token";
    return hello;
  }
  static TrainerHello TheirHello(std::string numerics = "n1") {
    return {.build = "b1", .numerics_class = std::move(numerics), .device = "cpu"};
  }
  static Lease ALease(const std::string& job, int attempt = 1) {
    Lease lease;
    lease.id = Id(job, attempt);
    return lease;
  }

  // Time passes as it does for the loop: in small steps, and the trainer says again what it said in
  // its last heartbeat.
  std::vector<std::string> Pass(Millis time) {
    for (const Millis end = now_ + time; now_ < end;) {
      now_ = std::min(end, now_ + Millis(500));
      if (beat_) Up(*beat_);
      supervisor_.OnTick(now_);
    }
    return TakeWithoutHeartbeats();
  }
  std::vector<std::string> TakeWithoutHeartbeats() {
    auto seen = effects_.Take();
    std::erase_if(seen, [](const std::string& s) { return s.starts_with("up heartbeat"); });
    return seen;
  }
  // A turn of the loop ends, in which leases are given.
  std::vector<std::string> Turn() {
    supervisor_.OnTick(now_);
    return TakeWithoutHeartbeats();
  }
  void Up(const Message& message) {
    if (const auto* beat = std::get_if<Heartbeat>(&message)) beat_ = *beat;
    supervisor_.OnTrainerMessage(message, now_);
  }
  void Down(const Message& message) { supervisor_.OnCoordinatorMessage(message, now_); }
  void Ended(int signal, int code = 0) {
    beat_.reset();
    supervisor_.OnTrainerEnded({.signal = signal, .exit_code = code}, now_);
  }
  // Up to the point where jobs run.
  void Join(const std::vector<std::string>& jobs = {}) {
    supervisor_.Start(now_);
    Up(TheirHello());
    Down(Welcome{CoordinatorEpoch{7}});
    for (const std::string& job : jobs) Down(ALease(job));
    Turn();
    for (const std::string& job : jobs) Up(AttemptStarted{Id(job), 0, ""});
    effects_.Take();
  }

  RecordingEffects effects_;
  Millis now_{1'000'000};
  std::optional<Heartbeat> beat_;  // of the trainer; none: it says nothing by itself
  Supervisor supervisor_{SupervisorOptions{.slots = 2}, OurHello(), effects_};
};

}  // namespace unmask

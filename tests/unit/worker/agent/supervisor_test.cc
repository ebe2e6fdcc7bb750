#include "worker/agent/supervisor.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "common/protocol/codec.h"

namespace unmask {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

LeaseId Id(std::string job, int attempt = 1) {
  return {std::move(job), AttemptNumber{attempt}, CoordinatorEpoch{7}};
}

std::string Show(const LeaseId& id) { return fmt::format("{}/{}", id.job_key, id.attempt.value); }

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
  ~SupervisorTest() override { EXPECT_THAT(effects_.Take(), IsEmpty()); }

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

  // Time passes as it does for the loop: in small steps.
  std::vector<std::string> Pass(Millis time) {
    for (const Millis end = now_ + time; now_ < end;) {
      now_ = std::min(end, now_ + Millis(500));
      supervisor_.OnTick(now_);
    }
    return TakeWithoutHeartbeats();
  }
  std::vector<std::string> TakeWithoutHeartbeats() {
    auto seen = effects_.Take();
    std::erase_if(seen, [](const std::string& s) { return s.starts_with("up heartbeat"); });
    return seen;
  }
  void Up(const Message& message) { supervisor_.OnTrainerMessage(message, now_); }
  void Down(const Message& message) { supervisor_.OnCoordinatorMessage(message, now_); }
  void Ended(int signal, int code = 0) {
    supervisor_.OnTrainerEnded({.signal = signal, .exit_code = code}, now_);
  }
  // Up to the point where jobs run.
  void Join(const std::vector<std::string>& jobs = {}) {
    supervisor_.Start(now_);
    Up(TheirHello());
    Down(Welcome{CoordinatorEpoch{7}});
    for (const std::string& job : jobs) {
      Down(ALease(job));
      Up(AttemptStarted{Id(job), 0, ""});
    }
    effects_.Take();
  }

  RecordingEffects effects_;
  Millis now_{1'000'000};
  Supervisor supervisor_{SupervisorOptions{.slots = 2}, OurHello(), effects_};
};

TEST_F(SupervisorTest, JoinsWithWhatTheTrainerSaysOfItself) {
  supervisor_.Start(now_);
  EXPECT_THAT(effects_.Take(), ElementsAre("start"));
  Up(TheirHello());
  EXPECT_THAT(effects_.Take(), ElementsAre("up hello n1"));
  EXPECT_THAT(Pass(Millis(3'000)), IsEmpty());  // nothing before the welcome
  Down(Welcome{});
  supervisor_.OnTick(now_);
  EXPECT_THAT(effects_.Take(), ElementsAre("up heartbeat"));
}

TEST_F(SupervisorTest, AResultIsKeptAndResentUntilAcknowledged) {
  Join({"a"});
  Up(CheckpointWritten{Id("a"), {}});
  Up(ResultReady{Id("a"), {}});
  EXPECT_THAT(effects_.Take(), ElementsAre("up checkpoint a/1", "up result a/1"));
  EXPECT_THAT(Pass(Millis(4'500)), IsEmpty());
  EXPECT_THAT(Pass(Millis(6'000)), ElementsAre("up result a/1", "up result a/1"));
  Down(Acknowledged{Id("a")});
  EXPECT_THAT(Pass(Millis(20'000)), IsEmpty());
}

TEST_F(SupervisorTest, ASupersededResultIsForgotten) {
  Join({"a"});
  Up(ResultReady{Id("a"), {}});
  Down(Superseded{Id("a")});
  EXPECT_THAT(effects_.Take(), ElementsAre("up result a/1"));
  EXPECT_THAT(Pass(Millis(20'000)), IsEmpty());
}

TEST_F(SupervisorTest, ASupersededJobIsStoppedAndItsResultDropped) {
  Join({"a"});
  Down(Superseded{Id("a")});
  EXPECT_THAT(effects_.Take(), ElementsAre("down superseded a/1"));
  Up(ResultReady{Id("a"), {}});
  Up(CheckpointWritten{Id("a"), {}});
}

TEST_F(SupervisorTest, AskedToJoinAnewItSaysHelloAndIsToldWhatIsOver) {
  Join({"a"});
  Down(JoinAnew{});
  EXPECT_THAT(effects_.Take(), ElementsAre("up hello n1"));
  Down(Superseded{Id("a")});
  EXPECT_THAT(effects_.Take(), ElementsAre("down superseded a/1"));
}

TEST_F(SupervisorTest, HeartbeatsCarryEverySlot) {
  Join({"a", "b"});
  Up(Heartbeat{{{Id("a"), 3, 60}, {Id("other"), 9, 9}}});
  supervisor_.OnTick(now_);
  EXPECT_THAT(effects_.Take(),
              ElementsAre(AnyOf("up heartbeat a/1@3 b/1@0", "up heartbeat b/1@0 a/1@3")));
  now_ += Millis(999);
  supervisor_.OnTick(now_);
  EXPECT_THAT(effects_.Take(), IsEmpty());
  now_ += Millis(1);
  supervisor_.OnTick(now_);
  EXPECT_THAT(effects_.Take(), SizeIs(1));
}

TEST_F(SupervisorTest, ALeaseGivenTwiceRunsOnce) {
  Join();
  Down(ALease("a"));
  Down(ALease("a"));
  EXPECT_THAT(effects_.Take(), ElementsAre("down lease a/1"));
  Up(ResultReady{Id("a"), {}});
  Down(ALease("a"));  // late: it is done, and the answer is on its way
  EXPECT_THAT(effects_.Take(), ElementsAre("up result a/1"));
}

// "c" and "d" come while both slots are taken.
TEST_F(SupervisorTest, LeasesBeyondTheSlotsWaitInTheirOrder) {
  Join({"a", "b"});
  Down(ALease("d"));
  Down(ALease("c"));
  EXPECT_THAT(effects_.Take(), IsEmpty());
  Up(ResultReady{Id("b"), {}});
  EXPECT_THAT(effects_.Take(), ElementsAre("up result b/1", "down lease d/1"));
  Up(Yielded{Id("a"), 1});
  EXPECT_THAT(effects_.Take(), ElementsAre("up yielded a/1@1", "down lease c/1"));
}

TEST_F(SupervisorTest, ASupersededJobKeepsItsSlotUntilTheTrainerLetsItGo) {
  Join({"a", "b"});
  Down(ALease("c"));
  Down(ALease("d"));
  Down(Superseded{Id("a")});
  Down(Superseded{Id("b")});
  Up(Heartbeat{{{Id("a"), 1, 10}, {Id("b"), 1, 10}}});
  EXPECT_THAT(effects_.Take(), ElementsAre("down superseded a/1", "down superseded b/1"));
  Up(Heartbeat{{{Id("b"), 1, 10}}});
  EXPECT_THAT(effects_.Take(), ElementsAre("down lease c/1"));
  Up(ResultReady{Id("b"), {}});  // it had ended before it heard
  EXPECT_THAT(effects_.Take(), ElementsAre("down lease d/1"));
}

// As a gang's member whose peer is frozen; "b" runs beside it, "c" waits for its slot.
TEST_F(SupervisorTest, ASupersededJobThatDoesNotEndCostsTheTrainerAndNobodyABlame) {
  Join({"a", "b"});
  Up(Heartbeat{{{Id("a"), 1, 10}, {Id("b"), 1, 9}}});
  Down(Superseded{Id("a")});
  EXPECT_THAT(effects_.Take(), ElementsAre("down superseded a/1"));
  for (int second = 0; second < 58; ++second) {
    Up(Heartbeat{{{Id("a"), 1, 10, /*waits=*/true}, {Id("b"), 1, 10 + second}}});
    EXPECT_THAT(Pass(Millis(1'000)), IsEmpty());
  }
  Down(ALease("c"));
  EXPECT_THAT(Pass(Millis(2'500)), ElementsAre("kill"));
  Ended(9);
  EXPECT_THAT(TakeWithoutHeartbeats(), ElementsAre("up failed b/1 killed"));
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("start"));
  Up(TheirHello());
  EXPECT_THAT(effects_.Take(), ElementsAre("down lease c/1"));
}

// It looks whether it is wanted once it has loaded.
TEST_F(SupervisorTest, ASupersededJobThatLoadsMayTakeTenMinutes) {
  Join({"a", "b"});
  Down(Superseded{Id("a")});
  EXPECT_THAT(effects_.Take(), ElementsAre("down superseded a/1"));
  for (int second = 0; second < 600; ++second) {
    Up(Heartbeat{{{Id("a"), 0, 0}, {Id("b"), 1, 10 + second}}});
    EXPECT_THAT(Pass(Millis(1'000)), IsEmpty());
  }
  Up(Heartbeat{{{Id("a"), 0, 0}, {Id("b"), 1, 1'000}}});
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("kill"));
}

TEST_F(SupervisorTest, ASupersededLeaseThatWaitsIsNeverGiven) {
  Join({"a", "b"});
  Down(ALease("c"));
  Down(ALease("d"));
  Down(Superseded{Id("c")});
  EXPECT_THAT(effects_.Take(), IsEmpty());
  Up(ResultReady{Id("a"), {}});
  EXPECT_THAT(effects_.Take(), ElementsAre("up result a/1", "down lease d/1"));
}

TEST_F(SupervisorTest, ACrashIsNotForLeasesThatWait) {
  Join({"a", "b"});
  Down(ALease("c"));
  Ended(0, 3);
  EXPECT_THAT(effects_.Take(), ElementsAre("up failed a/1 exit", "up failed b/1 exit"));
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("start"));
  Up(TheirHello());
  EXPECT_THAT(effects_.Take(), ElementsAre("down lease c/1"));
}

TEST_F(SupervisorTest, WhatHasWaitedLongGoesBack) {
  Join({"a", "b"});
  Down(ALease("c"));
  EXPECT_THAT(Pass(Millis(4'000)), IsEmpty());
  Down(ALease("d"));
  EXPECT_THAT(Pass(Millis(1'000)), ElementsAre("up yielded c/1@0"));
  Up(ResultReady{Id("a"), {}});
  EXPECT_THAT(TakeWithoutHeartbeats(), ElementsAre("up result a/1", "down lease d/1"));
  EXPECT_THAT(Pass(Millis(2'000)), IsEmpty());
}

TEST_F(SupervisorTest, AStopSendsBackWhatWaits) {
  Join({"a", "b"});
  Down(ALease("c"));
  Down(StopGracefully{});
  EXPECT_THAT(effects_.Take(), ElementsAre("up yielded c/1@0", "down stop"));
  Up(Yielded{Id("a"), 1});
  EXPECT_THAT(effects_.Take(), ElementsAre("up yielded a/1@1"));
}

TEST_F(SupervisorTest, ACrashIsBlamedOnTheOnlyJob) {
  Join({"a"});
  supervisor_.OnTrainerEnded({.signal = 11, .last_words = "oh\nno\n"}, now_);
  EXPECT_THAT(effects_.Take(), ElementsAre("up failed a/1 killed alone"));
  EXPECT_THAT(effects_.log, HasSubstr("failed (killed): the trainer died by signal 11"));
  EXPECT_THAT(effects_.log, HasSubstr("oh\nno"));
  Down(Acknowledged{Id("a")});
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("start"));
}

TEST_F(SupervisorTest, ACrashAmongSeveralBlamesNone) {
  Join({"a", "b"});
  Ended(0, 3);
  EXPECT_THAT(effects_.Take(), ElementsAre("up failed a/1 exit", "up failed b/1 exit"));
  Down(Acknowledged{Id("a")});
  Down(Acknowledged{Id("b")});
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("start"));
}

TEST_F(SupervisorTest, AFinishedJobIsNoSuspect) {
  Join({"a", "b"});
  Up(ResultReady{Id("b"), {}});
  Ended(11);
  EXPECT_THAT(effects_.Take(), ElementsAre("up result b/1", "up failed a/1 killed alone"));
}

TEST_F(SupervisorTest, LeasesWaitForTheNextTrainer) {
  Join({"a"});
  Ended(11);
  Down(Acknowledged{Id("a")});
  Down(ALease("a", 2));
  EXPECT_THAT(effects_.Take(), ElementsAre("up failed a/1 killed alone"));
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("start"));
  Ended(11);  // before its hello: the waiting lease had nothing to do with it
  EXPECT_THAT(Pass(Millis(2'000)), ElementsAre("start"));
  Up(TheirHello());
  EXPECT_THAT(effects_.Take(), ElementsAre("down lease a/2"));
}

TEST_F(SupervisorTest, OnlyTheHungJobIsBlamed) {
  Join({"a", "b"});
  Up(Heartbeat{{{Id("a"), 1, 10}, {Id("b"), 1, 10}}});
  for (int i = 0; i < 60; ++i) {
    EXPECT_THAT(Pass(Millis(1'000)), IsEmpty());
    Up(Heartbeat{{{Id("a"), 1, 10}, {Id("b"), 2, 20 + i}}});
  }
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("kill"));
  Ended(9);
  EXPECT_THAT(TakeWithoutHeartbeats(),
              ElementsAre("up failed a/1 hang alone", "up failed b/1 killed"));
  EXPECT_THAT(effects_.log, HasSubstr("a/1 failed (hang): no progress for 60 s"));
}

TEST_F(SupervisorTest, LoadingMayTakeTenMinutes) {
  Join({"a"});
  EXPECT_THAT(Pass(Millis(600'000)), IsEmpty());
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("kill"));
  Ended(9);
  EXPECT_THAT(TakeWithoutHeartbeats(), ElementsAre("up failed a/1 hang alone"));
}

TEST_F(SupervisorTest, TimeInWhichTheAgentItselfStoodStillCountsForNothing) {
  Join({"a"});
  Up(Heartbeat{{{Id("a"), 1, 10}}});
  supervisor_.OnTick(now_);
  now_ += Millis(3'600'000);
  supervisor_.OnTick(now_);
  EXPECT_THAT(TakeWithoutHeartbeats(), IsEmpty());
  EXPECT_THAT(Pass(Millis(59'000)), IsEmpty());
  EXPECT_THAT(Pass(Millis(2'000)), ElementsAre("kill"));
}

TEST_F(SupervisorTest, GivesUpOnATrainerThatCannotStart) {
  supervisor_.Start(now_);
  effects_.Take();
  std::vector<int> waits;
  for (int death = 1; death <= 4; ++death) {
    Ended(0, 127);
    EXPECT_THAT(effects_.Take(), IsEmpty());
    const Millis died = now_;
    while (effects_.Take().empty()) {
      now_ += Millis(100);
      supervisor_.OnTick(now_);
    }
    waits.push_back(static_cast<int>((now_ - died).count()));
  }
  EXPECT_THAT(waits, ElementsAre(100, 1'000, 2'000, 4'000));
  Ended(0, 127);
  EXPECT_THAT(effects_.Take(), ElementsAre(HasSubstr("5 times without a job")));
}

TEST_F(SupervisorTest, AStartedJobShowsThatTheTrainerWorks) {
  Join({"a"});
  for (int i = 0; i < 20; ++i) {
    Ended(11);
    EXPECT_THAT(effects_.Take(), SizeIs(1));
    Down(Acknowledged{Id("a", i + 1)});
    EXPECT_THAT(Pass(Millis(500)), ElementsAre("start"));
    Up(TheirHello());
    Down(ALease("a", i + 2));
    Up(AttemptStarted{Id("a", i + 2), 0, ""});
    EXPECT_THAT(effects_.Take(), SizeIs(2));
  }
}

TEST_F(SupervisorTest, AMuteTrainerIsKilled) {
  supervisor_.Start(now_);
  EXPECT_THAT(Pass(Millis(600'000)), ElementsAre("start"));
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("kill"));
}

// A hung device may hold a process for ever; its jobs are then for other workers.
TEST_F(SupervisorTest, ATrainerThatCannotBeKilledEndsTheWorker) {
  supervisor_.Start(now_);
  EXPECT_THAT(Pass(Millis(600'500)), ElementsAre("start", "kill"));
  EXPECT_THAT(Pass(Millis(60'000)), IsEmpty());
  EXPECT_THAT(Pass(Millis(1'000)), Contains("fatal the trainer was killed and does not end"));
}

TEST_F(SupervisorTest, ATrainerOfAnotherBuildOrClassIsFatal) {
  supervisor_.Start(now_);
  effects_.Take();
  auto other = TheirHello();
  other.build = "b2";
  Up(other);
  EXPECT_THAT(effects_.Take(), ElementsAre(HasSubstr("build b2")));
}

TEST_F(SupervisorTest, TheNumericsClassCannotChange) {
  Join();
  Ended(11);
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("start"));
  Up(TheirHello("n2"));
  EXPECT_THAT(effects_.Take(), ElementsAre(HasSubstr("numerics class")));
}

TEST_F(SupervisorTest, ATrainerThatSpeaksOutOfTurnIsKilled) {
  Join({"a"});
  Up(Acknowledged{Id("a")});
  EXPECT_THAT(effects_.Take(), ElementsAre("kill"));
  Up(ResultReady{Id("a"), {}});  // nothing that it says is believed any more
  Ended(9);
  EXPECT_THAT(effects_.Take(), ElementsAre("up failed a/1 exit alone"));
}

TEST_F(SupervisorTest, AGracefulStopYieldsEverything) {
  Join({"a"});
  Down(StopGracefully{});
  Down(StopGracefully{});
  EXPECT_THAT(effects_.Take(), ElementsAre("down stop"));
  Up(Yielded{Id("a"), 4});
  EXPECT_THAT(effects_.Take(), ElementsAre("up yielded a/1@4"));
  auto late = ALease("b");
  late.checkpoints = {{"sha", 6, 1, "n1"}};
  Down(late);  // crossed the stop on its way
  EXPECT_THAT(effects_.Take(), ElementsAre("up yielded b/1@6"));
}

TEST_F(SupervisorTest, AStopWhileTheTrainerIsDownYieldsWhatWaits) {
  Join();
  Ended(11);
  Down(ALease("a"));
  Down(StopGracefully{});
  EXPECT_THAT(effects_.Take(), ElementsAre("up yielded a/1@0"));
  Down(Acknowledged{Id("a")});
  EXPECT_THAT(Pass(Millis(10'000)), IsEmpty());  // no trainer for nothing
  Down(Goodbye{});
  EXPECT_THAT(effects_.Take(), ElementsAre("end"));
}

TEST_F(SupervisorTest, ADrainBeforeTheWelcomeIsToldAfterIt) {
  supervisor_.Start(now_);
  supervisor_.OnDrain(now_);
  Up(TheirHello());
  EXPECT_THAT(effects_.Take(), ElementsAre("start", "up hello n1"));
  Down(Welcome{});
  EXPECT_THAT(effects_.Take(), ElementsAre("up draining"));
}

TEST_F(SupervisorTest, GoodbyeEndsWithTheTrainer) {
  Join();
  Down(Goodbye{});
  EXPECT_THAT(Pass(Millis(2'000)), ElementsAre("down goodbye"));
  Ended(0, 0);
  EXPECT_THAT(effects_.Take(), ElementsAre("end"));
}

TEST_F(SupervisorTest, ATrainerThatDoesNotHeedGoodbyeIsKilled) {
  Join();
  Down(Goodbye{});
  EXPECT_THAT(Pass(Millis(6'000)), ElementsAre("down goodbye", "kill"));
  Ended(9);
  EXPECT_THAT(effects_.Take(), ElementsAre("end"));
}

TEST_F(SupervisorTest, ARefusedRankIsSilentUntilGoodbye) {
  Join({"a"});
  Down(Refused{"another build"});
  EXPECT_THAT(effects_.Take(), ElementsAre("kill"));
  Ended(9);
  Down(ALease("b"));
  EXPECT_THAT(Pass(Millis(60'000)), IsEmpty());
  EXPECT_THAT(effects_.Take(), IsEmpty());
  Down(Goodbye{});
  EXPECT_THAT(effects_.Take(), ElementsAre("end"));
  EXPECT_TRUE(supervisor_.refused());
}

TEST_F(SupervisorTest, WithoutTheStoreItAsksToBeRefused) {
  Hello hello = OurHello();
  hello.store_token.clear();
  Supervisor blind(SupervisorOptions{}, hello, effects_);
  blind.Start(now_);
  blind.OnTick(now_ + Millis(100));
  EXPECT_THAT(effects_.Take(), ElementsAre("up hello "));
}

// --- a member of a gang

TEST_F(SupervisorTest, AGangsMessagesPassBothWays) {
  Join({"g"});
  Up(GangReady{Id("g"), "here:7"});
  EXPECT_THAT(effects_.Take(), ElementsAre("up gang ready g/1 here:7"));
  Down(GangGo{Id("g"), "here:7"});
  EXPECT_THAT(effects_.Take(), ElementsAre("down gang go g/1 here:7"));
  Down(GangGo{Id("other"), "here:7"});  // of a lease that it has not
}

TEST_F(SupervisorTest, WhatAMemberSaysAtItsEndIsRepeatedUntilTheAttemptIsOver) {
  Join({"g"});
  Up(GangLeft{Id("g"), "reset"});
  EXPECT_THAT(effects_.Take(), ElementsAre("up gang left g/1 reset"));
  EXPECT_THAT(Pass(Millis(5'000)), ElementsAre("up gang left g/1 reset"));
  Down(Superseded{Id("g")});
  EXPECT_THAT(Pass(Millis(20'000)), IsEmpty());
}

TEST_F(SupervisorTest, WhoWaitsForItsGangDoesNotHang) {
  Join({"g"});
  for (int second = 0; second < 300; ++second) {
    Up(Heartbeat{{{Id("g"), 0, 5, /*waits=*/true}}});
    EXPECT_THAT(Pass(Millis(1'000)), IsEmpty());
  }
  Up(Heartbeat{{{Id("g"), 0, 5, /*waits=*/false}}});  // its own turn again, and no step
  EXPECT_THAT(Pass(Millis(61'000)), ElementsAre("kill"));
}

}  // namespace
}  // namespace unmask

#include "worker/agent/supervisor.h"

#include <gmock/gmock.h>

#include "tests/testing/supervisor_env.h"

namespace unmask {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

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
  now_ += Millis(1'000);
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
  EXPECT_THAT(Turn(), ElementsAre("down lease a/1"));
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
  EXPECT_THAT(Turn(), ElementsAre("up result b/1", "down lease d/1"));
  Up(Yielded{Id("a"), 1});
  EXPECT_THAT(Turn(), ElementsAre("up yielded a/1@1", "down lease c/1"));
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
  EXPECT_THAT(Turn(), ElementsAre("down lease c/1"));
  Up(ResultReady{Id("b"), {}});  // it had ended before it heard
  EXPECT_THAT(Turn(), ElementsAre("down lease d/1"));
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
  EXPECT_THAT(TakeWithoutHeartbeats(), ElementsAre("up yielded b/1@0"));
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("start"));
  Up(TheirHello());
  EXPECT_THAT(Turn(), ElementsAre("down lease c/1"));
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
  EXPECT_THAT(Turn(), ElementsAre("up result a/1", "down lease d/1"));
}

TEST_F(SupervisorTest, ACrashIsNotForLeasesThatWait) {
  Join({"a", "b"});
  Down(ALease("c"));
  Ended(0, 3);
  EXPECT_THAT(effects_.Take(), ElementsAre("up failed a/1 exit", "up failed b/1 exit"));
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("start"));
  Up(TheirHello());
  EXPECT_THAT(Turn(), ElementsAre("down lease c/1"));
}

TEST_F(SupervisorTest, WhatHasWaitedLongGoesBack) {
  Join({"a", "b"});
  Down(ALease("c"));
  EXPECT_THAT(Pass(Millis(4'000)), IsEmpty());
  Down(ALease("d"));
  EXPECT_THAT(Pass(Millis(1'000)), ElementsAre("up yielded c/1@0"));
  Up(ResultReady{Id("a"), {}});
  EXPECT_THAT(Turn(), ElementsAre("up result a/1", "down lease d/1"));
  EXPECT_THAT(Pass(Millis(2'000)), IsEmpty());
}

// To the coordinator the slot of "a" is free: it would lease the next job there again and again.
TEST_F(SupervisorTest, WhatWaitsForASupersededJobStays) {
  Join({"a", "b"});
  Up(Heartbeat{{{Id("a"), 1, 10}, {Id("b"), 1, 10}}});
  Down(Superseded{Id("a")});
  Down(ALease("c"));
  Down(ALease("d"));  // leased ahead
  EXPECT_THAT(effects_.Take(), ElementsAre("down superseded a/1"));
  EXPECT_THAT(Pass(Millis(5'000)), ElementsAre("up yielded d/1@0"));
  Down(Acknowledged{Id("d")});
  EXPECT_THAT(Pass(Millis(30'000)), IsEmpty());
  Up(Heartbeat{{{Id("b"), 1, 10}}});
  EXPECT_THAT(Turn(), ElementsAre("down lease c/1"));
}

TEST_F(SupervisorTest, AStopSendsBackWhatWaitsForASupersededJob) {
  Join({"a", "b"});
  Down(Superseded{Id("a")});
  Down(ALease("c"));
  Turn();
  Down(StopGracefully{});
  EXPECT_THAT(effects_.Take(), ElementsAre("up yielded c/1@0", "down stop"));
}

TEST_F(SupervisorTest, AStopSendsBackWhatWaits) {
  Join({"a", "b"});
  for (const char* job : {"d", "e", "c"}) Down(ALease(job));
  Down(Superseded{Id("e")});
  Down(StopGracefully{});
  EXPECT_THAT(effects_.Take(), ElementsAre("up yielded d/1@0", "up yielded c/1@0", "down stop"));
  Up(Yielded{Id("a"), 1});
  EXPECT_THAT(effects_.Take(), ElementsAre("up yielded a/1@1"));
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

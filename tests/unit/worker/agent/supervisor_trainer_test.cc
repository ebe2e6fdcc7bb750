// What a supervisor makes of its trainer's end and silence.
#include <gmock/gmock.h>

#include "tests/testing/supervisor_env.h"

namespace unmask {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using SupervisorTrainerTest = SupervisorTest;

TEST_F(SupervisorTrainerTest, ACrashIsBlamedOnTheOnlyJob) {
  Join({"a"});
  supervisor_.OnTrainerEnded({.signal = 11, .last_words = "oh\nno\n"}, now_);
  EXPECT_THAT(effects_.Take(), ElementsAre("up failed a/1 killed alone"));
  EXPECT_THAT(effects_.log, HasSubstr("failed (killed): the trainer died by signal 11"));
  EXPECT_THAT(effects_.log, HasSubstr("oh\nno"));
  Down(Acknowledged{Id("a")});
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("start"));
}

TEST_F(SupervisorTrainerTest, ACrashAmongSeveralBlamesNone) {
  Join({"a", "b"});
  Ended(0, 3);
  EXPECT_THAT(effects_.Take(), ElementsAre("up failed a/1 exit", "up failed b/1 exit"));
  Down(Acknowledged{Id("a")});
  Down(Acknowledged{Id("b")});
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("start"));
}

TEST_F(SupervisorTrainerTest, AFinishedJobIsNoSuspect) {
  Join({"a", "b"});
  Up(ResultReady{Id("b"), {}});
  Ended(11);
  EXPECT_THAT(effects_.Take(), ElementsAre("up result b/1", "up failed a/1 killed alone"));
}

// "b"'s result frees a slot, and is the last that the trainer said.
TEST_F(SupervisorTrainerTest, NothingIsGivenToATrainerThatIsGone) {
  Join({"a", "b"});
  Down(ALease("c"));
  Up(ResultReady{Id("a"), {}});
  Up(ResultReady{Id("b"), {}});
  Ended(11);
  EXPECT_THAT(effects_.Take(), ElementsAre("up result a/1", "up result b/1"));
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("start"));
  Up(TheirHello());
  EXPECT_THAT(Turn(), ElementsAre("down lease c/1"));
  supervisor_.OnTrainerClosed();
  Down(ALease("d"));
  EXPECT_THAT(Turn(), IsEmpty());
  Ended(11);
  EXPECT_THAT(effects_.Take(), ElementsAre("up failed c/1 killed alone"));
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("start"));
  Up(TheirHello());
  EXPECT_THAT(Turn(), ElementsAre("down lease d/1"));
}

TEST_F(SupervisorTrainerTest, LeasesWaitForTheNextTrainer) {
  Join({"a"});
  Ended(11);
  Down(Acknowledged{Id("a")});
  Down(ALease("a", 2));
  EXPECT_THAT(effects_.Take(), ElementsAre("up failed a/1 killed alone"));
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("start"));
  Ended(11);  // before its hello: the waiting lease had nothing to do with it
  EXPECT_THAT(Pass(Millis(2'000)), ElementsAre("start"));
  Up(TheirHello());
  EXPECT_THAT(Turn(), ElementsAre("down lease a/2"));
}

// The other goes on from its newest checkpoint.
TEST_F(SupervisorTrainerTest, OnlyTheHungJobIsBlamed) {
  Join({"a", "b"});
  Up(CheckpointWritten{Id("b"), {"sha", 1, 1, "n1"}});
  EXPECT_THAT(effects_.Take(), ElementsAre("up checkpoint b/1"));
  Up(Heartbeat{{{Id("a"), 1, 10}, {Id("b"), 1, 10}}});
  for (int i = 0; i < 60; ++i) {
    EXPECT_THAT(Pass(Millis(1'000)), IsEmpty());
    Up(Heartbeat{{{Id("a"), 1, 10}, {Id("b"), 2, 20 + i}}});
  }
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("kill"));
  Ended(9);
  EXPECT_THAT(TakeWithoutHeartbeats(), ElementsAre("up failed a/1 hang alone", "up yielded b/1@1"));
  EXPECT_THAT(effects_.log, HasSubstr("a/1 failed (hang): no progress for 60 s"));
  EXPECT_THAT(effects_.log, HasSubstr("b/1 the trainer was killed because of another job"));
}

// As where one holds what both need.
TEST_F(SupervisorTrainerTest, WhatStandsStillBesideAHungJobIsASuspect) {
  Join({"a", "b"});
  Up(Heartbeat{{{Id("a"), 1, 10}, {Id("b"), 1, 10}}});
  EXPECT_THAT(Pass(Millis(1'000)), IsEmpty());
  Up(Heartbeat{{{Id("a"), 1, 10}, {Id("b"), 1, 11}}});
  EXPECT_THAT(Pass(Millis(60'000)), ElementsAre("kill"));
  Ended(9);
  EXPECT_THAT(TakeWithoutHeartbeats(), ElementsAre("up failed a/1 hang", "up failed b/1 hang"));
}

TEST_F(SupervisorTrainerTest, LoadingMayTakeTenMinutes) {
  Join({"a"});
  Up(Heartbeat{{{Id("a"), 0, 0}}});
  EXPECT_THAT(Pass(Millis(600'000)), IsEmpty());
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("kill"));
  Ended(9);
  EXPECT_THAT(TakeWithoutHeartbeats(), ElementsAre("up failed a/1 hang alone"));
}

TEST_F(SupervisorTrainerTest, TimeInWhichTheAgentItselfStoodStillCountsForNothing) {
  Join({"a"});
  Up(Heartbeat{{{Id("a"), 1, 10}}});
  supervisor_.OnTick(now_);
  now_ += Millis(3'600'000);
  supervisor_.OnTick(now_);
  EXPECT_THAT(TakeWithoutHeartbeats(), IsEmpty());
  EXPECT_THAT(Pass(Millis(59'000)), IsEmpty());
  EXPECT_THAT(Pass(Millis(2'000)), ElementsAre("kill"));
}

// Which of its jobs is the reason is not known, though "a" had got further.
TEST_F(SupervisorTrainerTest, ATrainerThatSaysNothingHangs) {
  Join({"a", "b"});
  Up(Heartbeat{{{Id("a"), 1, 10}, {Id("b"), 0, 0}}});
  EXPECT_THAT(Pass(Millis(30'000)), IsEmpty());
  beat_.reset();
  EXPECT_THAT(Pass(Millis(60'000)), IsEmpty());
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("kill"));
  Ended(9);
  EXPECT_THAT(TakeWithoutHeartbeats(), ElementsAre("up failed a/1 hang", "up failed b/1 hang"));
  EXPECT_THAT(effects_.log, HasSubstr("the trainer has said nothing for 60 s"));
}

TEST_F(SupervisorTrainerTest, ATrainerWithoutAJobThatSaysNothingIsReplaced) {
  Join();
  EXPECT_THAT(Pass(Millis(60'500)), ElementsAre("kill"));
  Ended(9);
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("start"));
}

// Suspended together with its trainer.
TEST_F(SupervisorTrainerTest, SilenceWhileTheAgentStoodStillCountsForNothing) {
  Join({"a"});
  const Heartbeat beat{{{Id("a"), 1, 10}}};
  Up(beat);
  supervisor_.OnTick(now_);
  now_ += Millis(3'600'000);
  Up(beat);  // from before
  EXPECT_THAT(Turn(), IsEmpty());
  beat_.reset();
  EXPECT_THAT(Pass(Millis(30'000)), IsEmpty());
  now_ += Millis(3'600'000);
  EXPECT_THAT(Turn(), IsEmpty());
  EXPECT_THAT(Pass(Millis(29'000)), IsEmpty());
  EXPECT_THAT(Pass(Millis(2'000)), ElementsAre("kill"));
}

TEST_F(SupervisorTrainerTest, GivesUpOnATrainerThatCannotStart) {
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

TEST_F(SupervisorTrainerTest, AStartedJobShowsThatTheTrainerWorks) {
  Join({"a"});
  for (int i = 0; i < 20; ++i) {
    Ended(11);
    EXPECT_THAT(effects_.Take(), SizeIs(1));
    Down(Acknowledged{Id("a", i + 1)});
    EXPECT_THAT(Pass(Millis(500)), ElementsAre("start"));
    Up(TheirHello());
    Down(ALease("a", i + 2));
    EXPECT_THAT(Turn(), SizeIs(1));
    Up(AttemptStarted{Id("a", i + 2), 0, ""});
    EXPECT_THAT(effects_.Take(), SizeIs(1));
  }
}

TEST_F(SupervisorTrainerTest, AMuteTrainerIsKilled) {
  supervisor_.Start(now_);
  EXPECT_THAT(Pass(Millis(600'000)), ElementsAre("start"));
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("kill"));
}

// A hung device may hold a process for ever; its jobs are then for other workers.
TEST_F(SupervisorTrainerTest, ATrainerThatCannotBeKilledEndsTheWorker) {
  supervisor_.Start(now_);
  EXPECT_THAT(Pass(Millis(600'500)), ElementsAre("start", "kill"));
  EXPECT_THAT(Pass(Millis(60'000)), IsEmpty());
  EXPECT_THAT(Pass(Millis(1'000)), Contains("fatal the trainer was killed and does not end"));
}

TEST_F(SupervisorTrainerTest, ATrainerOfAnotherBuildOrClassIsFatal) {
  supervisor_.Start(now_);
  effects_.Take();
  auto other = TheirHello();
  other.build = "b2";
  Up(other);
  EXPECT_THAT(effects_.Take(), ElementsAre(HasSubstr("build b2")));
}

TEST_F(SupervisorTrainerTest, TheNumericsClassCannotChange) {
  Join();
  Ended(11);
  EXPECT_THAT(Pass(Millis(500)), ElementsAre("start"));
  Up(TheirHello("n2"));
  EXPECT_THAT(effects_.Take(), ElementsAre(HasSubstr("numerics class")));
}

TEST_F(SupervisorTrainerTest, ATrainerThatSpeaksOutOfTurnIsKilled) {
  Join({"a"});
  Up(Acknowledged{Id("a")});
  EXPECT_THAT(effects_.Take(), ElementsAre("kill"));
  Up(ResultReady{Id("a"), {}});  // nothing that it says is believed any more
  Ended(9);
  EXPECT_THAT(effects_.Take(), ElementsAre("up failed a/1 exit alone"));
}

}  // namespace
}  // namespace unmask

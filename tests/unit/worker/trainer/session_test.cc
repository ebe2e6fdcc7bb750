#include "worker/trainer/session.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "tests/testing/read_frame.h"

namespace unmask {
namespace {

Lease LeaseOf(const std::string& job) {
  Lease lease;
  lease.id = {job, AttemptNumber{1}, CoordinatorEpoch{1}};
  return lease;
}

// The agent's end of a session whose slots run `run`.
class SessionTest : public ::testing::Test {
 protected:
  SessionTest() { UNMASK_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_) == 0); }
  ~SessionTest() override {
    CloseAgentsEnd();
    if (trainer_.joinable()) trainer_.join();
    close(ends_[1]);
  }

  void Serve(int slots, Session::RunLease run) {
    writer_ = std::make_unique<MessageWriter>(ends_[1]);
    trainer_ = std::thread([this, slots, run = std::move(run)] {
      Session session(ends_[1], slots, heartbeat_, *writer_, run);
      served_ok_ = session.Serve().ok();
    });
  }

  void Say(const Message& message) { ASSERT_TRUE(WriteFrame(ends_[0], message).ok()); }
  Message Hear() { return ReadFrame(ends_[0]).value(); }
  // The next message that is no heartbeat.
  Message HearNews() {
    while (true) {
      Message message = Hear();
      if (!std::holds_alternative<Heartbeat>(message)) return message;
    }
  }
  Heartbeat HearHeartbeatWith(std::size_t slots) {
    while (true) {
      const Message message = Hear();
      const auto* heartbeat = std::get_if<Heartbeat>(&message);
      if (heartbeat != nullptr && heartbeat->slots.size() == slots) return *heartbeat;
    }
  }
  void CloseAgentsEnd() {
    if (ends_[0] >= 0) close(ends_[0]);
    ends_[0] = -1;
  }
  void Join() { trainer_.join(); }

  int ends_[2] = {-1, -1};
  Millis heartbeat_{1};
  std::unique_ptr<MessageWriter> writer_;
  std::thread trainer_;
  std::atomic<bool> served_ok_{false};
};

// Steps until it shall end, then says how.
void Spin(MessageWriter& writer, const Lease& lease, LeaseControl& control) {
  while (!control.abandon && !control.yield) {
    ++control.steps;
    std::this_thread::yield();
  }
  if (control.yield) writer.Send(Yielded{lease.id, control.epoch});
}

TEST_F(SessionTest, RunsAsManyLeasesAsItHasSlotsAndReportsThem) {
  Serve(2, [&](const Lease& lease, LeaseControl& control) { Spin(*writer_, lease, control); });
  for (const char* job : {"one", "two", "three"}) Say(LeaseOf(job));
  const Heartbeat first = HearHeartbeatWith(2);
  EXPECT_EQ(first.slots[0].lease.job_key, "one");
  EXPECT_EQ(first.slots[1].lease.job_key, "two");
  std::int64_t steps = first.slots[0].steps;
  for (int i = 0; i < 3; ++i) {  // progress: steps rise again and again
    std::int64_t later = steps;
    while (later == steps) later = HearHeartbeatWith(2).slots[0].steps;
    EXPECT_GT(later, steps);
    steps = later;
  }
  Say(Superseded{LeaseOf("one").id});
  Heartbeat moved = HearHeartbeatWith(2);
  while (moved.slots[1].lease.job_key != "three") moved = HearHeartbeatWith(2);
  EXPECT_EQ(moved.slots[0].lease.job_key, "two");
  Say(Goodbye{});
  Join();
  EXPECT_TRUE(served_ok_);
}

TEST_F(SessionTest, ASupersededLeaseThatWaitsIsForgotten) {
  Serve(1, [&](const Lease& lease, LeaseControl& control) {
    writer_->Send(AttemptStarted{lease.id, 0, ""});
    Spin(*writer_, lease, control);
  });
  Say(LeaseOf("runs"));
  EXPECT_EQ(std::get<AttemptStarted>(HearNews()).lease.job_key, "runs");
  Say(LeaseOf("waits"));
  Say(LeaseOf("last"));
  Say(Superseded{LeaseOf("waits").id});
  Say(Superseded{LeaseOf("runs").id});
  EXPECT_EQ(std::get<AttemptStarted>(HearNews()).lease.job_key, "last");
}

TEST_F(SessionTest, ASupersededLeaseThatEndedIsToldAtOnce) {
  heartbeat_ = Millis(3'600'000);  // none but the first comes by itself
  Serve(1, [&](const Lease& lease, LeaseControl& control) {
    writer_->Send(AttemptStarted{lease.id, 0, ""});
    Spin(*writer_, lease, control);
  });
  HearHeartbeatWith(0);
  Say(LeaseOf("runs"));
  EXPECT_EQ(std::get<AttemptStarted>(HearNews()).lease.job_key, "runs");
  Say(Superseded{LeaseOf("runs").id});
  HearHeartbeatWith(0);
}

TEST_F(SessionTest, OtherAttemptsOfAJobAreNotMeant) {
  Serve(1, [&](const Lease& lease, LeaseControl& control) { Spin(*writer_, lease, control); });
  Say(LeaseOf("job"));
  HearHeartbeatWith(1);
  Lease other = LeaseOf("job");
  other.id.attempt = AttemptNumber{2};
  Say(Superseded{other.id});
  Say(StopGracefully{});
  EXPECT_EQ(std::get<Yielded>(HearNews()).lease, LeaseOf("job").id);
}

TEST_F(SessionTest, StopMakesEveryLeaseYieldAlsoLaterOnes) {
  Serve(2, [&](const Lease& lease, LeaseControl& control) { Spin(*writer_, lease, control); });
  Say(LeaseOf("one"));
  HearHeartbeatWith(1);
  Say(StopGracefully{});
  EXPECT_EQ(std::get<Yielded>(HearNews()).lease.job_key, "one");
  Say(LeaseOf("late"));
  EXPECT_EQ(std::get<Yielded>(HearNews()).lease.job_key, "late");
}

TEST_F(SessionTest, EndsWhenTheAgentIsGone) {
  std::atomic<bool> abandoned{false};
  Serve(1, [&](const Lease& lease, LeaseControl& control) {
    Spin(*writer_, lease, control);
    abandoned = control.abandon.load();
  });
  Say(LeaseOf("one"));
  HearHeartbeatWith(1);
  CloseAgentsEnd();
  Join();
  EXPECT_TRUE(abandoned);
}

TEST_F(SessionTest, GarbageIsAnError) {
  Serve(1, [](const Lease&, LeaseControl&) {});
  ASSERT_EQ(send(ends_[0], "\x03\0\0\0xyz", 7, 0), 7);
  Join();
  EXPECT_FALSE(served_ok_);
}

TEST_F(SessionTest, AMemberWaitsForItsGangAndIsSeenToWait) {
  Serve(1, [&](const Lease& lease, LeaseControl& control) {
    control.waits = true;
    const auto address = control.AwaitGang();
    control.waits = false;
    writer_->Send(GangLeft{lease.id, address.value_or("dismissed")});
  });
  Say(LeaseOf("g"));
  while (!HearHeartbeatWith(1).slots[0].waits) {
  }
  Say(GangGo{LeaseOf("other").id, "elsewhere:1"});
  Say(GangGo{LeaseOf("g").id, "here:7"});
  EXPECT_EQ(std::get<GangLeft>(HearNews()).trouble, "here:7");
  Say(LeaseOf("h"));  // given back before its gang has met
  Say(StopGracefully{});
  EXPECT_EQ(std::get<GangLeft>(HearNews()).trouble, "dismissed");
}

TEST_F(SessionTest, TheEndOfTheSessionWakesAMemberThatWaits) {
  std::atomic<bool> dismissed{false};
  std::promise<void> waits;
  Serve(1, [&](const Lease&, LeaseControl& control) {
    waits.set_value();
    dismissed = !control.AwaitGang().has_value();
  });
  Say(LeaseOf("g"));
  waits.get_future().wait();
  CloseAgentsEnd();
  Join();
  EXPECT_TRUE(dismissed);
}

}  // namespace
}  // namespace unmask

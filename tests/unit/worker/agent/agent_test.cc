// RunAgent and TrainerProcess with real processes (tests/testing/trainer_double.cc) and a fake
// network, on which the test is the coordinator.
#include "worker/agent/agent.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "common/base/build_info.h"
#include "common/base/text.h"
#include "common/protocol/codec.h"
#include "tests/testing/fake_transport.h"
#include "tests/testing/temp_folder.h"
#include "worker/agent/trainer_process.h"

namespace unmask {
namespace {

using ::testing::ExitedWithCode;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::KilledBySignal;
using ::testing::Not;

constexpr Millis kPatience{30'000};

// Processes whose parent is this one, zombies included.
std::vector<int> Children() {
  std::vector<int> children;
  for (const auto& task : fs::directory_iterator("/proc/self/task")) {
    std::ifstream in(task.path() / "children");
    for (int pid = 0; in >> pid;) children.push_back(pid);
  }
  return children;
}

class StoreFolder {
 public:
  StoreFolder() {
    fs::create_directories(path() / "logs");
    std::ofstream(path() / "token") << "the-token\n";
  }
  const fs::path& path() const { return folder_.path(); }

 private:
  const TempFolder folder_;
};

AgentOptions OptionsFor(const StoreFolder& store) {
  AgentOptions options;
  options.store = store.path();
  options.trainer = UNMASK_TRAINER_DOUBLE;
  options.host = "host";
  options.parent = getppid();
  options.supervisor.slots = 2;
  options.supervisor.heartbeat = Millis(20);
  return options;
}

Lease LeaseOf(const std::string& behaviour, int attempt = 1) {
  Lease lease;
  lease.id = {std::string(64, 'f'), AttemptNumber{attempt}, CoordinatorEpoch{1}};
  lease.spec = behaviour;
  return lease;
}

class AgentTest : public ::testing::Test {
 protected:
  ~AgentTest() override {
    if (thread_.joinable()) SayGoodbye();
    unsetenv("TRAINER_DOUBLE");
  }

  // The agent in a thread of its own, as far as the welcome.
  Hello Join() {
    options_ = OptionsFor(store_);
    if (adjust_) adjust_(options_);
    thread_ = std::thread([this] { code_ = RunAgent(network_.At(1), options_); });
    Tell(Invitation{});
    Hello hello = Next<Hello>();
    Tell(Welcome{CoordinatorEpoch{1}});
    return hello;
  }

  void Tell(const Message& message) { network_.At(0).Send(WorkerId{1}, Encode(message)); }

  // The next message of this kind; others but heartbeats must not come before it.
  template <typename T>
  T Next() {
    while (true) {
      const auto event = network_.Wait(0, kPatience);
      UNMASK_CHECK(event.has_value());
      auto message = Decode(std::get<Received>(*event).bytes);
      UNMASK_CHECK(message.ok());
      if (auto* wanted = std::get_if<T>(&*message)) return std::move(*wanted);
      EXPECT_TRUE(std::holds_alternative<Heartbeat>(*message)) << "kind " << message->index();
    }
  }

  // A failure as it comes after the attempt's start, acknowledged.
  AttemptFailed Fail(const std::string& behaviour, int attempt = 1) {
    Tell(LeaseOf(behaviour, attempt));
    Next<AttemptStarted>();
    AttemptFailed failed = Next<AttemptFailed>();
    Tell(Acknowledged{failed.lease});
    return failed;
  }

  void SayGoodbye() {
    Tell(Goodbye{});
    thread_.join();
    EXPECT_EQ(code_, 0);
    EXPECT_THAT(Children(), IsEmpty());
  }

  std::string AttemptLog() const {
    return ReadFile(store_.path() / "logs" / "ffffffffffff-1.log").value();
  }

  StoreFolder store_;
  FakeNetwork network_{2};
  AgentOptions options_;
  std::function<void(AgentOptions&)> adjust_;
  std::thread thread_;
  int code_ = -1;
};

TEST_F(AgentTest, AJobGoesRoundAndLeavesItsLog) {
  const Hello hello = Join();
  EXPECT_EQ(hello.store_token, "the-token");
  EXPECT_EQ(hello.build, BuildId());
  EXPECT_EQ(hello.numerics_class, "double");
  EXPECT_EQ(hello.slots, 2);
  Tell(LeaseOf("succeed"));
  Next<AttemptStarted>();
  EXPECT_EQ(Next<CheckpointWritten>().checkpoint.epoch, 1);
  const auto ready = Next<ResultReady>();
  EXPECT_EQ(ready.result.epochs, 2);
  Tell(Acknowledged{ready.lease});
  SayGoodbye();
  const std::string log = AttemptLog();
  EXPECT_THAT(log, HasSubstr("attempt 1 of job " + std::string(64, 'f')));
  EXPECT_THAT(log, HasSubstr("checkpoint after 1 epochs"));
  EXPECT_THAT(log, HasSubstr("done: 2 epochs"));
}

TEST_F(AgentTest, ACrashIsAnswered_AndTheNextJobRuns) {
  Join();
  const AttemptFailed failed = Fail("crash");
  EXPECT_EQ(failed.failure, FailureClass::kKilled);
  EXPECT_TRUE(failed.sole_suspect);
  EXPECT_EQ(failed.message, "the trainer died by signal 9 (Killed): in the double");
  EXPECT_EQ(Fail("exit", 2).message, "the trainer exited with code 3");
  const AttemptFailed garbage = Fail("garbage", 3);
  EXPECT_EQ(garbage.failure, FailureClass::kExit);
  EXPECT_THAT(garbage.message, HasSubstr("broke the protocol"));
  Tell(LeaseOf("succeed", 4));
  Next<AttemptStarted>();
  Next<CheckpointWritten>();
  Tell(Acknowledged{Next<ResultReady>().lease});
  SayGoodbye();
  EXPECT_THAT(AttemptLog(), HasSubstr("something went wrong\nin the double"));
}

TEST_F(AgentTest, WithoutItsFolderTheNextTrainersLogMakesIt) {
  Join();
  fs::remove_all(store_.path() / "logs");
  Fail("crash");
  EXPECT_THAT(Fail("crash", 2).message, HasSubstr("in the double"));
  SayGoodbye();
  EXPECT_TRUE(fs::exists(store_.path() / "logs" / "trainer-host-1.log"));
}

TEST_F(AgentTest, ATrainerWhoseLogCannotBeWrittenWorks) {
  Join();
  fs::remove_all(store_.path() / "logs");
  std::ofstream(store_.path() / "logs") << "no folder";
  Fail("crash");
  EXPECT_EQ(Fail("crash", 2).message, "the trainer died by signal 9 (Killed)");
}

TEST_F(AgentTest, WhatTheTrainerSaidBeforeItsEndIsHeard) {
  Join();
  Tell(LeaseOf("result-then-exit"));
  Next<AttemptStarted>();
  Next<ResultReady>();
}

TEST_F(AgentTest, AHangIsKilled) {
  adjust_ = [](AgentOptions& options) { options.supervisor.hang.floor = Millis(200); };
  Join();
  const AttemptFailed failed = Fail("hang");
  EXPECT_EQ(failed.failure, FailureClass::kHang);
  EXPECT_TRUE(failed.sole_suspect);
}

TEST_F(AgentTest, ATrainerThatSaysNothingIsKilled) {
  adjust_ = [](AgentOptions& options) { options.supervisor.mute_limit = Millis(500); };
  Join();
  const AttemptFailed failed = Fail("wait");
  EXPECT_EQ(failed.failure, FailureClass::kHang);
  EXPECT_EQ(failed.message, "the trainer has said nothing for 0 s");
}

TEST_F(AgentTest, AStopYields) {
  Join();
  Tell(LeaseOf("wait"));
  Next<AttemptStarted>();
  Tell(StopGracefully{});
  EXPECT_EQ(Next<Yielded>().epoch, 1);
}

TEST_F(AgentTest, SIGUSR1Drains) {
  Join();
  Tell(LeaseOf("wait"));
  Next<AttemptStarted>();
  ASSERT_EQ(kill(getpid(), SIGUSR1), 0);
  Next<Draining>();
  Next<Yielded>();
}

TEST_F(AgentTest, TheTrainerInheritsNothing) {
  setenv("OMPI_COMM_WORLD_RANK", "1", 1);
  const int leak = dup(STDERR_FILENO);  // without close-on-exec
  // The thread that spawned it is not the main thread, but it is this process.
  Join();
  const AttemptFailed facts = Fail("inheritance");
  EXPECT_EQ(facts.message, "OMP_NUM_THREADS=1 fd0 fd1 fd2 fd3 parent group");
  close(leak);
  unsetenv("OMPI_COMM_WORLD_RANK");
}

TEST_F(AgentTest, AStubbornTrainerIsKilledAtGoodbye) {
  setenv("TRAINER_DOUBLE", "stubborn", 1);
  adjust_ = [](AgentOptions& options) { options.supervisor.goodbye_limit = Millis(50); };
  Join();
  SayGoodbye();
}

TEST_F(AgentTest, ARankWithoutTheStoreAsksToBeRefused) {
  fs::remove(store_.path() / "token");
  const Hello hello = Join();
  EXPECT_EQ(hello.store_token, "");
  Tell(Refused{"cannot see the store"});
  Tell(Goodbye{});
  thread_.join();
  EXPECT_EQ(code_, 0);  // mpirun ends with it, and rank 0 knows how the run went
}

// What ends the process is looked at from outside: a child of the test runs the agent.
using AgentDeathTest = AgentTest;

TEST_F(AgentDeathTest, ALostCoordinatorIsNoSuccess) {
  network_.Lose(0);
  EXPECT_EXIT(RunAgent(network_.At(1), OptionsFor(store_)), ExitedWithCode(75),
              "the coordinator is gone");
}

// As where the network between the hosts is gone.
TEST_F(AgentDeathTest, ASilentCoordinatorIsTakenForGone) {
  AgentOptions options = OptionsFor(store_);
  options.parent = 0;  // the child's own
  options.silence_limit = Millis(100);
  Tell(Invitation{});  // the child finds it in its own copy of the network
  EXPECT_EXIT(RunAgent(network_.At(1), options), ExitedWithCode(75), "the coordinator is silent");
}

TEST_F(AgentDeathTest, ALostParentEndsItVisibly) {
  AgentOptions options = OptionsFor(store_);
  options.parent = getpid() + 1'000'000;  // above any pid_max: nobody's
  EXPECT_EXIT(RunAgent(network_.At(1), options), KilledBySignal(SIGKILL), "mpirun is gone");
}

TEST_F(AgentDeathTest, ATrainerThatCannotStartEndsItVisibly) {
  AgentOptions options = OptionsFor(store_);
  options.parent = 0;
  options.supervisor.start_attempts = 2;
  options.trainer = store_.path() / "nothing";
  Tell(Invitation{});  // each child finds it in its own copy of the network
  EXPECT_EXIT(RunAgent(network_.At(1), options), KilledBySignal(SIGKILL), "cannot run the trainer");
  setenv("TRAINER_DOUBLE", "die", 1);
  options.trainer = UNMASK_TRAINER_DOUBLE;
  EXPECT_EXIT(RunAgent(network_.At(1), options), KilledBySignal(SIGKILL),
              "2 times without a job.*exited with code 9: no such library");
  setenv("TRAINER_DOUBLE", "other-build", 1);
  EXPECT_EXIT(RunAgent(network_.At(1), options), KilledBySignal(SIGKILL), "0.0.0-other");
}

// --- TrainerProcess alone, as `unmask verify` uses it

TEST(TrainerProcessTest, WorksWithoutAnAgent) {
  const StoreFolder store;
  auto trainer = TrainerProcess::Start(
      {UNMASK_TRAINER_DOUBLE, store.path(), 1, "auto", store.path() / "logs" / "verify.log"});
  ASSERT_TRUE(trainer.ok());
  auto message = (*trainer)->Receive(kPatience);
  ASSERT_TRUE(message.ok() && *message);
  EXPECT_TRUE(std::holds_alternative<TrainerHello>(**message));
  ASSERT_TRUE((*trainer)->Send(LeaseOf("succeed")).ok());
  for (const std::size_t kind :
       {Message(AttemptStarted{}).index(), Message(CheckpointWritten{}).index(),
        Message(ResultReady{}).index()}) {
    message = (*trainer)->Receive(kPatience);
    ASSERT_TRUE(message.ok() && *message);
    EXPECT_EQ((*message)->index(), kind);
  }
  message = (*trainer)->Receive(Millis(5));
  ASSERT_TRUE(message.ok());
  EXPECT_FALSE(message->has_value());
  EXPECT_FALSE((*trainer)->TryReap());
  ASSERT_TRUE((*trainer)->Send(Goodbye{}).ok());
  EXPECT_FALSE((*trainer)->Receive(kPatience).ok());
  const auto end = (*trainer)->Reap(kPatience);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->exit_code, 0);
}

TEST(TrainerProcessTest, AMessageLargerThanTheSocketTakesArrives) {
  const StoreFolder store;
  auto trainer = TrainerProcess::Start(
      {UNMASK_TRAINER_DOUBLE, store.path(), 1, "auto", store.path() / "logs" / "verify.log"});
  ASSERT_TRUE(trainer.ok());
  Lease big = LeaseOf("succeed");
  big.checkpoints.resize(50'000, {std::string(64, 'a'), 1, 1, "class"});
  ASSERT_TRUE((*trainer)->Send(big).ok());
  bool done = false;
  while (!done) {
    auto message = (*trainer)->Receive(kPatience);
    ASSERT_TRUE(message.ok() && *message);
    done = std::holds_alternative<ResultReady>(**message);
  }
}

TEST(TrainerProcessTest, NothingIsLeftBehind) {
  setenv("TRAINER_DOUBLE", "mute", 1);
  const StoreFolder store;
  {
    auto trainer = TrainerProcess::Start(
        {UNMASK_TRAINER_DOUBLE, store.path(), 1, "auto", store.path() / "logs" / "verify.log"});
    ASSERT_TRUE(trainer.ok());
    EXPECT_THAT(Children(), Not(IsEmpty()));
  }
  unsetenv("TRAINER_DOUBLE");
  EXPECT_THAT(Children(), IsEmpty());
}

}  // namespace
}  // namespace unmask

#include "worker/agent/agent.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "common/base/backoff.h"
#include "common/base/build_info.h"
#include "common/base/group_share.h"
#include "common/base/log.h"
#include "common/base/process.h"
#include "common/base/text.h"
#include "common/protocol/codec.h"
#include "worker/agent/attempt_log.h"
#include "worker/agent/trainer_process.h"

namespace unmask {
namespace {

namespace asio = boost::asio;

constexpr WorkerId kCoordinator{0};
// A trainer that closed its socket is about to end; after this it is killed.
constexpr Millis kEndLimit{2'000};
constexpr Millis kLongestTurn{1'000};  // more than that this process itself stood still

// Empty where the store cannot be seen from here: the coordinator refuses such a rank by name.
std::string ReadStoreToken(const fs::path& store) {
  const auto token = ReadFile(store / "token", 4096);
  return token.ok() ? std::string(Trim(*token)) : "";
}

Hello MakeHello(const AgentOptions& options) {
  Hello hello;
  hello.build = BuildId();
  hello.host = options.host;
  hello.pid = getpid();
  hello.pid_space = PidSpace();
  hello.slots = options.supervisor.slots;
  hello.store_token = ReadStoreToken(options.store);
  return hello;
}

// Connects the supervisor to the transport, the trainer's socket, the clock and the signals.
class Agent final : public AgentEffects {
 public:
  Agent(Transport& transport, const AgentOptions& options)
      : transport_(transport),
        options_(options),
        parent_(options.parent != 0 ? options.parent : getppid()),
        logs_(options.store / "logs"),
        attempt_logs_(logs_, clock_),
        signals_(io_, SIGUSR1) {}
  ~Agent() override { ForgetTrainer(); }

  int Run() {
    WaitForDrain();
    Backoff backoff;
    while (!ended_) {
      const bool did_something = Turn(clock_.Now());
      WaitForTrainer();
      io_.run_one_for(backoff.Next(did_something));
    }
    return 0;  // also of a rank that was refused: the run goes on without it, and rank 0 tells how
  }

  void SendToCoordinator(const Message& message) override {
    bytes_.clear();
    EncodeTo(bytes_, message);
    transport_.Send(kCoordinator, bytes_);
  }

  void SendToTrainer(const Message& message) override {
    if (trainer_) trainer_->Queue(message);
  }

  void StartTrainer() override {
    ForgetTrainer();
    auto started =
        TrainerProcess::Start({options_.trainer, options_.store, options_.supervisor.slots,
                               options_.device, TrainerLog()});
    if (!started.ok()) return EndWithError(OneLine(started.error()));
    trainer_ = std::move(started).value();
    watch_.emplace(io_, trainer_->fd());
  }

  void KillTrainer() override {
    if (trainer_) trainer_->Kill();
  }

  void LogAttempt(const LeaseId& lease, const std::string& line, LogWorth worth) override {
    attempt_logs_.Add(lease, line, worth);
  }

  void EndInOrder() override { ended_ = true; }

  void EndWithError(const std::string& reason) override {
    ForgetTrainer();
    attempt_logs_.WriteAll();
    DieVisibly(Who() + reason);
  }

 private:
  // Nobody is left who would have to notice. Where every rank dies of a signal, a fault-tolerant
  // mpirun says that all went well.
  [[noreturn]] void EndResumable(const std::string& reason, bool told_elsewhere = false) {
    ForgetTrainer();
    attempt_logs_.WriteAll();
    if (!told_elsewhere) LogError(Who() + reason);
    _exit(ExitCode(ErrorCode::kStopped));
  }

  std::string Who() const {
    return fmt::format("worker {} on {}: ", transport_.self().value, options_.host);
  }

  // One round of everything that may have happened; whether anything had.
  bool Turn(Millis now) {
    if (!ParentAlive(parent_)) EndWithError("mpirun is gone");
    const bool heard_coordinator = HearCoordinator(now);
    JudgeSilence(heard_coordinator, now);
    const bool heard_trainer = HearTrainer(now);
    if (!ended_ && supervisor_) supervisor_->OnTick(now);
    // Where this fails the trainer is ending, and TryReap will tell how.
    if (trainer_ && !trainer_->Flush().ok()) LogDebug("the trainer does not listen");
    (void)transport_.Flushed();  // what this round sent leaves together, and before any sleep
    attempt_logs_.WriteOld(now);
    return heard_coordinator || heard_trainer;
  }

  void JudgeSilence(bool heard, Millis now) {
    const bool expected = supervisor_ && !heard;  // from the invitation on
    silence_ = expected ? silence_ + std::min(now - turned_at_, kLongestTurn) : Millis(0);
    turned_at_ = now;
    if (silence_ > options_.silence_limit) EndResumable("the coordinator is silent");
  }

  bool HearCoordinator(Millis now) {
    bool heard = false;
    while (const auto event = transport_.Poll()) {
      heard = true;
      if (const auto* lost = std::get_if<PeerLost>(&*event)) {
        if (lost->peer == kCoordinator) {
          EndResumable("the coordinator is gone", options_.launched);
        }
        continue;
      }
      const auto& received = std::get<Received>(*event);
      if (received.from != kCoordinator) continue;
      auto message = Decode(received.bytes);
      if (!message.ok()) EndWithError(OneLine(message.error()));
      OnCoordinatorMessage(*std::move(message), now);
    }
    return heard;
  }

  // Before the invitation there is no store to look at, and a run that fails at its start may end
  // without one.
  void OnCoordinatorMessage(Message message, Millis now) {
    if (supervisor_ && std::holds_alternative<Invitation>(message)) return;  // a sign of life
    if (supervisor_) return supervisor_->OnCoordinatorMessage(std::move(message), now);
    if (std::holds_alternative<Goodbye>(message)) ended_ = true;
    if (!std::holds_alternative<Invitation>(message)) return;
    ShareWithGroupOf(options_.store);  // its trainers inherit that
    supervisor_.emplace(options_.supervisor, MakeHello(options_), *this);
    supervisor_->Start(now);
    if (drain_asked_) supervisor_->OnDrain(now);
  }

  // The end is asked for first and told last: everything that the trainer said before it is heard.
  bool HearTrainer(Millis now) {
    if (!trainer_) return false;
    std::optional<TrainerEnd> end = trainer_->TryReap();
    const bool heard = HearTrainersMessages(now);
    if (closed_at_ && now - *closed_at_ > kEndLimit) trainer_->Kill();
    if (!end) return heard;
    end->protocol_error = protocol_error_;
    ForgetTrainer();
    supervisor_->OnTrainerEnded(*end, now);
    return true;
  }

  bool HearTrainersMessages(Millis now) {
    bool heard = false;
    while (!closed_at_) {
      auto message = trainer_->Receive(Millis(0));
      if (message.ok() && !*message) break;
      heard = true;
      if (message.ok()) {
        supervisor_->OnTrainerMessage(**std::move(message), now);
        continue;
      }
      closed_at_ = now;
      supervisor_->OnTrainerClosed();
      StopWatching();
      if (message.error().code == ErrorCode::kData) {  // not the end of the socket: no message
        protocol_error_ = message.error().problems.front().what;
        trainer_->Kill();
      }
    }
    return heard;
  }

  void ForgetTrainer() {
    StopWatching();
    trainer_.reset();  // killed and reaped where it still lives
    closed_at_.reset();
    protocol_error_.clear();
  }

  // The socket is the trainer's: released, never closed here.
  void StopWatching() {
    if (watch_) watch_->release();
    watch_.reset();
    waiting_ = false;
  }

  // Wakes the loop when the trainer says something.
  void WaitForTrainer() {
    if (!watch_ || waiting_) return;
    waiting_ = true;
    watch_->async_wait(asio::posix::stream_descriptor::wait_read,
                       [this](const boost::system::error_code& error) {
                         if (!error) waiting_ = false;
                       });
  }

  void WaitForDrain() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      drain_asked_ = true;
      if (supervisor_) supervisor_->OnDrain(clock_.Now());
      WaitForDrain();
    });
  }

  fs::path TrainerLog() const {
    return logs_ / fmt::format("trainer-{}-{}.log", options_.host, transport_.self().value);
  }

  Transport& transport_;
  const AgentOptions& options_;
  const pid_t parent_;
  const fs::path logs_;
  RealClock clock_;
  AttemptLogs attempt_logs_;
  asio::io_context io_;
  asio::signal_set signals_;
  std::string bytes_;                     // of the message being sent
  std::optional<Supervisor> supervisor_;  // from the invitation on

  std::unique_ptr<TrainerProcess> trainer_;
  std::optional<asio::posix::stream_descriptor> watch_;
  bool waiting_ = false;             // on watch_
  std::optional<Millis> closed_at_;  // the trainer says no more
  std::string protocol_error_;       // why, where it was our decision
  bool drain_asked_ = false;
  Millis turned_at_{0}, silence_{0};  // of the coordinator, since it was last heard
  bool ended_ = false;
};

}  // namespace

int RunAgent(Transport& transport, const AgentOptions& options) {
  return Agent(transport, options).Run();
}

}  // namespace unmask

#include "worker/agent/trainer_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include "worker/agent/spawn.h"

namespace unmask {
namespace {

constexpr std::size_t kLastWordsMax = 4096;

std::uintmax_t SizeOf(const fs::path& path) {
  std::error_code missing;
  const std::uintmax_t size = fs::file_size(path, missing);
  return missing ? 0 : size;
}

Error SocketError(std::string_view verb) {
  return InternalError(fmt::format("cannot {} the trainer: {}", verb, std::strerror(errno)));
}

}  // namespace

Result<std::unique_ptr<TrainerProcess>> TrainerProcess::Start(const TrainerCommand& command) {
  if (access(command.program.c_str(), X_OK) != 0) {
    return DataError("cannot run the trainer", command.program.string(),
                     "the program unmask-trainer beside unmask");
  }
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return SocketError("reach");
  std::unique_ptr<TrainerProcess> process(new TrainerProcess(ends[0], command.log));
  const SpawnCommand spawn{
      .arguments = {command.program.string(), "--fd", std::to_string(kChildSocket), "--slots",
                    std::to_string(command.slots), "--store", command.store.string(), "--device",
                    command.device, "--parent", std::to_string(getpid())},
      .log = command.log,
      .socket = ends[1]};
  const auto pid = SpawnTrainer(spawn);
  close(ends[1]);
  if (!pid.ok()) return pid.error();
  process->pid_ = *pid;
  return process;
}

TrainerProcess::TrainerProcess(int fd, fs::path log)
    : fd_(fd),
      log_(std::move(log)),
      log_start_(SizeOf(log_)),
      oom_counters_(OomCounters()),
      oom_kills_before_(OomKills(oom_counters_)) {}

TrainerProcess::~TrainerProcess() {
  if (pid_ > 0) {
    Kill();
    Reap(Millis(10'000));
  }
  close(fd_);
}

Status TrainerProcess::Send(const Message& message) {
  Queue(message);
  return Flush();
}

void TrainerProcess::Queue(const Message& message) { AppendFrame(unsent_, message); }

Status TrainerProcess::Flush() {
  std::size_t sent = 0;
  while (sent < unsent_.size()) {
    const ssize_t n =
        send(fd_, unsent_.data() + sent, unsent_.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (n < 0) return SocketError("write to");
    sent += static_cast<std::size_t>(n);
  }
  unsent_.erase(0, sent);
  return {};
}

Result<std::optional<Message>> TrainerProcess::Receive(Millis timeout) {
  UNMASK_ASSIGN(auto next, received_.Next());
  if (next) return next;
  // What came before a broken pipe is still read: a failing write must not hide a result.
  if (const Status flushed = Flush(); !flushed.ok()) unsent_.clear();
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    UNMASK_ASSIGN(next, received_.Next());
    if (next) return next;
    UNMASK_ASSIGN(const bool came, ReadSome(deadline));
    if (!came) return std::optional<Message>();
  }
}

Result<bool> TrainerProcess::ReadSome(std::chrono::steady_clock::time_point deadline) {
  const auto left = std::chrono::ceil<Millis>(deadline - std::chrono::steady_clock::now());
  const Millis wait = std::clamp(left, Millis(0), Millis(60'000));
  pollfd wanted{fd_, static_cast<short>(POLLIN | (unsent_.empty() ? 0 : POLLOUT)), 0};
  const int ready = poll(&wanted, 1, static_cast<int>(wait.count()));
  if (ready < 0 && errno != EINTR) return SocketError("wait for");
  if (ready == 0) return left > wait;
  if (ready < 0) return true;
  if ((wanted.revents & POLLOUT) != 0 && !Flush().ok()) unsent_.clear();
  if ((wanted.revents & (POLLIN | POLLHUP | POLLERR)) == 0) return true;
  char buffer[65536];
  const ssize_t n = recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
  if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) return true;
  if (n < 0) return SocketError("read from");
  if (n == 0) return InternalError("the trainer closed its socket");
  received_.Feed({buffer, static_cast<std::size_t>(n)});
  return true;
}

void TrainerProcess::Kill() {
  if (end_) return;
  kill(-pid_, SIGKILL);  // its group, where it has made it already
  kill(pid_, SIGKILL);
}

std::optional<TrainerEnd> TrainerProcess::TryReap() {
  int status = 0;
  if (end_ || waitpid(pid_, &status, WNOHANG) != pid_) return end_;
  TrainerEnd end;
  if (WIFSIGNALED(status)) {
    end.signal = WTERMSIG(status);
    end.out_of_memory = end.signal == SIGKILL && OomKills(oom_counters_) > oom_kills_before_;
  } else {
    end.exit_code = WEXITSTATUS(status);
  }
  end.last_words = LastWords();
  return end_ = std::move(end);
}

std::optional<TrainerEnd> TrainerProcess::Reap(Millis limit) {
  const auto start = std::chrono::steady_clock::now();
  while (!TryReap() && std::chrono::steady_clock::now() - start < limit) {
    std::this_thread::sleep_for(Millis(2));
  }
  return end_;
}

std::string TrainerProcess::LastWords() const {
  const std::uintmax_t size = SizeOf(log_);
  if (size <= log_start_) return "";
  const auto length = std::min<std::uintmax_t>(size - log_start_, kLastWordsMax);
  std::ifstream in(log_, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(size - length));
  std::string words(length, '\0');
  in.read(words.data(), static_cast<std::streamsize>(length));
  words.resize(static_cast<std::size_t>(in.gcount()));
  return words;
}

}  // namespace unmask

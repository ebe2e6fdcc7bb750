#include "worker/agent/spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <system_error>

#include "common/base/log.h"

namespace unmask {
namespace {

// All that the child needs, made before the fork: between fork and exec only system calls are safe,
// since MPI has threads.
struct Prepared {
  std::vector<char*> argv;
  std::vector<char*> envp;
  int log;
  int socket;
  pid_t parent;
};

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

void CloseFrom(int first) {
  if (close_range(static_cast<unsigned>(first), ~0U, 0) == 0) return;
  const long limit = std::min(sysconf(_SC_OPEN_MAX), 65536L);  // before Linux 5.9
  for (int fd = first; fd < limit; ++fd) close(fd);
}

void DefaultSignals() {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGPIPE, SIGUSR1, SIGINT, SIGTERM, SIGHUP}) ::signal(signal, SIG_DFL);
}

// The folder may have been removed meanwhile. A trainer's last words are worth less than the
// worker.
int OpenLog(const fs::path& path) {
  const auto open_it = [&] {
    return open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  };
  int log = open_it();
  if (log < 0 && errno == ENOENT) {
    std::error_code ignored;
    fs::create_directory(path.parent_path(), ignored);
    log = open_it();
  }
  if (log >= 0) return log;
  LogError(fmt::format("cannot write the trainer's log ({}): {}; goes on without", path.string(),
                       std::strerror(errno)));
  return open("/dev/null", O_WRONLY | O_CLOEXEC);
}

[[noreturn]] void Exec(const Prepared& prepared) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != prepared.parent) _exit(127);
  setpgid(0, 0);
  const int null = open("/dev/null", O_RDONLY);
  // Above every number that is about to be taken.
  const int socket = fcntl(prepared.socket, F_DUPFD, 10);
  const int log = fcntl(prepared.log, F_DUPFD, 10);
  dup2(null, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  dup2(socket, kChildSocket);
  CloseFrom(kChildSocket + 1);
  DefaultSignals();
  execve(prepared.argv[0], prepared.argv.data(), prepared.envp.data());
  constexpr std::string_view kMessage = "cannot execute the trainer\n";
  [[maybe_unused]] const ssize_t n = write(STDERR_FILENO, kMessage.data(), kMessage.size());
  _exit(127);
}

}  // namespace

std::vector<std::string> TrainerEnvironment() {
  constexpr std::array<std::string_view, 5> kRemoved = {"OMPI_", "PMIX_", "PRTE_",
                                                        "OMP_NUM_THREADS=", "MKL_NUM_THREADS="};
  std::vector<std::string> kept = {"OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1"};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const bool removed = std::ranges::any_of(
        kRemoved, [&](std::string_view prefix) { return text.starts_with(prefix); });
    if (!removed) kept.emplace_back(text);
  }
  return kept;
}

Result<pid_t> SpawnTrainer(const SpawnCommand& command) {
  const int log = OpenLog(command.log);
  if (log < 0) {
    return InternalError(fmt::format("cannot open /dev/null: {}", std::strerror(errno)));
  }
  const std::vector<std::string> environment = TrainerEnvironment();
  const Prepared prepared{Pointers(command.arguments), Pointers(environment), log, command.socket,
                          getpid()};
  const pid_t pid = fork();
  if (pid == 0) Exec(prepared);
  const int error = errno;
  close(log);
  if (pid < 0) {
    return InternalError(fmt::format("cannot start the trainer: {}", std::strerror(error)));
  }
  return pid;
}

}  // namespace unmask

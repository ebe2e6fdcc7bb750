#include "cli/launcher.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/process.h"
#include "common/base/text.h"

namespace unmask {
namespace {

constexpr int kResumable = 75;
constexpr off_t kRoomNeeded = 256 << 10;            // about what mpirun's session takes
constexpr std::uintmax_t kSharedMemory = 32 << 20;  // of a rank, at most

// Where a launcher tells a process its rank, if it does.
constexpr std::array<const char*, 3> kRankVariables = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK",
                                                       "PMI_RANK"};

// And how many there are.
constexpr std::array<const char*, 3> kSizeVariables = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE",
                                                       "SLURM_STEP_NUM_TASKS"};

// What stands in the exit file: one of these, or a number; always as many bytes.
constexpr std::string_view kNotStarted = "-";
constexpr std::string_view kStarted = "+";
constexpr std::size_t kExitStateBytes = 4;

bool WriteExitState(int file, std::string_view state) {
  const std::string padded = fmt::format("{:<{}}", state, kExitStateBytes);
  return pwrite(file, padded.data(), padded.size(), 0) == static_cast<ssize_t>(padded.size());
}

// Rank 0's, as long as it lives; -1: nobody launched it.
int exit_file_of_launcher = -1;

constexpr std::string_view kRunFolder = "unmask-run-";
constexpr std::time_t kBeingMade = 60;  // seconds: no run takes longer to lock its folder

// Folders whose runs were killed. A run holds a lock on its own, which dies with it.
void RemoveDeadRunFolders(const fs::path& base) {
  std::error_code ignored;
  for (fs::directory_iterator it(base, ignored), end; it != end; it.increment(ignored)) {
    const fs::directory_entry& entry = *it;
    if (!entry.path().filename().string().starts_with(kRunFolder)) continue;
    const int fd = open(entry.path().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) continue;
    struct stat info{};
    const bool dead = fstat(fd, &info) == 0 && info.st_uid == getuid() &&
                      info.st_mtime + kBeingMade < std::time(nullptr) &&
                      flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (dead) fs::remove_all(entry.path(), ignored);
    close(fd);
  }
}

// A folder of this run's own, removed with it, or by a later run where this one is killed.
class RunFolder {
 public:
  RunFolder() {
    const char* folder = std::getenv("TMPDIR");
    std::error_code ignored;  // absolute: its ranks may stand elsewhere
    const bool named = folder != nullptr && *folder != '\0';
    const fs::path base = fs::absolute(named ? folder : "/tmp", ignored);
    RemoveDeadRunFolders(base);
    std::string path = (base / fmt::format("{}XXXXXX", kRunFolder)).string();
    if (mkdtemp(path.data()) == nullptr) {
      made_ = DataError(std::strerror(errno), base.string(), "a folder that can be written to");
      return;
    }
    path_ = path;
    lock_ = open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock_ >= 0) flock(lock_, LOCK_EX | LOCK_NB);
    exit_ = open(exit_file().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (exit_ >= 0) WriteExitState(exit_, kNotStarted);
  }
  ~RunFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
    if (lock_ >= 0) close(lock_);
    if (exit_ >= 0) close(exit_);
  }
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const Status& made() const { return made_; }
  const fs::path& path() const { return path_; }
  // mpirun without room there says nothing that helps. What was taken is given back to it.
  Status CheckRoom() const {
    const fs::path file = path_ / "room";
    const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const int error = fd < 0 ? errno : posix_fallocate(fd, 0, kRoomNeeded);
    if (fd >= 0) close(fd);
    unlink(file.c_str());
    if (error == 0) return {};
    return DataError(fmt::format("cannot write: {}", std::strerror(error)), path_.string(),
                     kPlaceToWrite);
  }
  // Rank 0 says there that MPI has started, and its exit code in the end: mpirun's own cannot tell
  // a stop from a crash. Both have it open, so that it takes no room and nobody can remove it.
  fs::path exit_file() const { return path_ / "exit"; }
  bool Started() const { return ReadExitState() != kNotStarted; }
  std::optional<int> ReadExitCode() const {
    const auto code = ParseInt(ReadExitState());
    return code ? std::optional<int>(static_cast<int>(*code)) : std::nullopt;
  }

 private:
  std::string ReadExitState() const {
    std::array<char, kExitStateBytes> state{};
    const ssize_t bytes = pread(exit_, state.data(), state.size(), 0);
    return std::string(Trim({state.data(), static_cast<std::size_t>(std::max<ssize_t>(bytes, 0))}));
  }

  Status made_;
  fs::path path_;  // empty: could not be made
  int lock_ = -1;
  int exit_ = -1;
};

// mpirun does not start without one, and there may be no HOME: cron, systemd, containers.
void SetHome() {
  const passwd* user = getpwuid(getuid());
  setenv("HOME", user != nullptr && user->pw_dir != nullptr ? user->pw_dir : "/", 0);
}

// Inside a resource manager's allocation mpirun would start ranks on its hosts, and elsewhere on
// those of a site's hostfile. All of this run's are on this machine.
void StayHere() {
  for (const std::string launcher : {"PRTE_MCA_", "OMPI_MCA_"}) {  // Open MPI 5, 4
    setenv((launcher + "ras").c_str(), "^slurm,tm,pbs,lsf,gridengine,flux,alps", 1);
    setenv((launcher + "plm").c_str(), "^slurm,tm,lsf,alps,pals", 1);
  }
  setenv("PRTE_MCA_rmaps_default_mapping_policy", ":OVERSUBSCRIBE", 1);
  for (const char* network : {"PRTE_MCA_prte_if_include", "OMPI_MCA_btl_tcp_if_include"}) {
    unsetenv(network);
  }
  setenv("PRTE_MCA_prte_default_hostfile", "none", 1);
  setenv("OMPI_MCA_orte_default_hostfile", "none", 1);
}

bool HasRank() {
  return std::getenv("PMIX_NAMESPACE") != nullptr ||
         std::ranges::any_of(kRankVariables,
                             [](const char* name) { return std::getenv(name) != nullptr; });
}

// The first that says how many there are counts: within a step of one, mpirun starts several.
bool IsOnlyRank() {
  const auto size = std::ranges::find_if(
      kSizeVariables, [](const char* name) { return std::getenv(name) != nullptr; });
  return size != kSizeVariables.end() && std::string_view(std::getenv(*size)) == "1";
}

// What a launcher said of this process (`mpirun -n 1`, a shell within `srun --pty`) is not for the
// ranks that mpirun starts. Settings (..._MCA_...) and where MPI lies are.
void ForgetOuterLauncher() {
  if (!HasRank()) return;
  std::vector<std::string> names;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('='));
    const bool launchers = name.starts_with("PMIX_") || name.starts_with("PMI_") ||
                           name.starts_with("PRTE_") || name.starts_with("OMPI_");
    const bool users = name.find("_MCA_") != std::string_view::npos ||
                       name.starts_with("OMPI_ALLOW_RUN") || name.ends_with("_PREFIX");
    if (launchers && !users) names.emplace_back(name);
  }
  for (const std::string& name : names) unsetenv(name.c_str());
}

// Ranks' shared memory goes with the run's folder where there is room: in /dev/shm that of a killed
// run would stay for ever.
void KeepSharedMemoryIn(const fs::path& folder, int ranks) {
  std::error_code ignored;
  const fs::space_info room = fs::space(folder, ignored);
  if (ignored || room.available < kSharedMemory * static_cast<std::uintmax_t>(ranks)) return;
  if (IsNetworkFileSystem(folder)) return;
  setenv("OMPI_MCA_btl_sm_backing_directory", folder.c_str(), 0);
  setenv("OMPI_MCA_btl_vader_backing_directory", folder.c_str(), 0);  // Open MPI 4
}

void SetEnvironment(const RunFolder& folder) {
  SetHome();
  ForgetOuterLauncher();
  setenv(kExitFileVariable, folder.exit_file().c_str(), 1);
  setenv(kStatusVariable, isatty(STDERR_FILENO) != 0 ? "live" : "plain", 1);
}

// Of ranks that are all on this machine.
void SetLocalEnvironment(const RunFolder& folder, const LocalShape& shape) {
  StayHere();
  setenv(kSlotsVariable, std::to_string(shape.slots).c_str(), 1);
  // An mpirun that was killed leaves its session folder, named by its pid, and the next one that is
  // given this pid does not start ("The PMIx server's listener thread failed to start").
  setenv("PRTE_MCA_prte_local_tmpdir_base", folder.path().c_str(), 1);
  setenv("OMPI_MCA_orte_local_tmpdir_base", folder.path().c_str(), 1);  // Open MPI 4
  KeepSharedMemoryIn(folder.path(), shape.workers + 1);
  // Looking for fabrics costs each of them more than a second
  // (libfabric reads the kernel's symbols and sleeps); a user's own choice stands.
  setenv("OMPI_MCA_pml", "ob1", 0);
  setenv("OMPI_MCA_btl", "^ofi,uct,usnic,openib", 0);
  // What ranks tell each other at the start is a few lines: segments of shared memory for them take
  // longer to make and to take down than the lines take to send.
  setenv("PMIX_MCA_gds", "hash", 0);
  // Nor do they need UCX, which comes with MPI's libraries and rewrites memory calls as it is
  // loaded.
  setenv("UCX_MEM_MMAP_HOOK_MODE", "none", 0);
  setenv("UCX_MEM_EVENTS", "n", 0);
}

std::string FindMpirun() {
  if (access(UNMASK_MPIRUN, X_OK) == 0) return UNMASK_MPIRUN;
  return "mpirun";  // the site's own, from PATH
}

std::vector<std::string> MpirunCommand(const LaunchOptions& options) {
  if (!options.mpirun.empty()) {
    std::vector<std::string> command = {"/bin/sh", "-c", "exec " + options.mpirun + " \"$@\"",
                                        "sh"};
    command.push_back(options.program.string());
    command.insert(command.end(), options.args.begin(), options.args.end());
    return command;
  }
  std::vector<std::string> command = {FindMpirun(), "--allow-run-as-root", "--bind-to", "none"};
#ifdef UNMASK_MPI_ULFM
  command.insert(command.end(), {"--with-ft", "ulfm"});
#endif
  // More ranks than cores is fine: rank 0 and the agents sleep most of the time.
  command.insert(command.end(),
                 {"--oversubscribe", "-n", std::to_string(options.shape.workers + 1)});
  command.push_back(options.program.string());
  command.insert(command.end(), options.args.begin(), options.args.end());
  return command;
}

// In the child between fork and exec: dies with the launcher, own process group, default signals,
// no stdin.
[[noreturn]] void ExecMpirun(const std::vector<std::string>& command, const sigset_t& old_mask,
                             pid_t launcher) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != launcher) _exit(127);
  setpgid(0, 0);
  sigprocmask(SIG_SETMASK, &old_mask, nullptr);
  signal(SIGTTOU, SIG_IGN);  // under `stty tostop` it would stand still at its first line
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null >= 0) dup2(null, STDIN_FILENO);
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (const std::string& argument : command) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  constexpr char kMessage[] =
      "unmask: error: cannot start mpirun: install Open MPI or build with -DUNMASK_MPI_ROOT\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
  _exit(127);
}

// Whether a hang-up was to be ignored (nohup) when this program was started. MPI's libraries put a
// handler of their own in its place as they are loaded, so this looks before their constructors.
bool hang_up_was_ignored = false;
void LookAtHangUp(int, char**, char**) {
  struct sigaction known{};
  hang_up_was_ignored = sigaction(SIGHUP, nullptr, &known) == 0 && known.sa_handler == SIG_IGN;
}
[[gnu::section(".preinit_array"), gnu::used]] void (*const look_at_hang_up)(int, char**,
                                                                            char**) = LookAtHangUp;

// What asks a run to stop.
std::vector<int> StopSignals() {
  std::vector<int> signals = {SIGINT, SIGTERM, SIGUSR1};
  if (!hang_up_was_ignored) signals.push_back(SIGHUP);
  return signals;
}

sigset_t LauncherSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  for (const int signal : StopSignals()) sigaddset(&signals, signal);
  return signals;
}

// Ends an mpirun that stays after rank 0 has said its exit code: it waits for a rank that does not
// end by itself (a process that was stopped, a file system that stands still).
class LastWait {
 public:
  LastWait(pid_t mpirun, const RunFolder& folder) : mpirun_(mpirun), folder_(folder) {}

  void Look(Millis now) {
    if (!said_) {
      said_ = folder_.ReadExitCode().has_value();
      since_ = now;
    }
    if (!said_) return;
    if (now - since_ >= kLimit) kill(mpirun_, SIGTERM);
    if (now - since_ >= 2 * kLimit) kill(-mpirun_, SIGKILL);
  }

 private:
  static constexpr Millis kLimit{15'000};  // the ranks' own is 5 s

  const pid_t mpirun_;
  const RunFolder& folder_;
  bool said_ = false;
  Millis since_{};
};

// Waits for mpirun, passing stops on, which are counted. Returns its wait status.
int Supervise(pid_t mpirun, const RunFolder& folder, const sigset_t& signals, int& stops) {
  LastWait last_wait(mpirun, folder);
  while (true) {
    int status = 0;
    if (waitpid(mpirun, &status, WNOHANG) != 0) return status;
    last_wait.Look(RealClock().Now());
    constexpr timespec kBetweenLooks{1, 0};
    const int signal = sigtimedwait(&signals, nullptr, &kBetweenLooks);
    if (signal < 0 || signal == SIGCHLD) continue;
    ++stops;
    if (stops == 1) {
      LogInfo("stopping: checkpoints are being written; once more ends at once");
      kill(mpirun, SIGUSR1);
    } else if (stops == 2) {
      kill(mpirun, SIGTERM);
    } else {
      // It does not listen. With its group: it may be the child of a user's script.
      kill(-mpirun, SIGKILL);
    }
  }
}

// Whether mpirun or MPI found something in its way that the same command would find again, by
// mpirun's status where no rank has begun: not one that tells of a rank's or its own death (1, when
// it is told to end).
bool RefusedToStart(int status) {
  if (!WIFEXITED(status)) return false;
  const int code = WEXITSTATUS(status);
  const bool by_signal = code > 128 && code < 160;
  return code > 1 && code != kResumable && !by_signal;
}

}  // namespace

bool UnderMpi() { return HasRank() && !IsOnlyRank(); }

bool ToBeRankZero() {
  return std::ranges::any_of(kRankVariables, [](const char* name) {
    const char* rank = std::getenv(name);
    return rank != nullptr && std::string_view(rank) == "0";
  });
}

void TellStarted() {
  const char* path = std::getenv(kExitFileVariable);
  if (path == nullptr) return;
  exit_file_of_launcher = open(path, O_WRONLY | O_CLOEXEC);
  if (exit_file_of_launcher >= 0) WriteExitState(exit_file_of_launcher, kStarted);
}

int TellExitCode(int code) {
  const bool told =
      exit_file_of_launcher >= 0 && WriteExitState(exit_file_of_launcher, std::to_string(code));
  return told ? 0 : code;
}

void EndAtOnceOn(const std::vector<int>& signals) {
  for (const int signal : signals) ::signal(signal, [](int) { _exit(kResumable); });
}

void EndAtOnceWhenStopped() {
  if (hang_up_was_ignored) ::signal(SIGHUP, SIG_IGN);
  EndAtOnceOn(StopSignals());
}

LocalShape ShapeFor(int cores, std::optional<int> workers, std::optional<int> slots) {
  constexpr int kCoresPerWorker = 8;
  LocalShape shape;
  shape.workers = workers.value_or((cores + kCoresPerWorker - 1) / kCoresPerWorker);
  shape.slots = slots.value_or(std::max(1, cores / shape.workers));
  return shape;
}

int LaunchRanks(const LaunchOptions& options) {
  const RunFolder folder;
  if (!folder.made().ok()) {
    LogError("cannot make a temporary folder (TMPDIR): " + OneLine(folder.made().error()));
    return ExitCode(ErrorCode::kData);
  }
  if (const Status room = folder.CheckRoom(); !room.ok()) {
    LogError("no room for temporary files (TMPDIR): " + OneLine(room.error()));
    return ExitCode(ErrorCode::kData);
  }
  SetEnvironment(folder);
  if (options.mpirun.empty()) SetLocalEnvironment(folder, options.shape);
  const std::vector<std::string> command = MpirunCommand(options);
  const sigset_t signals = LauncherSignals();
  sigset_t old_mask;
  sigprocmask(SIG_BLOCK, &signals, &old_mask);
  const pid_t launcher = getpid();
  const pid_t mpirun = fork();
  if (mpirun < 0) {
    LogError(fmt::format("cannot start mpirun: {}", std::strerror(errno)));
    return ExitCode(ErrorCode::kInternal);
  }
  if (mpirun == 0) ExecMpirun(command, old_mask, launcher);

  int stops = 0;
  // The signals stay blocked: from here on one would only take the exit code's place.
  const int status = Supervise(mpirun, folder, signals, stops);
  if (const auto code = folder.ReadExitCode()) return *code;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {  // which has been said
    return ExitCode(options.mpirun.empty() ? ErrorCode::kInternal : ErrorCode::kUsage);
  }
  if (stops > 0) {  // so early that rank 0 did not hear of it, or so hard
    LogInfo("stopped: the same command goes on from here");
  } else if (!folder.Started() && !options.mpirun.empty()) {
    LogError("no rank 0 on this machine (--mpirun): the coordinator is started where this is");
    return ExitCode(ErrorCode::kData);
  } else if (!folder.Started() && RefusedToStart(status)) {
    LogError(
        "mpirun did not start the ranks (its own words are above): look at variables OMPI_MCA_..., "
        "PRTE_MCA_... and at limits (ulimit -a)");
    return ExitCode(ErrorCode::kData);
  } else {
    LogError("the coordinator ended before its work was done: the same command goes on from here");
  }
  return kResumable;
}

}  // namespace unmask

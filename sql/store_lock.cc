#include "sql/store_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "common/base/process.h"
#include "common/base/text.h"

namespace unmask {
namespace {

using Owner = StoreLock::Owner;

struct flock WholeFile(short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

std::string OwnerText(const Owner& owner) {
  nlohmann::json json = {{"host", owner.host}, {"pid", owner.pid}, {"boot_id", owner.boot_id}};
  if (!owner.slurm_job.empty()) {
    json["slurm_job"] = owner.slurm_job;
    json["slurm_restarts"] = owner.slurm_restarts;
  }
  return json.dump() + "\n";
}

// nullopt where the file is empty (released) or says nothing readable.
std::optional<Owner> ReadOwner(int fd) {
  std::array<char, 1024> buffer{};
  const ssize_t n = pread(fd, buffer.data(), buffer.size(), 0);
  if (n <= 0) return std::nullopt;
  const auto json = nlohmann::json::parse(buffer.data(), buffer.data() + n, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  try {
    return Owner{json.at("host"), json.at("pid"), json.at("boot_id"),
                 json.value("slurm_job", std::string()),
                 json.value("slurm_restarts", std::int64_t{0})};
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

Status WriteOwner(int fd, const fs::path& path) {
  const std::string text = OwnerText(StoreLock::Self());
  if (ftruncate(fd, 0) == 0 &&
      pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
      fsync(fd) == 0) {
    return {};
  }
  return DataError(fmt::format("cannot write the lock: {}", std::strerror(errno)), path.string());
}

Error HeldError(const std::optional<Owner>& owner, const fs::path& path) {
  const std::string who = owner ? fmt::format("by process {} on host {}", owner->pid, owner->host)
                                : "by another process";
  return DataError("the store is in use " + who, path.string(), "one coordinator at a time");
}

// Whether an owner that this kernel does not hold the lock for is surely gone.
bool IsSurelyDead(const Owner& owner, bool locks_work) {
  const Owner self = StoreLock::Self();
  if (owner.boot_id == self.boot_id) {
    return locks_work || owner.pid == self.pid ||
           (kill(static_cast<pid_t>(owner.pid), 0) != 0 && errno == ESRCH);
  }
  if (owner.host == self.host) return true;  // this machine, before its last boot
  // Slurm starts a job again when it has ended it. Two runs of one start are told apart.
  return !owner.slurm_job.empty() && owner.slurm_job == self.slurm_job &&
         owner.slurm_restarts < self.slurm_restarts;
}

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? EscapeControl(value) : std::string();
}

Status CheckOwner(int fd, const fs::path& path, bool locks_work, bool take_over) {
  const auto owner = ReadOwner(fd);
  if (!owner || IsSurelyDead(*owner, locks_work)) return {};
  if (owner->boot_id == StoreLock::Self().boot_id) return HeldError(owner, path);
  if (take_over) return {};
  return DataError(
      fmt::format("the store was left locked by process {} on host {}", owner->pid, owner->host),
      path.string(), "--take-over, once that process is surely gone");
}

}  // namespace

Owner StoreLock::Self() {
  Owner self;
  self.host = EscapeControl(HostName());  // it may be called anything; JSON takes UTF-8
  self.pid = getpid();
  self.boot_id = BootId();
  self.slurm_job = Variable("SLURM_JOB_ID");
  if (self.slurm_job.empty()) return self;
  self.slurm_job += "@" + Variable("SLURM_CLUSTER_NAME");
  self.slurm_restarts = ParseInt(Variable("SLURM_RESTART_COUNT")).value_or(0);
  return self;
}

Result<StoreLock> StoreLock::Take(const fs::path& path, bool take_over) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) {
    return DataError(fmt::format("cannot open the lock: {}", std::strerror(errno)), path.string(),
                     "a store that this user may write");
  }
  StoreLock lock(-1);
  struct flock request = WholeFile(F_WRLCK);
  const bool locked = fcntl(fd, F_OFD_SETLK, &request) == 0;
  if (!locked && (errno == EAGAIN || errno == EACCES)) {
    const Error error = HeldError(ReadOwner(fd), path);
    close(fd);
    return error;
  }
  // A file system without locks leaves the file's word, which CheckOwner judges.
  Status free = CheckOwner(fd, path, locked, take_over);
  if (free.ok()) free = WriteOwner(fd, path);
  if (!free.ok()) {
    close(fd);
    return free.error();
  }
  lock.fd_ = fd;
  return lock;
}

StoreLock::StoreLock(StoreLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

StoreLock::~StoreLock() {
  if (fd_ < 0) return;
  // Emptied before the lock is free: whoever takes it next finds a clean release. Where that fails
  // the next one on this machine still sees that the lock is free. Another's name is one who has
  // taken the store over: it stays.
  if (ReadOwner(fd_) == Self()) {
    [[maybe_unused]] const int emptied = ftruncate(fd_, 0);
  }
  close(fd_);
}

std::optional<Owner> StoreLock::Holder(const fs::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  struct flock probe = WholeFile(F_WRLCK);
  const bool held = fcntl(fd, F_OFD_GETLK, &probe) == 0 && probe.l_type != F_UNLCK;
  std::optional<Owner> owner;
  if (held) owner = ReadOwner(fd).value_or(Owner{});
  close(fd);
  return owner;
}

std::optional<StoreLock::Owner> StoreLock::LeftBy(const fs::path& path) {
  if (Holder(path)) return std::nullopt;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::optional<Owner> owner = ReadOwner(fd);
  close(fd);
  // One of this machine is the lock's to judge.
  if (!owner || owner->boot_id == Self().boot_id || IsSurelyDead(*owner, true)) return std::nullopt;
  return owner;
}

std::string NobodyWorksText(const std::optional<StoreLock::Owner>& left_by) {
  if (!left_by) return "nobody works on it: the same `unmask run` goes on with it";
  return fmt::format("left locked by process {} on host {}: --take-over once it is surely gone",
                     left_by->pid, VisibleText(left_by->host));
}

}  // namespace unmask

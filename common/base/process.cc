#include "common/base/process.h"

#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <system_error>

#include "common/base/check.h"
#include "common/base/cpu_quota.h"
#include "common/base/files.h"
#include "common/base/log.h"
#include "common/base/text.h"

namespace unmask {

pid_t DieWithParent(pid_t expected) {
  if (expected == 0) expected = getppid();
  UNMASK_CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
  if (!ParentAlive(expected)) raise(SIGKILL);
  return expected;
}

bool ParentAlive(pid_t expected) { return getppid() == expected; }

bool RunsThisProgram(pid_t pid) {
  std::error_code failed;
  const auto theirs = fs::read_symlink(fmt::format("/proc/{}/exe", pid), failed);
  if (failed) return false;
  return theirs == fs::read_symlink("/proc/self/exe", failed);
}

void DieVisibly(std::string_view reason) {
  LogError(reason);
  raise(SIGKILL);
  _exit(3);  // not reached
}

int UsableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return WithinQuota(std::max(1, CPU_COUNT(&set)));
}

int WithinQuota(int cores) {
  const auto groups = ReadFile("/proc/self/cgroup", 1 << 20);
  return groups.ok() ? CoresWithinQuota(cores, *groups, "/sys/fs/cgroup") : cores;
}

std::string HostName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

std::string BootId() {
  const auto id = ReadFile("/proc/sys/kernel/random/boot_id", 4096);
  return id.ok() ? std::string(Trim(*id)) : "";
}

std::string PidSpace() {
  std::error_code failed;
  const auto counter = fs::read_symlink("/proc/self/ns/pid", failed);
  return failed ? "" : BootId() + " " + counter.string();
}

}  // namespace unmask

#include "common/base/cpu_quota.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/base/text.h"

namespace unmask {
namespace {

// Empty where there is no such file: the group above the others has none.
std::string TextOf(const fs::path& file) {
  const auto text = ReadFile(file, 4096);
  return text.ok() ? std::string(Trim(*text)) : "";
}

// "max 100000", "150000 100000": microseconds of a period.
int WithinQuota(int cores, std::string_view quota, std::string_view period) {
  const auto used = ParseInt(quota);
  const auto of = ParseInt(period);
  if (!used || !of || *used <= 0 || *of <= 0) return cores;  // "max", -1: as much as there is
  const std::int64_t whole = *used / *of + (*used % *of != 0 ? 1 : 0);
  return static_cast<int>(std::clamp<std::int64_t>(whole, 1, cores));
}

int WithinGroup(int cores, const fs::path& folder) {
  const std::string max = TextOf(folder / "cpu.max");
  const std::size_t space = max.find(' ');
  if (space != std::string::npos) {
    cores = WithinQuota(cores, max.substr(0, space), max.substr(space + 1));
  }
  return WithinQuota(cores, TextOf(folder / "cpu.cfs_quota_us"),
                     TextOf(folder / "cpu.cfs_period_us"));
}

// The group and those it lies in. Where it is seen from within a container, its path may not be
// there, and the mount is the container's own group.
int WithinGroups(int cores, const fs::path& mount, const fs::path& group) {
  for (fs::path at = group.relative_path(); !at.empty(); at = at.parent_path()) {
    cores = WithinGroup(cores, mount / at);
  }
  return WithinGroup(cores, mount);
}

}  // namespace

int CoresWithinQuota(int cores, std::string_view groups, const fs::path& mount) {
  for (const std::string& line : Split(groups, '\n')) {  // "0::/a/b" or "4:cpu,cpuacct:/a/b"
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty()) {
      cores = WithinGroups(cores, mount, group);
      cores = WithinGroups(cores, mount / "unified", group);  // where both versions are mounted
    } else if (("," + controllers + ",").find(",cpu,") != std::string::npos) {
      cores = WithinGroups(cores, mount / controllers, group);
    }
  }
  return cores;
}

}  // namespace unmask

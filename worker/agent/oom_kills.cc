#include "worker/agent/oom_kills.h"

#include <fstream>

#include "common/base/text.h"

namespace unmask {

std::vector<fs::path> OomCounters() {
  std::vector<fs::path> counters = {"/proc/vmstat", "/sys/fs/cgroup/memory.events"};
  // Lines are "hierarchy:controllers:path" (cgroups(7)); v2 has an empty list of controllers.
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto parts = Split(line, ':');
    if (parts.size() < 3 || parts[2] == "/") continue;
    if (parts[1].empty()) counters.emplace_back("/sys/fs/cgroup" + parts[2] + "/memory.events");
    if (parts[1] == "memory") {
      counters.emplace_back("/sys/fs/cgroup/memory" + parts[2] + "/memory.oom_control");
    }
  }
  return counters;
}

std::int64_t OomKills(const std::vector<fs::path>& counters) {
  std::int64_t kills = 0;
  for (const fs::path& counter : counters) {
    std::ifstream in(counter);
    for (std::string line; std::getline(in, line);) {
      constexpr std::string_view kKey = "oom_kill ";
      if (!line.starts_with(kKey)) continue;
      kills += ParseInt(std::string_view(line).substr(kKey.size())).value_or(0);
    }
  }
  return kills;
}

}  // namespace unmask

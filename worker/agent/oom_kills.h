// The kernel's own counts of out-of-memory kills: the only evidence that a SIGKILL was one.
#pragma once

#include <cstdint>
#include <vector>

#include "common/base/files.h"

namespace unmask {

// The files that count such kills for this process: its cgroup's (v2 or v1), and the machine's.
std::vector<fs::path> OomCounters();

// The sum of the `oom_kill N` lines of the files; a file that cannot be read counts nothing.
std::int64_t OomKills(const std::vector<fs::path>& counters);

}  // namespace unmask

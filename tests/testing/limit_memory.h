// Want of memory, for the child of a death test.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include "common/base/check.h"

namespace unmask::testing {

// From here on this process may have `bytes` more than it has, and never more again.
inline void LimitMemory(rlim_t bytes) {
  rlim_t pages = 0;
  UNMASK_CHECK(std::ifstream("/proc/self/statm") >> pages);
  const rlim_t most = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + bytes;
  const rlimit limit{most, most};
  UNMASK_CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
}

}  // namespace unmask::testing

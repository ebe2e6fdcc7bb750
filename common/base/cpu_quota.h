// How many cores the kernel lets this process's control groups use.
#pragma once

#include <string_view>

#include "common/base/files.h"

namespace unmask {

// At most that many of `cores`: the least quota of the groups that `groups` (/proc/self/cgroup)
// names beneath `mount` (/sys/fs/cgroup) and of those they lie in, rounded up, at least 1. Version
// 2's cpu.max or version 1's cpu.cfs_quota_us. Containers and batch systems set them.
int CoresWithinQuota(int cores, std::string_view groups, const fs::path& mount);

}  // namespace unmask

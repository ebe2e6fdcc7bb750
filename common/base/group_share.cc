#include "common/base/group_share.h"

#include <sys/stat.h>

namespace unmask {

void ShareWithGroupOf(const fs::path& folder) {
  constexpr mode_t kShared = S_ISGID | S_IWGRP;
  struct stat info{};
  if (stat(folder.c_str(), &info) != 0 || (info.st_mode & kShared) != kShared) return;
  // It can only be read by setting it; another thread meanwhile makes files that are too private.
  const mode_t mask = umask(S_IRWXG | S_IRWXO);
  umask(mask & ~static_cast<mode_t>(S_IRWXG));
}

}  // namespace unmask

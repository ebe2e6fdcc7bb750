// Folders that a group shares.
#pragma once

#include "common/base/files.h"

namespace unmask {

// Where a group writes in `folder` and what is made there is the group's (setgid), what this
// process makes is the group's to read and write from now on, whatever its umask says; so are its
// children's files. As git's core.sharedRepository. Elsewhere nothing changes.
void ShareWithGroupOf(const fs::path& folder);

}  // namespace unmask

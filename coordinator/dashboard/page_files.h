#pragma once

#include "common/base/embedded_file.h"

namespace unmask {

// The files of page/.
const std::vector<EmbeddedFile>& PageFiles();

}  // namespace unmask

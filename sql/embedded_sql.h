// The .sql files of this folder.
#pragma once

#include "common/base/embedded_file.h"

namespace unmask {

// In order: the first makes an empty database version 1, each next one raises it by one.
const std::vector<EmbeddedFile>& SqlMigrations();

// Each makes the view that it is named after.
const std::vector<EmbeddedFile>& SqlViews();

}  // namespace unmask

// Opens a store's database for reading, or says why not.
#pragma once

#include <memory>

#include "common/base/result.h"
#include "sql/database.h"
#include "sql/store_paths.h"

namespace unmask {

Result<std::unique_ptr<Database>> OpenToRead(const StorePaths& paths);

}  // namespace unmask

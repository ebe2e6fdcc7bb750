// Reading a sweep in the making. SQLite's exceptions pass through: StoreReader catches them.
#pragma once

#include <cstdint>
#include <string_view>

#include "sql/database.h"
#include "sql/live_rows.h"

namespace unmask {

// All of one moment: of the caller's snapshot, or of one of its own.
LiveRows ReadLive(Database& database, std::string_view sweep, std::int64_t failures_shown);

}  // namespace unmask

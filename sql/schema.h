// Which databases are ours, and how they become today's version.
#pragma once

#include <span>

#include "common/base/result.h"
#include "sql/database.h"
#include "sql/embedded_sql.h"

namespace unmask {

inline constexpr std::int64_t kApplicationId = 0x756E6D6B;  // "unmk", in the file's header

// The version that this program writes: one a migration.
std::int64_t SchemaVersion();

// What a database without a table is: of a store that begins, of none, or of one whose write-ahead
// log, where all was until then, is gone.
enum class Empty { kBeginning, kNoStore, kLoss };

// Refuses what is not ours, newer than this program, or empty where that is no beginning.
Status CheckIsOurs(Database& database, Empty empty);

// Every page can be read and every row is well-formed (`PRAGMA quick_check`), and, which takes as
// long as reading all of both, indexes agree with their tables (`PRAGMA integrity_check`). Never
// repairs.
enum class Depth { kTables, kTablesAndIndexes };
Status CheckIntact(Database& database, Depth depth);

// Brings the database up to the last of `migrations`; each is one transaction. A database that
// holds something is copied beside itself first ("unmask.db.v1.backup").
Status Migrate(Database& database, std::span<const EmbeddedFile> migrations);

// Makes the views anew where they are not this program's.
Status RefreshViews(Database& database, std::span<const EmbeddedFile> views);

}  // namespace unmask

#include "sql/open_to_read.h"

#include <sqlite3.h>

#include "sql/schema.h"

namespace unmask {
namespace {

// A coordinator that died within a commit on a rollback journal left one that must be rolled back
// before anyone can read: SQLite's own recovery, which a read-only connection may not do. It leaves
// the journal of a live coordinator alone.
void RollBackHotJournal(const fs::path& path) {
  Database database(path, Database::Access::kWrite);
  database.Number("SELECT count(*) FROM sqlite_master");
}

// Whether a database that was left with a write-ahead log, which is no longer beside it, lies where
// none can be made: a copy of unmask.db alone, or a store that was only made read-only.
bool IsWithoutItsLog(const SQLite::Exception& exception, const fs::path& path) {
  const int code = exception.getErrorCode() & 0xFF;  // without what kind of it
  std::error_code unknown;
  return (code == SQLITE_CANTOPEN || code == SQLITE_READONLY) &&
         !fs::exists(path.string() + "-wal", unknown) && !unknown;
}

// A connection by which its first query worked.
std::unique_ptr<Database> Connect(const fs::path& path, Database::Access access) {
  auto database = std::make_unique<Database>(path, access);
  database->Number("SELECT count(*) FROM sqlite_master");
  return database;
}

std::unique_ptr<Database> OpenRecovered(const fs::path& path) {
  std::unique_ptr<Database> database;
  try {
    database = Connect(path, Database::Access::kRead);
  } catch (const SQLite::Exception& exception) {
    if (exception.getExtendedErrorCode() == SQLITE_READONLY_ROLLBACK) {
      RollBackHotJournal(path);
      database = std::make_unique<Database>(path, Database::Access::kRead);
    } else if (IsWithoutItsLog(exception, path)) {
      database = Connect(path, Database::Access::kReadUnchanging);
    } else {
      throw;
    }
  }
  database->Run("PRAGMA cache_size = -65536");  // KiB: a large sweep's rows are met many times
  return database;
}

// Only a file that is surely absent is no store: one behind a folder that may not be entered is.
Status CheckIsThere(const fs::path& database) {
  std::error_code error;
  static_cast<void>(fs::file_size(database, error));
  if (!error) return {};
  if (error == std::errc::no_such_file_or_directory) {
    return DataError("there is no store", database.string(),
                     "--store DIR, a folder that `unmask run` made");
  }
  return DataError("cannot open the database: " + error.message(), database.string(),
                   "a store that this user may read");
}

}  // namespace

Result<std::unique_ptr<Database>> OpenToRead(const StorePaths& paths) {
  UNMASK_TRY(CheckIsThere(paths.database()));
  // Looked for first: a store may be begun meanwhile.
  const Empty empty = paths.HasToken() ? Empty::kLoss : Empty::kNoStore;
  try {
    std::unique_ptr<Database> database = OpenRecovered(paths.database());
    UNMASK_TRY(CheckIsOurs(*database, empty));
    return database;
  } catch (const SQLite::Exception& exception) {
    return ToError(exception, nullptr, paths.database());
  }
}

}  // namespace unmask

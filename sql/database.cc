#include "sql/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "common/base/log.h"

namespace unmask {
namespace {

using std::chrono::milliseconds;

// One thread owns a connection: SQLite's locks around every call would guard nothing.
int Flags(Database::Access access) {
  switch (access) {
    case Database::Access::kRead:
      return SQLite::OPEN_NOMUTEX | SQLite::OPEN_READONLY;
    case Database::Access::kReadUnchanging:
      return SQLite::OPEN_NOMUTEX | SQLite::OPEN_READONLY | SQLite::OPEN_URI;
    case Database::Access::kWrite:
      return SQLite::OPEN_NOMUTEX | SQLite::OPEN_READWRITE;
    case Database::Access::kCreate:
      return SQLite::OPEN_NOMUTEX | SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE;
  }
  return SQLite::OPEN_NOMUTEX | SQLite::OPEN_READONLY;
}

int OnBusy(void* database, int count) {
  auto* waiting = static_cast<Database*>(database);
  return waiting->lock_wait().Wait(waiting->path(), count) ? 1 : 0;
}

// `extended` has SQLite's code in its low byte, and which kind of it above.
int PlainCode(int extended) { return extended & 0xFF; }

// Which errno a failed read or write had; 0 where no system call failed. SQLite notes it, but not
// (or an older one) of what fails within COMMIT: there it is what was `left` in errno.
int SystemErrno(int extended, int left, Database* database) {
  if (PlainCode(extended) == SQLITE_FULL) return ENOSPC;
  if (PlainCode(extended) != SQLITE_IOERR || extended == SQLITE_IOERR_SHORT_READ) return 0;
  if (database == nullptr || left == ENOSPC || left == EDQUOT) return left;
  const int noted = sqlite3_system_errno(database->sqlite().getHandle());
  return noted != 0 ? noted : left;
}

// Before SQLite is used at all. Its count of memory in use would take a lock for each piece.
void DoNotCountMemory() {
  static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(configured);
}

// SQLite would make it 0644 whatever the umask allows a group, and gives its journals the mode that
// the database has. What cannot be made here is left to SQLite, which says why.
void MakeFile(const fs::path& path) {
  const int fd = open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
  if (fd >= 0) close(fd);
}

// What a URI gives a meaning of its own is escaped (SQLite: "URI Filenames").
std::string ImmutableUri(const fs::path& path) {
  std::string uri = path.is_relative() ? "file:" : "file://";  // a path may begin with two slashes
  for (const char c : NameForSqlite(path)) {
    const bool special = c == '%' || c == '?' || c == '#';
    uri += special ? fmt::format("%{:02X}", static_cast<unsigned>(c)) : std::string(1, c);
  }
  return uri + "?immutable=1";
}

// The path, once SQLite is configured.
std::string Prepare(const fs::path& path, Database::Access access) {
  DoNotCountMemory();
  if (access == Database::Access::kCreate) MakeFile(path);
  if (access == Database::Access::kReadUnchanging) return ImmutableUri(path);
  return NameForSqlite(path);
}

}  // namespace

std::string NameForSqlite(const fs::path& path) {
  return path.is_relative() ? (fs::path(".") / path).string() : path.string();
}

// Sleeps 1, 2, 4 ... 50 ms.
bool LockWait::Wait(const fs::path& database, int count) {
  constexpr std::chrono::seconds kFirstWord{5};
  constexpr std::chrono::minutes kBetweenWords{1};
  const Time now = std::chrono::steady_clock::now();
  if (count == 0) {
    since_ = now;
    next_word_ = now + kFirstWord;
  }
  gave_up_ =
      gave_up_ || std::chrono::duration_cast<milliseconds>(now - since_).count() >= limit_ms_;
  if (gave_up_) return false;
  if (now >= next_word_) {  // also with --quiet: the run stands still
    LogError(fmt::format("another program holds {}: the run waits until it has read all or ends",
                         database.string()));
    next_word_ = now + kBetweenWords;
  }
  std::this_thread::sleep_for(milliseconds(std::min(50, 1 << std::min(count, 6))));
  return true;
}

Database::Database(const fs::path& path, Access access)
    : path_(path), sqlite_(Prepare(path, access), Flags(access), 5000) {
  sqlite3_extended_result_codes(sqlite_.getHandle(), 1);
  sqlite3_db_config(sqlite_.getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
}

bool Database::HasMoved() {
  int moved = 0;
  sqlite3_file_control(sqlite_.getHandle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

SQLite::Statement& Database::Prepared(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    auto statement = std::make_unique<SQLite::Statement>(sqlite_, std::string(sql));
    found = statements_.emplace(sql, std::move(statement)).first;
  }
  found->second->tryReset();
  return *found->second;
}

bool Database::InTransaction() const { return sqlite3_get_autocommit(sqlite_.getHandle()) == 0; }

Snapshot::~Snapshot() {
  // After some errors SQLite has ended it by itself.
  if (database_.InTransaction()) database_.sqlite().tryExec("ROLLBACK");
}

Transaction::~Transaction() {
  // SQLite may have rolled back by itself (disk full).
  if (!committed_ && database_.InTransaction()) database_.sqlite().tryExec("ROLLBACK");
}

void Transaction::Commit() {
  database_.Run("COMMIT");
  committed_ = true;
}

void WaitWhenBusy(Database& database, milliseconds at_most) {
  database.sqlite().setBusyTimeout(static_cast<int>(at_most.count()));
}

void WaitWhenBusyForEver(Database& database) {
  sqlite3_busy_handler(database.sqlite().getHandle(), OnBusy, &database);
}

Error MovedError(const fs::path& path) {
  return DataError("the database was removed or replaced", path.string(),
                   "it stays in its place while `unmask run` works");
}

Error ToError(const SQLite::Exception& exception, Database* database, const fs::path& path) {
  const int system_errno = SystemErrno(exception.getErrorCode(), errno, database);
  const std::string where = path.string();
  if (system_errno != 0) {
    return DataError(
        fmt::format("cannot read or write the database: {}", std::strerror(system_errno)), where);
  }
  const int extended = exception.getExtendedErrorCode();
  if (extended == SQLITE_READONLY_DBMOVED) return MovedError(path);
  if (extended == SQLITE_IOERR_SHORT_READ) {
    return DataError("the database is damaged: a part of it is missing", where,
                     "an intact copy, with its unmask.db-wal where there is one");
  }
  switch (PlainCode(exception.getErrorCode())) {
    case SQLITE_CORRUPT:
      return DataError(fmt::format("the database is damaged: {}", exception.what()), where,
                       "an intact copy; nothing was changed");
    case SQLITE_NOTADB:
      return DataError("not a database", where, "a store that unmask made");
    case SQLITE_BUSY:
      if (database != nullptr && database->lock_wait().gave_up()) {
        return Error(ErrorCode::kStopped,
                     {"another program holds the database: the last results were not recorded",
                      where, "end that program, then run the same command"});
      }
      return DataError("the database is locked by another program", where,
                       "try again when it has ended");
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return DataError(fmt::format("cannot open the database: {}", exception.what()), where,
                       "a file and folder that this user may write");
    default:
      return InternalError(fmt::format("SQLite: {}", exception.what()), where);
  }
}

}  // namespace unmask

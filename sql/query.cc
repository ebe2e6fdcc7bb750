#include "sql/query.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#include "common/base/log.h"
#include "sql/open_to_read.h"

namespace unmask {
namespace {

using SteadyClock = std::chrono::steady_clock;

// PRAGMAs that only tell; the second list tells only without an argument.
constexpr std::array<std::string_view, 11> kTellingPragmas = {
    "table_info",      "table_xinfo",     "table_list",    "index_list",
    "index_info",      "index_xinfo",     "database_list", "foreign_key_list",
    "compile_options", "integrity_check", "quick_check"};
constexpr std::array<std::string_view, 4> kTellingWithoutArgument = {
    "user_version", "application_id", "journal_mode", "page_count"};
// Functions that reach outside the database.
constexpr std::array<std::string_view, 5> kRefusedFunctions = {
    "load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"};

template <std::size_t N>
bool OneOf(const std::array<std::string_view, N>& names, const char* name) {
  return name != nullptr && std::ranges::find(names, std::string_view(name)) != names.end();
}

// sqlite3_set_authorizer's callback: asked for every action when a statement is prepared.
int Authorize(void*, int action, const char* first, const char* second, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_FUNCTION:
      return OneOf(kRefusedFunctions, second) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_UPDATE:
      // Asked when a table-valued function is first used. A real UPDATE of it is refused below:
      // its statement is not read-only.
      return first != nullptr && std::string_view(first) == "sqlite_master" ? SQLITE_OK
                                                                            : SQLITE_DENY;
    case SQLITE_PRAGMA:
      return OneOf(kTellingPragmas, first) ||
                     (OneOf(kTellingWithoutArgument, first) && second == nullptr)
                 ? SQLITE_OK
                 : SQLITE_DENY;
    default:
      return SQLITE_DENY;
  }
}

struct TimeLimit {
  std::chrono::milliseconds length;
  SteadyClock::time_point end = SteadyClock::now() + length;
  bool IsOver() const { return SteadyClock::now() > end; }
};

int StopWhenLate(void* limit) { return static_cast<const TimeLimit*>(limit)->IsOver() ? 1 : 0; }

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementPtr = std::unique_ptr<sqlite3_stmt, Finalize>;

Error TooLong(const TimeLimit& limit) {
  return UsageError(fmt::format("the query ran longer than {} s", limit.length.count() / 1000.0),
                    "SQL", "a shorter query, or --timeout");
}

// Gives up for a query that does not, while it stands.
class Watchdog {
 public:
  Watchdog(const TimeLimit& limit, const GiveUp& give_up) {
    if (!give_up) return;
    try {
      thread_ = std::jthread(
          [this, limit, give_up](const std::stop_token& stop) { Watch(stop, limit, give_up); });
    } catch (const std::system_error& error) {
      LogDebug(fmt::format("no thread ends a query that runs on: {}", error.what()));
    }
  }

 private:
  void Watch(const std::stop_token& stop, const TimeLimit& limit, const GiveUp& give_up) {
    std::unique_lock lock(mutex_);
    ended_.wait_until(lock, stop, limit.end + std::chrono::seconds(1), [] { return false; });
    if (!stop.stop_requested()) give_up(TooLong(limit));
  }

  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::jthread thread_;  // asked to stop, and joined, before the others go
};

Error SqlError(sqlite3* database, const TimeLimit& limit) {
  switch (sqlite3_errcode(database) & 0xFF) {  // without the extended part
    case SQLITE_INTERRUPT:
      return TooLong(limit);
    case SQLITE_AUTH:
      return UsageError("the query does more than read", "SQL", "one SELECT");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_IOERR:
      return DataError(fmt::format("the database is damaged: {}", sqlite3_errmsg(database)), "SQL",
                       "an intact copy; nothing was changed");
    case SQLITE_BUSY:
      return DataError("the database is locked by another program", "SQL", "try again later");
    default:
      return UsageError(sqlite3_errmsg(database), "SQL", "one SELECT in SQLite's dialect");
  }
}

// Prepares what stands first in `sql` and drops it from there. Null where only blanks and comments
// are left.
Result<StatementPtr> PrepareNext(sqlite3* database, std::string_view& sql, const TimeLimit& limit) {
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  const int code =
      sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement, &rest);
  StatementPtr owner(statement);
  if (code != SQLITE_OK) return SqlError(database, limit);
  sql.remove_prefix(static_cast<std::size_t>(rest - sql.data()));
  return owner;
}

Result<StatementPtr> PrepareOnly(sqlite3* database, std::string_view sql, const TimeLimit& limit) {
  UNMASK_ASSIGN(StatementPtr statement, PrepareNext(database, sql, limit));
  if (statement == nullptr) return UsageError("the query is empty", "SQL", "one SELECT");
  while (!sql.empty()) {
    UNMASK_ASSIGN(const StatementPtr next, PrepareNext(database, sql, limit));
    if (next != nullptr) return UsageError("several statements", "SQL", "one SELECT");
  }
  if (sqlite3_stmt_readonly(statement.get()) == 0) {
    return UsageError("the query does more than read", "SQL", "one SELECT");
  }
  return statement;
}

SqlValue ValueOf(sqlite3_stmt* statement, int column) {
  const auto bytes = [&](const void* data) {
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
    return size == 0 ? std::string() : std::string(static_cast<const char*>(data), size);
  };
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return static_cast<std::int64_t>(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_TEXT:
      return bytes(sqlite3_column_text(statement, column));
    case SQLITE_BLOB:
      return SqlBlob{bytes(sqlite3_column_blob(statement, column))};
    default:
      return std::monostate();
  }
}

std::vector<std::string> NamesOf(sqlite3_stmt* statement) {
  std::vector<std::string> names(static_cast<std::size_t>(sqlite3_column_count(statement)));
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = sqlite3_column_name(statement, static_cast<int>(i));
  }
  return names;
}

std::vector<SqlValue> RowOf(sqlite3_stmt* statement) {
  std::vector<SqlValue> values;
  const int columns = sqlite3_column_count(statement);
  values.reserve(static_cast<std::size_t>(columns));
  for (int i = 0; i < columns; ++i) values.push_back(ValueOf(statement, i));
  return values;
}

std::size_t BytesOf(const std::vector<SqlValue>& row) {
  std::size_t bytes = (row.size() + 1) * sizeof(SqlValue);
  for (const SqlValue& value : row) {
    if (const auto* text = std::get_if<std::string>(&value)) bytes += text->size();
    if (const auto* blob = std::get_if<SqlBlob>(&value)) bytes += blob->bytes.size();
  }
  return bytes;
}

// A sink may block for as long as it likes (a pager that nobody scrolls), while a statement that is
// open keeps others from writing. So rows wait here until theirs has ended, as far as they fit.
class HeldRows {
 public:
  explicit HeldRows(RowSink& sink) : sink_(sink) {}

  void Add(std::vector<SqlValue> row) {
    bytes_ += BytesOf(row);
    rows_.push_back(std::move(row));
    if (bytes_ > kQueryRowsHeld) Pass();
  }
  void Pass() {
    for (const std::vector<SqlValue>& row : rows_) sink_.Row(row);
    rows_.clear();
    bytes_ = 0;
  }

 private:
  RowSink& sink_;
  std::vector<std::vector<SqlValue>> rows_;
  std::size_t bytes_ = 0;
};

// Into `held` and, where they are too many for it, on into its sink.
Status StepThrough(sqlite3* database, sqlite3_stmt* statement, const TimeLimit& limit,
                   HeldRows& held) {
  int code = 0;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    held.Add(RowOf(statement));
    if (limit.IsOver()) return TooLong(limit);  // the sink may have taken long
  }
  return code == SQLITE_DONE ? Status() : SqlError(database, limit);
}

Status RunGuarded(Database& store, std::string_view sql, TimeLimit limit, RowSink& sink,
                  const GiveUp& give_up) {
  sqlite3* const database = store.sqlite().getHandle();
  // A single function call is not interrupted, so what one may build is bounded.
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH, 64 << 20);
  sqlite3_limit(database, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000);
  sqlite3_set_authorizer(database, Authorize, nullptr);
  sqlite3_progress_handler(database, 1000, StopWhenLate, &limit);
  WaitWhenBusy(store, limit.length);
  UNMASK_ASSIGN(const StatementPtr statement, PrepareOnly(database, sql, limit));
  sink.Columns(NamesOf(statement.get()));
  HeldRows held(sink);
  {
    const Watchdog watchdog(limit, give_up);
    UNMASK_TRY(StepThrough(database, statement.get(), limit, held));
  }
  held.Pass();  // after the last step, which has let go of the store
  return {};
}

}  // namespace

Status RunQuery(const StorePaths& paths, std::string_view sql, std::chrono::milliseconds time_limit,
                RowSink& sink, const GiveUp& give_up) {
  UNMASK_ASSIGN(const std::unique_ptr<Database> store, OpenToRead(paths));
  return CatchSqlite(*store, [&] { return RunGuarded(*store, sql, {time_limit}, sink, give_up); });
}

}  // namespace unmask

// SQLite through SQLiteCpp, as this folder uses it: cached statements, rows that let go of their
// statement, transactions that roll back. Errors are SQLite::Exception in here; the public classes
// (ResultsStore, StoreReader) turn them into Error with CatchSqlite. One thread.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/base/files.h"
#include "common/base/result.h"

namespace unmask {

// A path that SQLite takes for no address (URI), also where it begins with `file:`.
std::string NameForSqlite(const fs::path& path);

// How a coordinator waits for other programs' locks: for ever, saying so now and then, until it is
// told how long.
class LockWait {
 public:
  // From any thread. What has been waited already counts.
  void AtMost(std::chrono::milliseconds limit) { limit_ms_ = limit.count(); }
  bool gave_up() const { return gave_up_; }
  // SQLite's busy handler, `count`: how often it was called for this lock. False: gives up.
  bool Wait(const fs::path& database, int count);

 private:
  using Time = std::chrono::steady_clock::time_point;
  std::atomic<std::int64_t> limit_ms_{std::numeric_limits<std::int64_t>::max()};
  bool gave_up_ = false;
  Time since_;
  Time next_word_;
};

class Database {
 public:
  // kReadUnchanging: nobody writes it meanwhile, so no locks and no files beside it are needed.
  enum class Access { kRead, kReadUnchanging, kWrite, kCreate };
  Database(const fs::path& path, Access access);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs a statement to its end; returns how many rows it changed.
  template <typename... Args>
  int Run(std::string_view sql, const Args&... args);

  // Several statements, none of them with parameters or rows.
  void RunScript(const std::string& sql) { sqlite_.exec(sql); }

  // The first column of the first row, 0 where there is none: counts and pragmas.
  template <typename... Args>
  std::int64_t Number(std::string_view sql, const Args&... args);

  bool InTransaction() const;
  // Whether the file that is open is no longer the one at path(): removed, renamed, replaced.
  bool HasMoved();
  SQLite::Database& sqlite() { return sqlite_; }
  const fs::path& path() const { return path_; }
  LockWait& lock_wait() { return lock_wait_; }

 private:
  friend class Rows;
  SQLite::Statement& Prepared(std::string_view sql);

  struct Hash {
    using is_transparent = void;  // looked up without a copy of the text
    std::size_t operator()(std::string_view sql) const {
      return std::hash<std::string_view>()(sql);
    }
  };

  fs::path path_;
  LockWait lock_wait_;
  SQLite::Database sqlite_;
  std::unordered_map<std::string, std::unique_ptr<SQLite::Statement>, Hash, std::equal_to<>>
      statements_;
};

// The rows of one query: `for (Rows rows(db, "SELECT ...", key); rows.Next();) rows.Text(0)`. Ends
// its statement at scope end, so that no read lock stays behind. Not re-entrant for equal SQL.
class Rows {
 public:
  template <typename... Args>
  Rows(Database& database, std::string_view sql, const Args&... args)
      : statement_(database.Prepared(sql)) {
    int index = 0;
    (Bind(++index, args), ...);
  }
  // As above, and `args` outlive this: texts are not copied.
  struct Lasting {};
  template <typename... Args>
  Rows(Lasting, Database& database, std::string_view sql, const Args&... args)
      : statement_(database.Prepared(sql)), lasting_(true) {
    int index = 0;
    (Bind(++index, args), ...);
  }
  ~Rows() { statement_.tryReset(); }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  bool Next() { return statement_.executeStep(); }
  int Columns() const { return statement_.getColumnCount(); }
  bool IsNull(int column) const { return statement_.isColumnNull(column); }
  std::int64_t Int(int column) const { return statement_.getColumn(column).getInt64(); }
  double Real(int column) const { return statement_.getColumn(column).getDouble(); }
  std::string Text(int column) const { return statement_.getColumn(column).getString(); }

  std::optional<std::int64_t> MaybeInt(int column) const {
    return IsNull(column) ? std::nullopt : std::optional(Int(column));
  }
  std::optional<double> MaybeReal(int column) const {
    return IsNull(column) ? std::nullopt : std::optional(Real(column));
  }
  std::optional<std::string> MaybeText(int column) const {
    return IsNull(column) ? std::nullopt : std::optional(Text(column));
  }

 private:
  void Bind(int index, std::int64_t value) { statement_.bind(index, value); }
  void Bind(int index, int value) { statement_.bind(index, value); }
  void Bind(int index, double value) { statement_.bind(index, value); }
  void Bind(int index, const std::string& value) {
    lasting_ ? statement_.bindNoCopy(index, value) : statement_.bind(index, value);
  }
  void Bind(int index, std::string_view value) { statement_.bind(index, std::string(value)); }
  void Bind(int index, const char* value) { statement_.bind(index, value); }
  void Bind(int index, bool) = delete;  // say 0 or 1
  template <typename T>
  void Bind(int index, const std::optional<T>& value) {
    if (value.has_value()) {
      Bind(index, *value);
    } else {
      statement_.bind(index);
    }
  }

  SQLite::Statement& statement_;
  const bool lasting_ = false;
};

template <typename... Args>
int Database::Run(std::string_view sql, const Args&... args) {
  Rows rows(Rows::Lasting(), *this, sql, args...);
  while (rows.Next()) {
  }
  return sqlite_.getChanges();
}

template <typename... Args>
std::int64_t Database::Number(std::string_view sql, const Args&... args) {
  Rows rows(Rows::Lasting(), *this, sql, args...);
  return rows.Next() ? rows.Int(0) : 0;
}

// A write transaction from construction (BEGIN IMMEDIATE) to Commit; rolls back otherwise.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) {
    database_.Run("BEGIN IMMEDIATE");
  }
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void Commit();

 private:
  Database& database_;
  bool committed_ = false;
};

// What is read from construction on is of one moment; nothing is written.
class Snapshot {
 public:
  explicit Snapshot(Database& database) : database_(database) { database_.Run("BEGIN"); }
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Database& database_;
};

// How long to wait for other programs' locks. For ever: as lock_wait() says.
void WaitWhenBusy(Database& database, std::chrono::milliseconds at_most);
void WaitWhenBusyForEver(Database& database);

// Commits would go into a file that nobody finds.
Error MovedError(const fs::path& path);

// At once: what a failed call left in `errno` counts. `database`: nullptr where it did not open.
Error ToError(const SQLite::Exception& exception, Database* database, const fs::path& path);

// Runs `body`, which returns a Result or Status, and turns SQLite's exceptions into its error.
template <typename Body>
auto CatchSqlite(Database& database, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const SQLite::Exception& exception) {
    return ToError(exception, &database, database.path());
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const fs::filesystem_error& exception) {
    return DataError(exception.code().message(), exception.path1().string());
  } catch (const std::exception& exception) {  // a row that this program did not write
    return DataError(std::string("the database is damaged: ") + exception.what(),
                     database.path().string(), "an intact copy; nothing was changed");
  }
}

}  // namespace unmask

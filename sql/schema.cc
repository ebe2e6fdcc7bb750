#include "sql/schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/first_line.h"
#include "common/base/log.h"
#include "common/base/sha256.h"

namespace unmask {
namespace {

std::int64_t UserVersion(Database& database) { return database.Number("PRAGMA user_version"); }

bool IsEmpty(Database& database) {
  return database.Number("SELECT count(*) FROM sqlite_master") == 0 && UserVersion(database) == 0;
}

Status CheckMayBeEmpty(const std::string& where, Empty empty) {
  switch (empty) {
    case Empty::kBeginning:
      return {};
    case Empty::kNoStore:
      return DataError("the database is empty", where, "a store that `unmask run` made");
    case Empty::kLoss:
      break;
  }
  return DataError("the database is damaged: it is empty", where,
                   "an intact copy, with its unmask.db-wal where there is one");
}

// Of what SQLite found first, below a line that names the database.
std::string FirstFinding(std::string_view said) {
  if (said.starts_with("***")) said.remove_prefix(std::min(said.find('\n') + 1, said.size()));
  return FirstLine(said);
}

void Backup(Database& database, std::int64_t version) {
  const std::string target = fmt::format("{}.v{}.backup", database.path().string(), version);
  LogInfo(fmt::format("migrating the store from version {}; a copy is {}", version, target));
  fs::remove(target);  // of a migration that was cut off
  // Whom the store is kept from must not read it here.
  const Database made(target, Database::Access::kCreate);
  fs::permissions(target, fs::status(database.path()).permissions());
  database.sqlite().backup(NameForSqlite(target).c_str(), SQLite::Database::Save);
}

}  // namespace

std::int64_t SchemaVersion() { return static_cast<std::int64_t>(SqlMigrations().size()); }

Status CheckIsOurs(Database& database, Empty empty) {
  const std::string where = database.path().string();
  if (IsEmpty(database)) return CheckMayBeEmpty(where, empty);
  if (database.Number("PRAGMA application_id") != kApplicationId) {
    return DataError("the database is not a store of unmask", where,
                     "a folder without a foreign unmask.db");
  }
  const std::int64_t version = UserVersion(database);
  if (version > SchemaVersion()) {
    return DataError(fmt::format("the store is of version {}, newer than this program", version),
                     where, fmt::format("version {} or older", SchemaVersion()));
  }
  return {};
}

Status CheckIntact(Database& database, Depth depth) {
  Rows rows(database,
            depth == Depth::kTables ? "PRAGMA quick_check(1)" : "PRAGMA integrity_check(1)");
  const std::string said = rows.Next() ? rows.Text(0) : "it cannot be checked";
  if (said == "ok") return {};
  return DataError(fmt::format("the database is damaged: {}", FirstFinding(said)),
                   database.path().string(), "an intact copy; nothing was changed");
}

Status Migrate(Database& database, std::span<const EmbeddedFile> migrations) {
  const bool fresh = IsEmpty(database);
  const auto first = static_cast<std::size_t>(UserVersion(database));
  if (!fresh && first < migrations.size()) Backup(database, static_cast<std::int64_t>(first));
  for (std::size_t i = first; i < migrations.size(); ++i) {
    Transaction transaction(database);
    database.RunScript(migrations[i].text);
    database.RunScript(fmt::format("PRAGMA application_id = {}", kApplicationId));
    database.RunScript(fmt::format("PRAGMA user_version = {}", i + 1));
    transaction.Commit();
  }
  // What later migrations gave up of the earlier ones' pages.
  if (fresh && !migrations.empty()) database.RunScript("VACUUM");
  return {};
}

Status RefreshViews(Database& database, std::span<const EmbeddedFile> views) {
  Sha256 hash;
  for (const EmbeddedFile& view : views) hash.Update(view.text);
  const std::string sha256 = hash.HexDigest();
  if (database.Number("SELECT count(*) FROM meta WHERE key = 'views' AND value = ?", sha256) > 0) {
    return {};
  }
  Transaction transaction(database);
  for (const EmbeddedFile& view : views) {
    database.RunScript("DROP VIEW IF EXISTS " + fs::path(view.name).stem().string());
    database.RunScript(view.text);
  }
  database.Run("INSERT OR REPLACE INTO meta (key, value) VALUES ('views', ?)", sha256);
  transaction.Commit();
  return {};
}

}  // namespace unmask

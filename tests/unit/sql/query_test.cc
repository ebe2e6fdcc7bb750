#include "sql/query.h"

#include <gtest/gtest.h>

#include <fstream>

#include "common/base/text.h"
#include "sql/database.h"
#include "tests/testing/store_env.h"

namespace unmask {
namespace {

class LastRow final : public RowSink {
 public:
  void Columns(const std::vector<std::string>& columns) override { names = columns; }
  void Row(const std::vector<SqlValue>& row) override {
    values = row;
    ++rows;
  }
  std::vector<std::string> names;
  std::vector<SqlValue> values;
  int rows = 0;
};

class QueryTest : public testing::Test, protected StoreEnv {
 protected:
  QueryTest() { Register(MakeTestPlan("s-1", {TestExperiment{}})); }

  // The exit code, 0 where the query ran.
  int Run(const std::string& sql, std::chrono::milliseconds limit = std::chrono::seconds(60)) {
    last = LastRow();
    const Status status = RunQuery(paths(), sql, limit, last);
    message = status.ok() ? "" : FormatError(status.error());
    return status.ok() ? 0 : ExitCode(status.error().code);
  }

  LastRow last;
  std::string message;
};

TEST_F(QueryTest, ReadsWithSqlitesTypes) {
  ASSERT_EQ(Run("SELECT 1 AS a, 0.5 AS b, 'x' AS c, NULL AS d, x'00ff' AS e;  -- one statement"), 0)
      << message;
  EXPECT_EQ(last.names, (std::vector<std::string>{"a", "b", "c", "d", "e"}));
  EXPECT_EQ(std::get<std::int64_t>(last.values[0]), 1);
  EXPECT_EQ(std::get<double>(last.values[1]), 0.5);
  EXPECT_EQ(std::get<std::string>(last.values[2]), "x");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(last.values[3]));
  EXPECT_EQ(std::get<SqlBlob>(last.values[4]).bytes, std::string("\0\xff", 2));
}

TEST_F(QueryTest, ReadingInManyWaysIsAllowed) {
  for (const char* sql :
       {"SELECT count(*) FROM jobs",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        " WHERE i < 9) SELECT max(i) FROM n",
        "SELECT value FROM json_each('[1,2]')", "SELECT name FROM pragma_table_info('jobs')",
        "PRAGMA table_info(jobs)", "PRAGMA integrity_check", "PRAGMA user_version",
        "EXPLAIN QUERY PLAN SELECT * FROM cells", "VALUES (1), (2)",
        "SELECT row_number() OVER (ORDER BY job_key) FROM jobs"}) {
    EXPECT_EQ(Run(sql), 0) << sql << ": " << message;
    EXPECT_GT(last.rows, 0) << sql;
  }
}

TEST_F(QueryTest, WhatIsNotReadingIsRefused) {
  const std::string other = (paths().root / "other.db").string();
  for (const std::string& sql : std::vector<std::string>{"DELETE FROM job",
                                                         "UPDATE job SET state = 'done'",
                                                         "INSERT INTO meta VALUES ('x', 1)",
                                                         "DROP TABLE job",
                                                         "CREATE TABLE t (a)",
                                                         "CREATE TEMP TABLE t (a)",
                                                         "CREATE TEMP VIEW v AS SELECT 1",
                                                         "ALTER TABLE job RENAME TO j",
                                                         "ATTACH '" + other + "' AS other",
                                                         "DETACH main",
                                                         "VACUUM INTO '" + other + "'",
                                                         "VACUUM",
                                                         "REINDEX",
                                                         "ANALYZE",
                                                         "BEGIN",
                                                         "COMMIT",
                                                         "SAVEPOINT s",
                                                         "PRAGMA user_version = 7",
                                                         "PRAGMA journal_mode = DELETE",
                                                         "PRAGMA writable_schema = 1",
                                                         "PRAGMA temp_store_directory = '/tmp'",
                                                         "SELECT load_extension('x')",
                                                         "SELECT writefile('" + other + "', 'x')",
                                                         "SELECT readfile('/etc/passwd')",
                                                         "UPDATE sqlite_master SET sql = ''",
                                                         "DELETE FROM sqlite_master",
                                                         "WITH a AS (SELECT 1) DELETE FROM job"}) {
    EXPECT_EQ(Run(sql), 2) << sql;
    EXPECT_EQ(last.rows, 0) << sql;
  }
  EXPECT_FALSE(fs::exists(other));
  EXPECT_EQ(Run("SELECT count(*) FROM job WHERE state = 'queued'"), 0);
  EXPECT_EQ(std::get<std::int64_t>(last.values[0]), 3);
}

TEST_F(QueryTest, SeveralStatementsAreRefusedBeforeTheFirstRuns) {
  EXPECT_EQ(Run("SELECT 1; SELECT 2"), 2);
  EXPECT_EQ(last.rows, 0);
  EXPECT_EQ(Run("SELECT 1; DELETE FROM job"), 2);
  EXPECT_EQ(Run("SELECT 1; nonsense"), 2);
  EXPECT_EQ(Run("  -- nothing\n ; "), 2);
  EXPECT_EQ(Run(""), 2);
}

TEST_F(QueryTest, WrongSqlIsOneLineThatSaysWhat) {
  EXPECT_EQ(Run("SELECT missing FROM jobs"), 2);
  EXPECT_NE(message.find("no such column: missing"), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos);
  EXPECT_EQ(Run("SELEC 1"), 2);
}

TEST_F(QueryTest, EndsWhenTheTimeIsUp) {
  EXPECT_EQ(Run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                " SELECT count(*) FROM n",
                std::chrono::milliseconds(50)),
            2);
  EXPECT_NE(message.find("longer than 0.05 s"), std::string::npos) << message;
}

// Tells for each row whether another could write to the store while it is shown.
class WritableWhenShown final : public RowSink {
 public:
  explicit WritableWhenShown(const fs::path& path) : other_(path, Database::Access::kWrite) {
    WaitWhenBusy(other_, std::chrono::milliseconds(0));
  }
  void Columns(const std::vector<std::string>&) override {}
  void Row(const std::vector<SqlValue>&) override {
    try {
      other_.RunScript("BEGIN EXCLUSIVE; ROLLBACK");
      writable.push_back(true);
    } catch (const SQLite::Exception&) {
      writable.push_back(false);
    }
  }
  std::vector<bool> writable;

 private:
  Database other_;
};

TEST_F(QueryTest, ShownRowsKeepNobodyFromWritingUnlessTheyAreMany) {
  Open({false, "test", kStoreNow, /*network_file_system=*/true});  // where readers block writers
  WritableWhenShown few(paths().database());
  const auto limit = std::chrono::seconds(60);
  Expect(RunQuery(paths(), "SELECT job_key FROM jobs", limit, few));
  EXPECT_EQ(few.writable, (std::vector<bool>{true, true, true}));
  WritableWhenShown many(paths().database());
  Expect(RunQuery(paths(),
                  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)"
                  " SELECT (SELECT count(*) FROM jobs), zeroblob(1048576) FROM n",
                  limit, many));
  ASSERT_EQ(many.writable.size(), 40U);
  EXPECT_FALSE(many.writable.front());
  EXPECT_TRUE(many.writable.back());
}

// A pager that nobody scrolls until the time is up.
class Slow final : public RowSink {
 public:
  explicit Slow(std::chrono::milliseconds limit) : end_(std::chrono::steady_clock::now() + limit) {}
  void Columns(const std::vector<std::string>&) override {}
  void Row(const std::vector<SqlValue>&) override {
    ++rows;
    while (std::chrono::steady_clock::now() <= end_) {
    }
  }
  std::size_t rows = 0;

 private:
  std::chrono::steady_clock::time_point end_;
};

TEST_F(QueryTest, TheTimeOfTheSinkCountsWhileTheStoreIsRead) {
  const std::chrono::milliseconds limit(200);
  Slow sink(limit + std::chrono::milliseconds(10));
  const Status status = RunQuery(paths(),
                                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                                 " SELECT zeroblob(8 << 20) FROM n",
                                 limit, sink);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(ExitCode(status.error().code), 2);
  EXPECT_LE(sink.rows, 5U);  // what is held back at most
}

TEST_F(QueryTest, OneCallCannotTakeAllMemory) {
  EXPECT_EQ(Run("SELECT length(zeroblob(1000000000))"), 2);
}

TEST_F(QueryTest, StoresThatCannotBeReadAreDataErrors) {
  store.reset();
  const fs::path database = paths().database();
  LastRow sink;
  const auto code = [&](const fs::path& root) {
    const Status status =
        RunQuery(StorePaths{root}, "SELECT 1 FROM sweeps", std::chrono::seconds(10), sink);
    return status.ok() ? 0 : ExitCode(status.error().code);
  };
  EXPECT_EQ(code(paths().root), 0);
  EXPECT_EQ(code(paths().root / "nowhere"), 3);
  std::ofstream(database) << "this is no database, but long enough to be taken for a header ......"
                             ".................................................................";
  EXPECT_EQ(code(paths().root), 3);
  std::ofstream(database, std::ios::trunc).flush();
  EXPECT_EQ(code(paths().root), 3);
}

}  // namespace
}  // namespace unmask

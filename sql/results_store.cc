#include "sql/results_store.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <random>

#include "common/base/clock.h"
#include "common/base/group_share.h"
#include "common/base/log.h"
#include "sql/database.h"
#include "sql/load_jobs.h"
#include "sql/record_writer.h"
#include "sql/register_sweep.h"
#include "sql/schema.h"
#include "sql/store_lock.h"

namespace unmask {
namespace {

// Pages of 8 KiB (before the first table is made) waste a sixth less than 4 KiB on packed rows of
// 2 to 7 kB. WAL needs shared memory between its users, which network file systems do not have.
void Configure(Database& database, bool network) {
  database.Run("PRAGMA page_size = 8192");
  // A sweep of 100,000 jobs is registered in one transaction: its indexes stay in memory (KiB).
  database.Run("PRAGMA cache_size = -65536");
  database.Run(network ? "PRAGMA journal_mode = DELETE" : "PRAGMA journal_mode = WAL");
  // FULL, and where a commit is a journal's end the folder too: else the journal is there again
  // after a power cut, and undoes what was committed.
  database.Run("PRAGMA synchronous = EXTRA");
}

// Back to one file. With readers still there the log stays, and the next opening takes it in.
void LeaveOneFile(Database& database) {
  try {
    WaitWhenBusy(database, std::chrono::milliseconds(500));
    database.Run("PRAGMA wal_checkpoint(TRUNCATE)");
    database.Run("PRAGMA journal_mode = DELETE");
  } catch (const SQLite::Exception& exception) {
    if ((exception.getErrorCode() & 0xFF) == SQLITE_BUSY) {
      LogInfo("another program reads the store: unmask.db-wal belongs to it until the next run");
    } else {
      LogDebug(fmt::format("the write-ahead log stays: {}", exception.what()));
    }
  }
}

// What dead coordinators left running goes back to the queue; not counted against the jobs.
CoordinatorEpoch StartEpoch(Database& database, const std::string& now) {
  Transaction transaction(database);
  database.Run("UPDATE meta SET value = value + 1 WHERE key = 'epoch'");
  database.Run(
      "UPDATE planned_job SET attempts = (SELECT max(attempt.attempt) FROM attempt"
      " WHERE attempt.job_id = planned_job.id)"
      " WHERE id IN (SELECT job_id FROM attempt WHERE outcome IS NULL)");
  database.Run(
      "UPDATE attempt SET outcome = 'lost', error_class = 'lost', ended_at = ?,"
      " message = 'its coordinator ended' WHERE outcome IS NULL",
      now);
  const CoordinatorEpoch epoch{database.Number("SELECT value FROM meta WHERE key = 'epoch'")};
  transaction.Commit();
  return epoch;
}

std::string RandomToken() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

// A database that is empty beside a token is a loss, one that is not there a beginning.
Empty WhereEmpty(const StorePaths& paths) {
  std::error_code ignored;
  const bool is_there = fs::exists(paths.database(), ignored);
  return is_there && paths.HasToken() ? Empty::kLoss : Empty::kBeginning;
}

// Before anything of ours is made beside it. What cannot be told yet (it is locked, or must be
// recovered) is told when the store is opened.
Status CheckNotForeign(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return {};
  try {
    Database database(path, Database::Access::kRead);
    WaitWhenBusy(database, std::chrono::milliseconds(0));
    return CheckIsOurs(database, Empty::kBeginning);
  } catch (const SQLite::Exception& exception) {
    if (exception.getErrorCode() != SQLITE_NOTADB) return {};
    return ToError(exception, nullptr, path);
  }
}

Status Prepare(Database& database, bool network, Empty empty) {
  UNMASK_TRY(CheckIsOurs(database, empty));
  UNMASK_TRY(CheckIntact(database, Depth::kTables));
  // Who only reads (an export takes minutes) is waited for, as while a run goes on; whom even these
  // checks had to wait for has refused us.
  WaitWhenBusyForEver(database);
  Configure(database, network);
  UNMASK_TRY(Migrate(database, SqlMigrations()));
  return RefreshViews(database, SqlViews());
}

}  // namespace

class ResultsStore::Impl {
 public:
  Impl(StorePaths paths, StoreLock lock, Options options)
      : paths_(std::move(paths)),
        options_(std::move(options)),
        lock_(std::move(lock)),
        database_(paths_.database(), Database::Access::kCreate) {}
  ~Impl() {
    writer_.reset();
    transaction_.reset();
    // What may lie in its place by now is somebody else's.
    if (epoch_.value > 0 && !database_.HasMoved()) LeaveOneFile(database_);
  }

  Status Start(Empty empty);
  Status Apply(const Record& record, const std::string& now);
  Status Commit();
  void Rollback();
  void Know(const LoadedJobs& loaded);
  bool IsNeeded(const std::string& sha256);

  // Runs `body` in a transaction of its own.
  template <typename Body>
  Status InTransaction(Body&& body) {
    UNMASK_CHECK(!transaction_.has_value());
    return CatchSqlite(database_, [&]() -> Status {
      Transaction transaction(database_);
      UNMASK_TRY(body());
      UNMASK_TRY(AssertEpoch());
      transaction.Commit();
      return {};
    });
  }
  Status AssertEpoch();
  Status CheckInPlace();

  const StorePaths paths_;
  const Options options_;
  StoreLock lock_;  // outlives the database
  Database database_;
  CoordinatorEpoch epoch_;
  std::string token_;
  std::optional<RecordWriter> writer_;
  std::optional<Transaction> transaction_;
  std::vector<std::string> dying_blobs_;  // of the open transaction
  std::vector<std::string> dead_blobs_;   // of committed ones
};

Status ResultsStore::Impl::Start(Empty empty) {
  const bool network = options_.network_file_system.value_or(IsNetworkFileSystem(paths_.root));
  UNMASK_TRY(Prepare(database_, network, empty));
  const std::string now = options_.now.empty() ? RealClock().WallTime() : options_.now;
  epoch_ = StartEpoch(database_, now);
  writer_.emplace(database_, epoch_);
  token_ = RandomToken();
  return WriteFileDurably(paths_.token(), token_);
}

Status ResultsStore::Impl::Apply(const Record& record, const std::string& now) {
  Status written = CatchSqlite(database_, [&]() -> Status {
    if (!transaction_.has_value()) transaction_.emplace(database_);
    return writer_->Write(record, now, dying_blobs_);
  });
  if (written.ok()) return written;
  // A record that is not of the current attempt may be one that another coordinator's replaced.
  Status epoch;
  static_cast<void>(CatchSqlite(database_, [&]() -> Status {
    epoch = AssertEpoch();
    return {};
  }));
  Rollback();
  return epoch.ok() ? written : epoch;
}

Status ResultsStore::Impl::Commit() {
  if (!transaction_.has_value()) return {};
  Status committed = CatchSqlite(database_, [&]() -> Status {
    UNMASK_TRY(writer_->WriteHeldBack());
    UNMASK_TRY(AssertEpoch());
    transaction_->Commit();
    return {};
  });
  if (!committed.ok()) {
    Rollback();
    return committed;
  }
  transaction_.reset();
  dead_blobs_.insert(dead_blobs_.end(), dying_blobs_.begin(), dying_blobs_.end());
  dying_blobs_.clear();
  return {};
}

void ResultsStore::Impl::Rollback() {
  transaction_.reset();
  writer_->Forget();
  dying_blobs_.clear();
}

Status ResultsStore::Impl::AssertEpoch() {
  if (database_.HasMoved()) return MovedError(paths_.database());
  const int ours = database_.Run("UPDATE meta SET value = value WHERE key = 'epoch' AND value = ?",
                                 epoch_.value);
  if (ours == 1) return {};
  return DataError("another coordinator has taken the store over", paths_.database().string(),
                   "one coordinator at a time");
}

Status ResultsStore::Impl::CheckInPlace() {
  Database anew(paths_.database(), Database::Access::kRead);
  const std::int64_t epoch = anew.Number("SELECT value FROM meta WHERE key = 'epoch'");
  return epoch == epoch_.value ? Status() : MovedError(paths_.database());
}

// Spares looking each of them up as it is leased.
void ResultsStore::Impl::Know(const LoadedJobs& loaded) {
  writer_->jobs().Reserve(loaded.known.size());
  for (const auto& [index, known] : loaded.known) {
    writer_->jobs().Add(loaded.jobs[index].key, known);
  }
}

// Equal content may serve another job.
bool ResultsStore::Impl::IsNeeded(const std::string& sha256) {
  return database_.Number(
             "SELECT EXISTS (SELECT 1 FROM checkpoint WHERE sha256 = ?)"
             " OR EXISTS (SELECT 1 FROM attempt WHERE weights_sha256 = ?)",
             sha256, sha256) != 0;
}

ResultsStore::ResultsStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ResultsStore::~ResultsStore() = default;

Result<std::unique_ptr<ResultsStore>> ResultsStore::Open(const StorePaths& paths,
                                                         const Options& options) {
  UNMASK_TRY(CheckNotForeign(paths.database()));
  UNMASK_TRY(MakeFolders(paths.root));
  ShareWithGroupOf(paths.root);
  UNMASK_TRY(MakeFolders(paths.blobs()));
  UNMASK_TRY(MakeFolders(paths.logs()));
  UNMASK_ASSIGN(StoreLock lock, StoreLock::Take(paths.lock(), options.take_over));
  const Empty empty = WhereEmpty(paths);
  std::error_code ignored;
  // Of a database that was taken away: it would make a loss of one that is only begun.
  if (empty == Empty::kBeginning) fs::remove(paths.token(), ignored);
  try {
    auto impl = std::make_unique<Impl>(paths, std::move(lock), options);
    UNMASK_TRY(CatchSqlite(impl->database_, [&] { return impl->Start(empty); }));
    return std::unique_ptr<ResultsStore>(new ResultsStore(std::move(impl)));
  } catch (const SQLite::Exception& exception) {  // it could not be opened at all
    return ToError(exception, nullptr, paths.database());
  }
}

const StorePaths& ResultsStore::paths() const { return impl_->paths_; }
CoordinatorEpoch ResultsStore::epoch() const { return impl_->epoch_; }
const std::string& ResultsStore::token() const { return impl_->token_; }

Result<std::vector<StoredJob>> ResultsStore::RegisterSweep(const SweepPlan& plan,
                                                           const std::string& provenance_json,
                                                           const std::string& now) {
  LoadedJobs loaded;
  UNMASK_TRY(impl_->InTransaction([&]() -> Status {
    UNMASK_ASSIGN(loaded, WriteSweep(impl_->database_, plan, now));
    WriteRun(impl_->database_, plan.sweep, epoch(), impl_->options_.build, provenance_json, now);
    impl_->writer_->OnSweepAdded();
    return {};
  }));
  impl_->Know(loaded);
  return std::move(loaded.jobs);
}

Status ResultsStore::Apply(const Record& record, const std::string& now) {
  return impl_->Apply(record, now);
}
Status ResultsStore::Commit() { return impl_->Commit(); }
bool ResultsStore::InTransaction() const { return impl_->transaction_.has_value(); }
void ResultsStore::Rollback() { impl_->Rollback(); }
void ResultsStore::WaitAtMost(std::chrono::milliseconds limit) {
  impl_->database_.lock_wait().AtMost(limit);
}
Status ResultsStore::CheckInPlace() {
  return CatchSqlite(impl_->database_, [&] { return impl_->CheckInPlace(); });
}

std::vector<std::string> ResultsStore::TakeDeadBlobs() {
  UNMASK_CHECK(!InTransaction());
  std::vector<std::string> dead = std::exchange(impl_->dead_blobs_, {});
  try {
    std::erase_if(dead, [&](const std::string& sha256) { return impl_->IsNeeded(sha256); });
  } catch (const SQLite::Exception& exception) {
    LogDebug(fmt::format("superseded checkpoints stay until gc: {}", exception.what()));
    dead.clear();
  }
  return dead;
}

Status ResultsStore::Retry(const std::string& sweep, std::int64_t* put_back) {
  return impl_->InTransaction([&]() -> Status {
    impl_->writer_->Forget();
    *put_back = impl_->database_.Run(
        "UPDATE planned_job SET state = 'queued', crashes = 0, losses = 0, alone = 0, error = NULL"
        " WHERE state IN ('failed', 'quarantined') AND id IN (SELECT job_id FROM sweep_job"
        " JOIN sweep ON sweep.id = sweep_job.sweep_id WHERE sweep.sweep = ?)",
        sweep);
    return {};
  });
}

Status ResultsStore::QueueAgain(const std::vector<std::string>& job_keys) {
  return impl_->InTransaction([&]() -> Status {
    Database& database = impl_->database_;
    for (const std::string& key : job_keys) {
      const std::int64_t id = database.Number("SELECT id FROM planned_job WHERE job_key = ?", key);
      database.Run(
          "UPDATE planned_job SET attempts = (SELECT max(attempt) FROM attempt WHERE job_id = ?)"
          " WHERE id = ?",
          id, id);
      database.Run(
          "UPDATE attempt SET outcome = 'lost', error_class = 'lost', weights_sha256 = NULL,"
          " message = 'the blob that it made is gone' WHERE job_id = ? AND outcome = 'done'",
          id);
      database.Run("DELETE FROM answer WHERE job_id = ?", id);
    }
    impl_->writer_->Forget();
    return {};
  });
}

}  // namespace unmask

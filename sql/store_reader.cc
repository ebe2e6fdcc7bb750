#include "sql/store_reader.h"

#include <sqlite3.h>

#include "sql/database.h"
#include "sql/job_reads.h"
#include "sql/schema.h"
#include "sql/sweep_reads.h"

namespace unmask {
namespace {

// A coordinator that died within a commit on a rollback journal left one that must be rolled back
// before anyone can read: SQLite's own recovery, which a read-only connection may not do. It leaves
// the journal of a live coordinator alone.
void RollBackHotJournal(const fs::path& path) {
  Database database(path, Database::Access::kWrite);
  database.Number("SELECT count(*) FROM sqlite_master");
}

std::unique_ptr<Database> OpenToRead(const fs::path& path) {
  auto database = std::make_unique<Database>(path, Database::Access::kRead);
  try {
    database->Number("SELECT count(*) FROM sqlite_master");
  } catch (const SQLite::Exception& exception) {
    if (exception.getExtendedErrorCode() != SQLITE_READONLY_ROLLBACK) throw;
    database.reset();
    RollBackHotJournal(path);
    database = std::make_unique<Database>(path, Database::Access::kRead);
  }
  return database;
}

}  // namespace

class StoreReader::Impl {
 public:
  explicit Impl(std::unique_ptr<Database> opened) : database(std::move(opened)) {}

  // `read` returns a value or a Result of it.
  template <typename T, typename Read>
  Result<T> Catch(Read&& read) {
    return CatchSqlite(*database, [&]() -> Result<T> { return read(*database); });
  }

  std::unique_ptr<Database> database;
};

StoreReader::StoreReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StoreReader::~StoreReader() = default;

bool StoreReader::Exists(const StorePaths& paths) {
  std::error_code error;
  return fs::file_size(paths.database(), error) > 0 && !error;
}

Result<std::unique_ptr<StoreReader>> StoreReader::Open(const StorePaths& paths) {
  std::error_code error;
  if (!fs::exists(paths.database(), error)) {
    return DataError("there is no store", paths.database().string(),
                     "--store DIR, a folder that `unmask run` made");
  }
  try {
    auto impl = std::make_unique<Impl>(OpenToRead(paths.database()));
    UNMASK_TRY(CatchSqlite(*impl->database,
                           [&] { return CheckIsOurs(*impl->database, /*empty_is_ours=*/false); }));
    return std::unique_ptr<StoreReader>(new StoreReader(std::move(impl)));
  } catch (const SQLite::Exception& exception) {
    return ToError(exception, nullptr, paths.database());
  }
}

Status StoreReader::InSnapshot(const std::function<Status()>& body) {
  return CatchSqlite(*impl_->database, [&]() -> Status {
    impl_->database->Run("BEGIN");
    Status status = body();
    impl_->database->Run("ROLLBACK");
    return status;
  });
}

Result<std::vector<SweepRow>> StoreReader::Sweeps() {
  return impl_->Catch<std::vector<SweepRow>>(ReadSweeps);
}
Result<SweepRow> StoreReader::FindSweep(std::string_view name) {
  return impl_->Catch<SweepRow>([&](Database& db) { return FindSweepRow(db, name); });
}
Result<SweepTexts> StoreReader::Texts(std::string_view sweep) {
  return impl_->Catch<SweepTexts>([&](Database& db) { return ReadSweepTexts(db, sweep); });
}
Result<SweepProgress> StoreReader::Progress(std::string_view sweep) {
  return impl_->Catch<SweepProgress>([&](Database& db) { return ReadProgress(db, sweep); });
}
Result<std::vector<JobRow>> StoreReader::Jobs(std::string_view sweep) {
  return impl_->Catch<std::vector<JobRow>>([&](Database& db) { return ReadJobs(db, sweep); });
}
Result<std::vector<CellRow>> StoreReader::Cells(std::string_view sweep) {
  return impl_->Catch<std::vector<CellRow>>([&](Database& db) { return ReadCells(db, sweep); });
}
Result<std::vector<FoldRow>> StoreReader::Folds(std::string_view sweep) {
  return impl_->Catch<std::vector<FoldRow>>([&](Database& db) { return ReadFolds(db, sweep); });
}
Result<JobDetails> StoreReader::FindJob(std::string_view key_prefix) {
  return impl_->Catch<JobDetails>([&](Database& db) { return FindJobRow(db, key_prefix); });
}
Result<std::vector<JobUseRow>> StoreReader::Uses(std::string_view job_key) {
  return impl_->Catch<std::vector<JobUseRow>>([&](Database& db) { return ReadUses(db, job_key); });
}
Result<std::vector<AttemptRow>> StoreReader::Attempts(std::string_view job_key) {
  return impl_->Catch<std::vector<AttemptRow>>(
      [&](Database& db) { return ReadAttempts(db, job_key); });
}
Result<JobResult> StoreReader::ResultOf(std::string_view job_key) {
  return impl_->Catch<JobResult>([&](Database& db) { return ReadResult(db, job_key); });
}
Result<std::unordered_set<std::string>> StoreReader::DoneKeys() {
  return impl_->Catch<std::unordered_set<std::string>>(ReadDoneKeys);
}
Status StoreReader::ForEachDoneSpec(
    const std::function<void(const std::string&, const std::string&)>& visit) {
  return CatchSqlite(*impl_->database, [&]() -> Status {
    VisitDoneSpecs(*impl_->database, visit);
    return {};
  });
}
Result<std::vector<PaceRow>> StoreReader::History() {
  return impl_->Catch<std::vector<PaceRow>>(ReadHistory);
}
Result<std::unordered_set<std::string>> StoreReader::ReferencedBlobs() {
  return impl_->Catch<std::unordered_set<std::string>>(ReadReferencedBlobs);
}

}  // namespace unmask

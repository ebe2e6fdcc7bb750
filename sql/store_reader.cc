#include "sql/store_reader.h"

#include "sql/cell_reads.h"
#include "sql/job_reads.h"
#include "sql/open_to_read.h"
#include "sql/report_reads.h"
#include "sql/schema.h"
#include "sql/sweep_reads.h"

namespace unmask {
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
  const std::uintmax_t size = fs::file_size(paths.database(), error);
  return error ? error != std::errc::no_such_file_or_directory : size > 0;
}

Result<std::unique_ptr<StoreReader>> StoreReader::Open(const StorePaths& paths) {
  UNMASK_ASSIGN(std::unique_ptr<Database> database, OpenToRead(paths));
  return std::unique_ptr<StoreReader>(new StoreReader(std::make_unique<Impl>(std::move(database))));
}

Status StoreReader::InSnapshot(const std::function<Status()>& body) {
  return CatchSqlite(*impl_->database, [&]() -> Status {
    const Snapshot snapshot(*impl_->database);
    return body();
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
Result<std::vector<DeadJobRow>> StoreReader::DeadJobs(std::string_view sweep, std::int64_t limit) {
  return impl_->Catch<std::vector<DeadJobRow>>(
      [&](Database& db) { return ReadDeadJobs(db, sweep, limit); });
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
Result<SweepPredictions> StoreReader::Predictions(std::string_view sweep) {
  return impl_->Catch<SweepPredictions>(
      [&](Database& db) { return ReadSweepPredictions(db, sweep); });
}
Status StoreReader::ForEachCurve(
    std::string_view sweep,
    const std::function<void(const std::string&, const std::vector<CurvePoint>&)>& visit) {
  return CatchSqlite(*impl_->database, [&]() -> Status {
    VisitSweepCurves(*impl_->database, sweep, visit);
    return {};
  });
}
Result<std::vector<SpanRow>> StoreReader::Spans(std::string_view sweep) {
  return impl_->Catch<std::vector<SpanRow>>([&](Database& db) { return ReadSpans(db, sweep); });
}
Result<std::vector<RunRow>> StoreReader::Runs(std::string_view sweep) {
  return impl_->Catch<std::vector<RunRow>>([&](Database& db) { return ReadRuns(db, sweep); });
}
Status StoreReader::ForEachRow(std::string_view view, std::string_view sweep, RowSink& sink) {
  return CatchSqlite(*impl_->database,
                     [&] { return VisitView(*impl_->database, view, sweep, sink); });
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
Status StoreReader::ForEachDoneSpec(const std::function<void(const DoneSpecRow&)>& visit) {
  return CatchSqlite(*impl_->database, [&]() -> Status {
    VisitDoneSpecs(*impl_->database, visit);
    return {};
  });
}
Result<std::unordered_set<std::string>> StoreReader::ReferencedBlobs() {
  UNMASK_TRY(CatchSqlite(*impl_->database,
                         [&] { return CheckIntact(*impl_->database, Depth::kTablesAndIndexes); }));
  return impl_->Catch<std::unordered_set<std::string>>(ReadReferencedBlobs);
}

}  // namespace unmask

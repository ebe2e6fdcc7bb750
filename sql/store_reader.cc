#include "sql/store_reader.h"

#include <functional>
#include <type_traits>
#include <utility>

#include "sql/cell_reads.h"
#include "sql/job_reads.h"
#include "sql/live_reads.h"
#include "sql/open_to_read.h"
#include "sql/report_reads.h"
#include "sql/schema.h"
#include "sql/sweep_reads.h"

namespace unmask {
namespace {

template <typename T>
struct ResultFor {
  using Type = Result<T>;
};
template <typename T>
struct ResultFor<Result<T>> {
  using Type = Result<T>;
};
template <typename T>
using AsResult = ResultFor<T>::Type;

}  // namespace

class StoreReader::Impl {
 public:
  explicit Impl(std::unique_ptr<Database> opened) : database(std::move(opened)) {}

  // What `read` returns: a value, a Result of one, or nothing.
  template <typename Read, typename... Args>
  auto Catch(Read&& read, const Args&... args) {
    using Returned = std::invoke_result_t<Read, Database&, const Args&...>;
    return CatchSqlite(*database, [&]() -> AsResult<Returned> {
      if constexpr (std::is_void_v<Returned>) {
        read(*database, args...);
        return {};
      } else {
        return read(*database, args...);
      }
    });
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

Result<std::vector<SweepRow>> StoreReader::Sweeps() { return impl_->Catch(ReadSweeps); }
Result<SweepRow> StoreReader::FindSweep(std::string_view name) {
  return impl_->Catch(FindSweepRow, name);
}
Result<SweepTexts> StoreReader::Texts(std::string_view sweep) {
  return impl_->Catch(ReadSweepTexts, sweep);
}
Result<SweepProgress> StoreReader::Progress(std::string_view sweep) {
  return impl_->Catch(ReadProgress, sweep);
}
Result<LiveRows> StoreReader::Live(std::string_view sweep, std::int64_t failures_shown) {
  return impl_->Catch(ReadLive, sweep, failures_shown);
}
Result<std::vector<DeadJobRow>> StoreReader::DeadJobs(std::string_view sweep, std::int64_t limit) {
  return impl_->Catch(ReadDeadJobs, sweep, limit);
}
Result<std::vector<JobRow>> StoreReader::Jobs(std::string_view sweep) {
  return impl_->Catch(ReadJobRows, sweep);
}
Result<std::vector<CellRow>> StoreReader::Cells(std::string_view sweep) {
  return impl_->Catch(ReadCells, sweep);
}
Result<std::vector<FoldRow>> StoreReader::Folds(std::string_view sweep) {
  return impl_->Catch(ReadFolds, sweep);
}
Result<SweepPredictions> StoreReader::Predictions(
    std::string_view sweep, const std::optional<std::set<std::string>>& only) {
  return impl_->Catch(ReadSweepPredictions, sweep, only);
}
Status StoreReader::ForEachCurve(
    std::string_view sweep,
    const std::function<void(const std::string&, const std::vector<CurvePoint>&)>& visit) {
  return impl_->Catch(VisitSweepCurves, sweep, visit);
}
Result<std::vector<SpanRow>> StoreReader::Spans(std::string_view sweep) {
  return impl_->Catch(ReadSpans, sweep);
}
Result<std::vector<RunRow>> StoreReader::Runs(std::string_view sweep) {
  return impl_->Catch(ReadRuns, sweep);
}
Status StoreReader::ForEachRow(std::string_view view, std::string_view sweep, RowSink& sink) {
  return impl_->Catch(VisitView, view, sweep, std::ref(sink));
}
Result<JobDetails> StoreReader::FindJob(std::string_view key_prefix) {
  return impl_->Catch(FindJobRow, key_prefix);
}
Result<std::vector<JobUseRow>> StoreReader::Uses(std::string_view job_key) {
  return impl_->Catch(ReadUses, job_key);
}
Result<std::vector<AttemptRow>> StoreReader::Attempts(std::string_view job_key) {
  return impl_->Catch(ReadAttempts, job_key);
}
Result<JobResult> StoreReader::ResultOf(std::string_view job_key) {
  return impl_->Catch(ReadResult, job_key);
}
Result<std::unordered_set<std::string>> StoreReader::KeysOf(JobState state) {
  return impl_->Catch(ReadKeysOf, state);
}
Status StoreReader::ForEachDoneSpec(const std::function<void(const DoneSpecRow&)>& visit) {
  return impl_->Catch(VisitDoneSpecs, visit);
}
Status StoreReader::ForEachDoneSpecOf(std::string_view held_out, std::int64_t seed,
                                      const std::function<void(const DoneSpecRow&)>& visit) {
  return impl_->Catch(VisitDoneSpecsOf, held_out, seed, visit);
}
Result<std::unordered_set<std::string>> StoreReader::ReferencedBlobs() {
  UNMASK_TRY(impl_->Catch(CheckIntact, Depth::kTablesAndIndexes));
  return impl_->Catch(ReadReferencedBlobs);
}

}  // namespace unmask

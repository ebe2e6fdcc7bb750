#include "coordinator/app/store_sink.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "common/base/log.h"
#include "sql/results_store.h"
#include "sql/rows.h"

namespace unmask {
namespace {

constexpr std::size_t kShownKey = 12;
constexpr std::int64_t kShownFailures = 3;  // for want of another job, at a time

struct LineVisitor {
  std::string operator()(const RecordAttemptEnd& end) const {
    if (end.outcome == AttemptOutcome::kYielded) return "";
    std::string line = fmt::format("job {} attempt {} {}", end.lease.job_key.substr(0, kShownKey),
                                   end.lease.attempt.value, Name(end.outcome));
    if (!end.error_class.empty() && end.error_class != Name(end.outcome))
      line += " (" + end.error_class + ")";
    if (!end.message.empty()) line += ": " + end.message;
    switch (end.job_state) {
      case JobState::kFailed:
        return line + "; the job has failed";
      case JobState::kQuarantined:
        return line + "; the job is quarantined";
      default:
        return line + "; it will be tried again";
    }
  }
  std::string operator()(const RecordJobFailed& failed) const {
    return fmt::format("job {} has failed: {}", failed.job_key.substr(0, kShownKey),
                       failed.message);
  }
  std::string operator()(const RecordResult& record) const {
    if (record.result.note.empty()) return "";
    return fmt::format("job {}: {}", record.lease.job_key.substr(0, kShownKey), record.result.note);
  }
  template <typename Other>
  std::string operator()(const Other&) const {
    return "";
  }
};

// What a user should read about a record; empty: nothing.
std::string LogLineFor(const Record& record) { return std::visit(LineVisitor{}, record); }

}  // namespace

Status StoreSink::Apply(const Record& record) {
  can_pass_ = false;  // nor can an exception
  // One dead feature job may take hundreds of trainings with it.
  const bool needed_another = std::holds_alternative<RecordJobFailed>(record);
  if (needed_another) ++needed_another_;
  std::string line = LogLineFor(record);
  const bool shown = !line.empty() && (!needed_another || needed_another_ <= kShownFailures);
  if (shown) lines_.push_back(std::move(line));
  return Judge(store_.Apply(record, clock_.WallTime()));
}

Status StoreSink::Commit() {
  can_pass_ = false;
  UNMASK_TRY(Judge(store_.Commit()));
  RemoveDeadBlobs();
  for (const std::string& line : lines_) LogInfo(line);
  lines_.clear();
  if (needed_another_ > kShownFailures) {
    LogInfo(fmt::format("{} more jobs have failed, since they need one that cannot be done",
                        needed_another_ - kShownFailures));
  }
  needed_another_ = 0;
  return {};
}

void StoreSink::Rollback() {
  store_.Rollback();
  lines_.clear();
  needed_another_ = 0;
}

// Before anything else is committed, which might need an equal one again.
void StoreSink::RemoveDeadBlobs() {
  const BlobFolder blobs(store_.paths().blobs());
  for (const std::string& sha256 : store_.TakeDeadBlobs()) {
    std::error_code ignored;  // gc finds what stays behind
    fs::remove(blobs.PathOf(sha256), ignored);
  }
}

Status StoreSink::Judge(Status status) {
  can_pass_ = !status.ok() && IsNoSpace(status.error());
  return status;
}

}  // namespace unmask

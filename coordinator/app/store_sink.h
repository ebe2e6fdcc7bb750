// The outbox's way into the store; after a commit the log lines that its records are worth are
// said, once, and the blobs that it made needless are removed. Called by the thread that commits,
// but for what says otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "coordinator/core/outbox.h"
#include "sql/results_store.h"

namespace unmask {

class StoreSink final : public RecordSink {
 public:
  StoreSink(ResultsStore& store, const Clock& clock) : store_(store), clock_(clock) {}

  Status Apply(const Record& record) override;
  Status Commit() override;
  void Rollback() override;

  // Whether the last failure is one that waiting can cure: no room on the disk.
  // When its commit is over.
  bool last_error_can_pass() const { return can_pass_; }

 private:
  Status Judge(Status status);
  void RemoveDeadBlobs();

  ResultsStore& store_;
  const Clock& clock_;
  std::vector<std::string> lines_;   // of the open transaction
  std::int64_t needed_another_ = 0;  // RecordJobFailed since the last commit
  bool can_pass_ = false;
};

}  // namespace unmask

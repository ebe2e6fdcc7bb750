// How a sweep stands, as `unmask status` tells it: from the store alone.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "sql/rows.h"
#include "sql/store_lock.h"
#include "sql/store_reader.h"

namespace unmask {

struct SweepStatus {
  SweepRow sweep;
  SweepProgress progress;
  std::vector<DeadJobRow> dead_jobs;            // the first of them
  std::optional<StoreLock::Owner> coordinator;  // who holds the store's lock; not needed to read
  std::optional<StoreLock::Owner> left_by;      // who may hold it where this machine cannot see
  nlohmann::json last_run;                      // LastRun
  std::string command;                          // RunCommand

  bool Finished() const { return progress.jobs.left() == 0; }
  bool Attended() const { return coordinator && progress.attended; }
};

Result<SweepStatus> ReadStatus(StoreReader& reader, const StorePaths& paths,
                               std::string_view sweep);

std::string StatusText(const SweepStatus& status);     // several lines
std::string StatusOneLine(const SweepStatus& status);  // without a newline, for logs
nlohmann::json StatusJson(const SweepStatus& status);

}  // namespace unmask

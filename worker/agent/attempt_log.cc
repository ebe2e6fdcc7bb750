#include "worker/agent/attempt_log.h"

#include <utility>

#include "common/protocol/log_name.h"

namespace unmask {

AttemptLogs::~AttemptLogs() { WriteAll(); }

void AttemptLogs::Add(const LeaseId& lease, std::string_view text, LogWorth worth) {
  const bool is_end = worth == LogWorth::kGoodEnd || worth == LogWorth::kBadEnd;
  const auto found = logs_.try_emplace(lease).first;
  Log& log = found->second;
  if (worth != LogWorth::kGoodEnd || log.has_file) {
    if (log.kept.empty()) log.since = clock_.Now();
    log.kept.append(clock_.WallTime()).append(1, ' ').append(text).append(1, '\n');
    if (worth != LogWorth::kDetail) Write(lease, log);
  }
  if (is_end) logs_.erase(found);
}

void AttemptLogs::WriteOld(Millis now) {
  if (now < next_look_) return;
  next_look_ = now + kHold / 4;
  for (auto& [lease, log] : logs_) {
    if (now - log.since >= kHold) Write(lease, log);
  }
}

void AttemptLogs::WriteAll() {
  for (auto& [lease, log] : logs_) Write(lease, log);
  Settle();
}

void AttemptLogs::Write(const LeaseId& lease, Log& log) {
  if (log.kept.empty()) return;
  writer_.Append(folder_ / AttemptLogName(lease.job_key, lease.attempt),
                 std::exchange(log.kept, {}));
  log.has_file = true;
}

}  // namespace unmask

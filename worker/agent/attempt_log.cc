#include "worker/agent/attempt_log.h"

#include <fmt/format.h>

#include <fstream>

#include "common/protocol/log_name.h"

namespace unmask {

void AppendToAttemptLog(const fs::path& logs, const LeaseId& lease, std::string_view text,
                        const Clock& clock) {
  std::ofstream out(logs / AttemptLogName(lease.job_key, lease.attempt), std::ios::app);
  out << fmt::format("{} {}\n", clock.WallTime(), text);
}

}  // namespace unmask

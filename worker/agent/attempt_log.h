// logs/<job>-<attempt>.log: what happened to one attempt, as its agent saw it.
#pragma once

#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/files.h"
#include "common/protocol/messages.h"

namespace unmask {

// One line with the time. Opened and closed for each line, so that no number of attempts holds
// files open. A log that cannot be written (full disk) costs the line, never the job.
void AppendToAttemptLog(const fs::path& logs, const LeaseId& lease, std::string_view text,
                        const Clock& clock);

}  // namespace unmask

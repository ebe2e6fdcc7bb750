// The one line that tells a user how a running sweep stands: redrawn in place on a terminal, now
// and then elsewhere.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/clock.h"
#include "sql/rows.h"

namespace unmask {

struct RunProgress {
  StateCounts jobs;  // done: by earlier runs too
  std::int64_t workers = 0;
  bool operator==(const RunProgress&) const = default;
};

// "12/308 done, 4 running, 0 failed, 2 workers, 0.80 jobs/s, 6 min left"
std::string FormatProgress(const RunProgress& progress, std::int64_t done_before, Millis elapsed);

// Decides when the line is due and writes it to stderr. Owner: the coordinator's thread.
class StatusLine {
 public:
  enum class Mode { kLive, kPlain, kOff };
  StatusLine(Mode mode, Millis start, std::int64_t done_before);
  void Update(const RunProgress& progress, Millis now);
  // The last state, and an end of the redrawn line, so that what follows starts on a line of its
  // own.
  void Finish(const RunProgress& progress, Millis now);

 private:
  void Print(const RunProgress& progress, Millis now);

  Mode mode_;
  Millis start_;
  std::int64_t done_before_;  // not counted in the rate
  Millis next_;
  RunProgress printed_;
};

}  // namespace unmask

// logs/<job>-<attempt>.log: what happened to one attempt, as its agent saw it. A sweep may have
// hundreds of thousands of attempts, and nearly all end within moments and as they should: a file
// for each would cost more than all else. So an attempt gets one as soon as there is something to
// tell (it failed, wrote a checkpoint, started oddly) or when it has run for a while.
#pragma once

#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/files.h"
#include "common/protocol/messages.h"
#include "worker/agent/by_lease.h"
#include "worker/agent/log_writer.h"

namespace unmask {

enum class LogWorth {
  kDetail,   // kept in memory until something of note happens, or time passes
  kNotable,  // written at once, with all that came before
  kGoodEnd,  // the last line: for the file where there is one, else forgotten with the others
  kBadEnd,   // the last line: written
};

class AttemptLogs {
 public:
  // `clock` outlives it; the folder is there.
  AttemptLogs(fs::path folder, const Clock& clock) : folder_(std::move(folder)), clock_(clock) {}
  ~AttemptLogs();  // writes what is kept: those attempts did not end

  // One line with the time. A log that cannot be written (full disk) costs the line, never the job.
  void Add(const LeaseId& lease, std::string_view text, LogWorth worth);
  // Often: writes what has been kept for kHold.
  void WriteOld(Millis now);
  // At the end: what is kept, and waits for it.
  void WriteAll();
  // Waits for what was written to be in the files, for a few seconds at most.
  void Settle() const { writer_.Settle(); }

 private:
  static constexpr Millis kHold{1'000};
  struct Log {
    std::string kept;
    Millis since{};  // the first line of `kept`
    bool has_file = false;
  };
  void Write(const LeaseId& lease, Log& log);

  fs::path folder_;
  const Clock& clock_;
  ByLease<Log> logs_;  // of attempts that have not ended
  Millis next_look_{};
  LogWriter writer_;
};

}  // namespace unmask

// Whether a running job still gets on.
#pragma once

#include <cstdint>
#include <deque>

#include "common/base/clock.h"

namespace unmask {

struct HangLimits {
  Millis loading{600'000};  // from the lease to the first step
  Millis floor{60'000};     // without a step after that, or, where it is longer,
  double steps = 20;        // this many times the median step
};

// One lease's progress as its trainer reports it.
class Progress {
 public:
  explicit Progress(Millis now) : since_(now), step_since_(now) {}

  // A heartbeat: epochs finished, steps since the start of the attempt.
  void Report(std::int64_t epoch, std::int64_t steps, Millis now);
  // A checkpoint: there have been steps, though too few seconds for a heartbeat to tell of them.
  void Wrote(Millis now) {
    loaded_ = true;
    Moved(now);
  }
  // It has done something else that takes time: loaded, written a checkpoint.
  // For a step's own time that does not count, so that who waits often is not taken for quick.
  void Moved(Millis now) {
    since_ = now;
    if (steps_ == 0) step_since_ = now;
  }
  // This process itself stood still (suspended, stopped): that time is nobody's fault.
  void Excuse(Millis gap) {
    since_ += gap;
    step_since_ += gap;
  }

  Millis Idle(Millis now) const { return now - since_; }
  bool Hung(const HangLimits& limits, Millis now) const;
  Millis Limit(const HangLimits& limits) const;  // what takes longer than this hangs
  Millis MedianStep() const;                     // 0: no step yet
  std::int64_t epoch() const { return epoch_; }
  std::int64_t steps() const { return steps_; }

 private:
  std::int64_t epoch_ = 0;
  std::int64_t steps_ = 0;
  bool loaded_ = false;
  Millis since_;                // of the last progress
  Millis step_since_;           // of the last report that had new steps
  std::deque<double> step_ms_;  // of the last reports that had new steps
};

}  // namespace unmask

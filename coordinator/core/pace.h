// How fast a worker finishes jobs, and so how many leases it may hold beyond its slots: about what
// it finishes within a window that covers a commit and a round trip. Then a slot never waits for
// its next job; and what waits behind busy slots, while another worker may fall idle, is hardly
// more work than the window. Where a job ends only every second or two, it is one: the round trip
// and the commit would be some percent of such a job. Slower ones are not leased ahead.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "common/base/clock.h"

namespace unmask {

class Pace {
 public:
  static constexpr std::int32_t kAheadMax = 4000;
  static constexpr Millis kOneWithin{2'000};

  // It was idle until now.
  void Begin(Millis now) {
    begin_ = last_ = now;
    level_ = 0;
  }
  void Finished(Millis now, Millis window) {
    took_ = now - last_;
    level_ = level_ * std::exp(-Share(now - last_, window)) + 1;
    last_ = now;
  }
  // Right after Finished.
  std::int32_t Ahead(Millis window) const {
    if (window <= Millis(0)) return 0;
    // `level_` forgets exponentially: at a steady pace it is the jobs of one window, once it has
    // been counted for much longer than that. Before, it is that share of them. One is the job that
    // has just ended; the least age is what a clock of milliseconds and a commit blur.
    const double counted = 1 - std::exp(-std::max(0.2, Share(last_ - begin_, window)));
    const double ahead = level_ / counted - 1;
    const double least = took_ <= kOneWithin ? 1 : 0;
    return static_cast<std::int32_t>(std::clamp(ahead, least, static_cast<double>(kAheadMax)));
  }

 private:
  static double Share(Millis time, Millis window) {
    if (window <= Millis(0)) return 1;
    return static_cast<double>(time.count()) / static_cast<double>(window.count());
  }

  Millis begin_{};
  Millis last_{};
  Millis took_{};  // from the end before to the last
  double level_ = 0;
};

}  // namespace unmask

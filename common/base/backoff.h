// How long a polling loop may sleep: briefly while things happen, longer and longer while nothing
// does, so that an idle rank costs next to nothing and a busy one answers in about a millisecond
// (epoll sleeps no shorter).
#pragma once

#include <algorithm>
#include <chrono>

namespace unmask {

class Backoff {
 public:
  using Micros = std::chrono::microseconds;
  static constexpr Micros kMin{1'000};
  static constexpr Micros kMax{10'000};
  static constexpr int kBusyRounds = 10;  // short sleeps after the last event

  // After each round of the loop: whether it did anything. Returns how long to sleep now.
  Micros Next(bool did_something) {
    quiet_rounds_ = did_something ? 0 : quiet_rounds_ + 1;
    if (quiet_rounds_ <= kBusyRounds) return sleep_ = kMin;
    return sleep_ = std::min(kMax, sleep_ * 5 / 4);
  }

 private:
  int quiet_rounds_ = 0;
  Micros sleep_ = kMin;
};

}  // namespace unmask

#include "common/base/clock.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

namespace unmask {

Millis RealClock::Now() const {
  return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now().time_since_epoch());
}

std::string RealClock::WallTime() const {
  const auto now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  const std::time_t second = std::chrono::system_clock::to_time_t(now);
  // Records and logs ask thousands of times within a second, and its text is the dear part.
  thread_local std::time_t last = -1;
  thread_local std::string text;
  if (second != last) text = fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(second));
  last = second;
  return fmt::format("{}.{:03}Z", text, now.time_since_epoch().count() % 1000);
}

}  // namespace unmask

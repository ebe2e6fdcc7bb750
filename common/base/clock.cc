#include "common/base/clock.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace unmask {

Millis RealClock::Now() const {
  return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now().time_since_epoch());
}

std::string RealClock::WallTime() const {
  const auto now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  const auto ms = now.time_since_epoch().count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)), ms);
}

}  // namespace unmask

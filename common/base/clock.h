// Time is an argument: only programs hold a RealClock, tests hold their own.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace unmask {

// Milliseconds on a clock that only goes forward; the origin is arbitrary.
using Millis = std::chrono::milliseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Millis Now() const = 0;
  // ISO 8601 UTC with milliseconds, "2026-11-22T15:40:00.123Z".
  virtual std::string WallTime() const = 0;
};

class RealClock final : public Clock {
 public:
  Millis Now() const override;
  std::string WallTime() const override;
};

}  // namespace unmask

// Times as people and records write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace unmask {

// Rounded up: "45 s", "6 min", "2 h 05 min".
std::string FormatDuration(double seconds);

// "0.45 jobs/s, 6 min left": two decimals below 10, and what is known.
std::string RateText(std::optional<double> jobs_per_second, std::optional<double> seconds_left);

// Milliseconds since 1970 of "2026-11-22T15:40:00.123Z" or without a fraction; nullopt: no such
// time.
std::optional<std::int64_t> ParseWallTime(std::string_view text);

}  // namespace unmask

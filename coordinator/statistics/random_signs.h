// Random draws for the tests and intervals: functions of (seed, draw, place), so that the same
// store gives the same figures anywhere.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace unmask {

// The sum of the values with random signs; `draw` numbers the draws of a seed.
double RandomSignedSum(std::span<const double> values, std::int64_t seed, std::uint32_t draw);

}  // namespace unmask

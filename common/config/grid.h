// The grid's shape in numbers: how many points an experiment may have.
#pragma once

#include <cstdint>

#include "common/config/study.h"

namespace unmask {

inline constexpr std::int64_t kPointsMax = 100000;

// An upper bound for PointsOf (lines that cross are counted twice), saturating above kPointsMax.
std::int64_t CountPoints(const Grid& grid);

}  // namespace unmask

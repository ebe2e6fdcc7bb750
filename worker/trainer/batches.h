// The batches of an epoch. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "common/random/philox.h"

namespace unmask {

// Batch sizes for `clips` clips: full ones and a short last one, which joins the one before where
// it is below `least`.
std::vector<std::int64_t> BatchSizes(std::int64_t clips, std::int64_t batch, std::int64_t least);

// `clips` in the order of an epoch.
std::vector<std::int64_t> EpochOrder(const RandomStream& stream, std::int64_t epoch,
                                     const std::vector<std::int64_t>& clips);

}  // namespace unmask

// Many numbers of a RandomStream at once, by vectors: the same as one by one with Philox4x32.
#pragma once

#include <cstdint>
#include <span>

#include "common/random/philox.h"

namespace unmask {

// out[i]: uniform in [0, 1), a multiple of 2^-24; of block i / 4, word i % 4.
void FillUniform(PhiloxKey key, std::uint32_t epoch, std::uint32_t step, std::span<float> out);

// out[i]: 0 where that number is below `least` (LeastKept), else `kept`.
void FillMask(PhiloxKey key, std::uint32_t epoch, std::uint32_t step, std::int32_t least,
              float kept, std::span<float> out);

}  // namespace unmask

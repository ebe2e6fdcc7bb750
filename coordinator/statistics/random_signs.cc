#include "coordinator/statistics/random_signs.h"

#include "common/random/philox.h"

namespace unmask {

double RandomSignedSum(std::span<const double> values, std::int64_t seed, std::uint32_t draw) {
  constexpr std::size_t kBits = 128;  // of one block
  const auto key = static_cast<std::uint64_t>(seed);
  double sum = 0;
  PhiloxCounter bits{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t bit = i % kBits;
    if (bit == 0) {
      bits = Philox4x32({static_cast<std::uint32_t>(i / kBits), draw, 0, 0},
                        {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32U)});
    }
    sum += ((bits[bit / 32] >> (bit % 32)) & 1U) != 0 ? values[i] : -values[i];
  }
  return sum;
}

}  // namespace unmask

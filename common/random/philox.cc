#include "common/random/philox.h"

#include <Random123/philox.h>
#include <fmt/format.h>

#include <cmath>
#include <numeric>
#include <utility>

#include "common/base/check.h"
#include "common/base/sha256.h"
#include "common/random/philox_fill.h"

namespace unmask {
namespace {

// Raised when the meaning of key or counter changes; then kNumericsVersion (jobs/job.h) rises too.
constexpr std::string_view kVersionTag = "unmask-random-1";

PhiloxKey KeyOf(std::int64_t seed, std::string_view fold, std::string_view purpose) {
  UNMASK_CHECK(purpose.find('\n') == std::string_view::npos);
  // The fold is any text, so it comes last: no other triple has the same bytes.
  const std::string digest =
      Sha256Hex(fmt::format("{}\n{}\n{}\n{}", kVersionTag, seed, purpose, fold));
  const auto word = [&](std::size_t at) {
    return static_cast<std::uint32_t>(std::stoul(digest.substr(at, 8), nullptr, 16));
  };
  return {word(0), word(8)};
}

}  // namespace

PhiloxCounter Philox4x32(PhiloxCounter counter, PhiloxKey key) {
  const philox4x32_ctr_t block =
      philox4x32_R(10, philox4x32_ctr_t{{counter[0], counter[1], counter[2], counter[3]}},
                   philox4x32_key_t{{key[0], key[1]}});
  return {block[0], block[1], block[2], block[3]};
}

std::int32_t LeastKept(float dropped) {
  return static_cast<std::int32_t>(std::ceil(dropped * 16777216.0F));
}

RandomStream::RandomStream(std::int64_t seed, std::string_view fold, std::string_view purpose)
    : key_(KeyOf(seed, fold, purpose)) {}

void RandomStream::FillUniform(std::uint32_t epoch, std::uint32_t step,
                               std::span<float> out) const {
  unmask::FillUniform(key_, epoch, step, out);
}

void RandomStream::FillMask(std::uint32_t epoch, std::uint32_t step, float dropped, float kept,
                            std::span<float> out) const {
  unmask::FillMask(key_, epoch, step, LeastKept(dropped), kept, out);
}

std::uint32_t RandomStream::Below(std::uint32_t bound, std::uint32_t epoch, std::uint32_t step,
                                  std::uint32_t element) const {
  UNMASK_CHECK(bound > 0);
  // Lemire, "Fast random integer generation in an interval", ACM TOMACS 2019: the few words that
  // would make some values likelier are drawn again, under the next retry number.
  const std::uint32_t rejected_below = (0U - bound) % bound;
  for (std::uint32_t retry = 0;; ++retry) {
    const std::uint32_t word = Philox4x32({element / 4, retry, step, epoch}, key_)[element % 4];
    const std::uint64_t product = std::uint64_t{word} * bound;
    if (static_cast<std::uint32_t>(product) >= rejected_below) {
      return static_cast<std::uint32_t>(product >> 32);
    }
  }
}

std::vector<std::uint32_t> RandomStream::Permutation(std::uint32_t size, std::uint32_t epoch,
                                                     std::uint32_t step) const {
  std::vector<std::uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0U);
  for (std::uint32_t last = size; last-- > 1;) {
    std::swap(order[last], order[Below(last + 1, epoch, step, last)]);
  }
  return order;
}

}  // namespace unmask

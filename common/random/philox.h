// Random numbers that are functions of where they are used, never of how many were drawn before
// (Philox4x32-10: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). So
// order, placement and restarts of jobs cannot change them, and jobs that differ only in their
// loss see the same ones.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace unmask {

using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

// One block of the generator with ten rounds.
PhiloxCounter Philox4x32(PhiloxCounter counter, PhiloxKey key);

// The least number that a mask keeps which drops what is below `dropped`, in units of 2^-24: so a
// mask is made of the upper 24 bits of words.
std::int32_t LeastKept(float dropped);

// The numbers for one purpose ("batches", a parameter's name, a dropout layer) of one fold of one
// seed. The counter's words are (element / 4, retry, step, epoch); element % 4 picks the output.
// Immutable; any number of threads may use it.
class RandomStream {
 public:
  // `fold` is the held-out subject. `purpose` must not contain a newline.
  RandomStream(std::int64_t seed, std::string_view fold, std::string_view purpose);

  // out[i] for element i: uniform in [0, 1), a multiple of 2^-24.
  void FillUniform(std::uint32_t epoch, std::uint32_t step, std::span<float> out) const;

  // A dropout mask: out[i] is 0 where the number of element i is below `dropped`, else `kept`.
  void FillMask(std::uint32_t epoch, std::uint32_t step, float dropped, float kept,
                std::span<float> out) const;

  PhiloxKey key() const { return key_; }

  // Without bias in [0, bound); bound > 0.
  std::uint32_t Below(std::uint32_t bound, std::uint32_t epoch, std::uint32_t step,
                      std::uint32_t element) const;

  // 0 .. size-1, each order equally likely (Fisher-Yates).
  std::vector<std::uint32_t> Permutation(std::uint32_t size, std::uint32_t epoch,
                                         std::uint32_t step) const;

 private:
  PhiloxKey key_;
};

}  // namespace unmask

#include "common/random/philox.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace unmask {
namespace {

// Random123 1.14, tests/kat_vectors, "philox4x32 10".
TEST(Philox, GivesThePublishedKnownAnswers) {
  EXPECT_EQ(Philox4x32({0, 0, 0, 0}, {0, 0}),
            (PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(Philox4x32({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

std::vector<float> Uniform(const RandomStream& stream, std::uint32_t epoch, std::uint32_t step,
                           std::size_t count) {
  std::vector<float> values(count);
  stream.FillUniform(epoch, step, values);
  return values;
}

TEST(RandomStream, IsAFunctionOfSeedFoldPurposeEpochStepAndElement) {
  const RandomStream stream(7, "22", "dropout/adapter");
  const std::vector<float> values = Uniform(stream, 3, 5, 10);
  EXPECT_EQ(values, Uniform(RandomStream(7, "22", "dropout/adapter"), 3, 5, 10));
  const std::vector<float> longer = Uniform(stream, 3, 5, 13);
  EXPECT_TRUE(std::equal(values.begin(), values.end(), longer.begin()));
  EXPECT_NE(values, Uniform(stream, 4, 5, 10));
  EXPECT_NE(values, Uniform(stream, 3, 6, 10));
  EXPECT_NE(values, Uniform(RandomStream(8, "22", "dropout/adapter"), 3, 5, 10));
  EXPECT_NE(values, Uniform(RandomStream(7, "23", "dropout/adapter"), 3, 5, 10));
  EXPECT_NE(values, Uniform(RandomStream(7, "22", "dropout/ter"), 3, 5, 10));
}

// The key: SHA-256 of the text below, its first 16 hex digits as two words; the counter as the
// header says. Fixed here, for a change of either would change every job's numbers.
// printf 'unmask-random-1\n0\nbatches\n22' | sha256sum
TEST(RandomStream, KeepsItsNumbersForEver) {
  const RandomStream stream(0, "22", "batches");
  const PhiloxCounter words = Philox4x32({0, 0, 2, 1}, {0xa8066cb8, 0x781b7b5d});
  const std::vector<float> values = Uniform(stream, 1, 2, 4);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(values[i], static_cast<float>(words[i] >> 8) / 16777216.0F);
  }
}

TEST(RandomStream, UniformsAreEven) {
  const std::vector<float> values = Uniform(RandomStream(1, "a", "test"), 0, 0, 100000);
  std::array<int, 10> bins{};
  for (const float value : values) {
    ASSERT_GE(value, 0.0F);
    ASSERT_LT(value, 1.0F);
    ++bins.at(static_cast<std::size_t>(value * 10));
  }
  for (const int count : bins) EXPECT_NEAR(count, 10000, 500);  // five standard deviations
}

TEST(RandomStream, BelowIsWithoutBias) {
  // 2^32 words on 3 * 2^30 values: a plain modulo would favour the first third, a plain
  // multiplication the multiples of three, half of the draws each.
  const RandomStream stream(1, "a", "below");
  constexpr std::uint32_t kBound = 3U << 30;
  int low = 0;
  int multiples = 0;
  for (std::uint32_t i = 0; i < 30000; ++i) {
    const std::uint32_t value = stream.Below(kBound, 0, 0, i);
    ASSERT_LT(value, kBound);
    low += value < (1U << 30) ? 1 : 0;
    multiples += value % 3 == 0 ? 1 : 0;
  }
  EXPECT_NEAR(low, 10000, 450);
  EXPECT_NEAR(multiples, 10000, 450);
  EXPECT_EQ(stream.Below(1, 0, 0, 0), 0U);
}

TEST(RandomStream, EveryPermutationIsEquallyLikely) {
  const RandomStream stream(5, "fold", "order");
  std::map<std::vector<std::uint32_t>, int> seen;
  for (std::uint32_t epoch = 0; epoch < 24000; ++epoch) ++seen[stream.Permutation(4, epoch, 0)];
  ASSERT_EQ(seen.size(), 24U);
  for (const auto& [order, count] : seen) EXPECT_NEAR(count, 1000, 160);
  EXPECT_TRUE(stream.Permutation(0, 0, 0).empty());
}

}  // namespace
}  // namespace unmask

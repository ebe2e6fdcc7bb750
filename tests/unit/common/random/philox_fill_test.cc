// By vectors of every instruction set of this machine, and one by one: the same numbers.
#include "common/random/philox_fill.h"

#include <gtest/gtest.h>
#include <hwy/highway.h>
#include <hwy/targets.h>

#include <vector>

namespace unmask {
namespace {

std::vector<float> OneByOne(PhiloxKey key, std::uint32_t epoch, std::uint32_t step,
                            std::size_t size) {
  std::vector<float> values(size);
  for (std::size_t i = 0; i < size; ++i) {
    const PhiloxCounter words =
        Philox4x32({static_cast<std::uint32_t>(i / 4), 0, step, epoch}, key);
    values[i] = static_cast<float>(words[i % 4] >> 8) / 16777216.0F;
  }
  return values;
}

class PhiloxFill : public ::testing::Test {
 protected:
  ~PhiloxFill() override { hwy::SetSupportedTargetsForTest(0); }

  template <typename F>
  void OnEveryTarget(F check) {
    const std::int64_t all = hwy::SupportedTargets() & HWY_TARGETS;
    for (std::int64_t left = all; left != 0; left &= left - 1) {
      hwy::SetSupportedTargetsForTest(left & -left);
      check(hwy::TargetName(left & -left));
    }
  }
};

TEST_F(PhiloxFill, UniformsAreThoseOfTheBlocks) {
  OnEveryTarget([](const char* target) {
    for (std::uint32_t size = 0; size < 150; ++size) {
      const PhiloxKey key = {0xa8066cb8U + size, ~size};
      std::vector<float> values(size);
      FillUniform(key, 7 * size, 0xfffffff0U + size, values);
      EXPECT_EQ(values, OneByOne(key, 7 * size, 0xfffffff0U + size, size)) << target << size;
    }
    std::vector<float> many(100001);
    FillUniform({1, 2}, 3, 4, many);
    EXPECT_EQ(many, OneByOne({1, 2}, 3, 4, many.size())) << target;
  });
}

TEST_F(PhiloxFill, MasksDropWhatIsBelowTheThreshold) {
  OnEveryTarget([](const char* target) {
    for (const float threshold : {0.0F, 0.1F, 0.5F, 0.999F}) {
      std::vector<float> mask(1003);
      FillMask({5, 6}, 7, 8, LeastKept(threshold), 2.5F, mask);
      std::vector<float> expected = OneByOne({5, 6}, 7, 8, mask.size());
      for (float& value : expected) value = value < threshold ? 0.0F : 2.5F;
      EXPECT_EQ(mask, expected) << target << ' ' << threshold;
    }
  });
}

}  // namespace
}  // namespace unmask

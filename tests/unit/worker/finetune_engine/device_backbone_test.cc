// The backbone of devices on the one device that is always there.
#include "worker/finetune_engine/device_backbone.h"

#include <gtest/gtest.h>

#include "small_parts.h"

namespace unmask {
namespace {

using testing::PartsOf;
using testing::PicturesOf;
using testing::SmallCase;

TEST(DeviceBackbone, FeaturesAreThoseOfThePackedBackbone) {
  for (std::size_t number = 0; number < testing::kSmallCases; ++number) {
    SCOPED_TRACE(number);
    const SmallCase small(number);
    const auto pictures = PicturesOf(small);
    const auto plain = MakeBackboneOn(c10::kCPU, PartsOf(small)).value()->FeaturesOfBlock(pictures);
    const auto packed = MakeBackbone(PartsOf(small)).value()->FeaturesOfBlock(pictures);
    ASSERT_TRUE(plain.ok() && packed.ok());
    ASSERT_EQ(plain->size(), packed->size());
    for (std::size_t i = 0; i < packed->size(); ++i) {
      EXPECT_NEAR((*plain)[i], (*packed)[i], 1e-5 * std::max(1.0F, std::abs((*packed)[i])));
    }
  }
}

TEST(DeviceBackbone, KnowsFloat32Alone) {
  const SmallCase small(0);
  BackboneParts parts = PartsOf(small);
  parts.precision = Precision::kBfloat16;
  EXPECT_FALSE(MakeBackboneOn(c10::kCPU, std::move(parts)).ok());
}

}  // namespace
}  // namespace unmask

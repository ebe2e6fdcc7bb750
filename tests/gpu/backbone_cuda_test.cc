// Features of pictures on a CUDA device.
#include "tests/gpu/cuda_test.h"
#include "tests/unit/worker/finetune_engine/small_parts.h"
#include "worker/finetune_engine/device_backbone.h"

namespace unmask {
namespace {

using testing::PartsOf;
using testing::PicturesOf;
using testing::SmallCase;
using BackboneOnCuda = testing::CudaTest;

TEST_F(BackboneOnCuda, FeaturesAreTheCpusAndTheSameInAnyCompany) {
  for (std::size_t number = 0; number < testing::kSmallCases; ++number) {
    SCOPED_TRACE(number);
    const SmallCase small(number);
    const auto pictures = PicturesOf(small);
    const auto cuda = MakeBackboneOn(c10::kCUDA, PartsOf(small)).value();
    const auto together = cuda->FeaturesOfBlock(pictures).value();
    const auto cpu = MakeBackbone(PartsOf(small)).value()->FeaturesOfBlock(pictures).value();
    ASSERT_EQ(together.size(), cpu.size());
    for (std::size_t i = 0; i < cpu.size(); ++i) {
      EXPECT_NEAR(together[i], cpu[i], 1e-4 * std::max(1.0F, std::abs(cpu[i])));
    }
    std::vector<float> one_by_one;
    for (const Pixels& picture : pictures) {
      const auto alone = cuda->FeaturesOfBlock({&picture, 1}).value();
      one_by_one.insert(one_by_one.end(), alone.begin(), alone.end());
    }
    EXPECT_EQ(one_by_one, together);
  }
}

}  // namespace
}  // namespace unmask

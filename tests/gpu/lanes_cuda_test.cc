// The lanes on a CUDA device: what libtorch's autograd says on the CPU, and the same bits in every
// lane. Skipped where there is no device.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/unit/worker/core_engine/random_job.h"
#include "worker/lanes_engine/lanes_engine.h"
#include "worker/reference_engine/reference_engine.h"

namespace unmask {
namespace {

using testing::RandomJob;
using testing::RunSteps;

TEST(LanesOnCuda, LossIsReferencesAndEveryLaneHasTheSameBits) {
  if (!HasCuda()) GTEST_SKIP() << "no CUDA device, or a libtorch without CUDA";
  for (const RandomJob& job : testing::AllKindsOfJobs()) {
    const FoldData fold = FoldOf(job);
    const auto reference = MakeReferenceEngine(SettingsOf(job), ShapeOf(job), fold);
    reference->SetWeights(WeightsOf(job));
    const float expected = RunSteps(job, *reference, 0, 1);
    LanePool pool(3, at::kCUDA);
    std::vector<std::unique_ptr<Engine>> lanes;
    for (int i = 0; i < 3; ++i) {
      lanes.push_back(pool.Make(SettingsOf(job), ShapeOf(job), fold));
      lanes.back()->SetWeights(WeightsOf(job));
      const float loss = RunSteps(job, *lanes.back(), 0, 1);
      EXPECT_NEAR(loss, expected, 1e-4 * std::max(1.0F, std::abs(expected))) << job;
      const NamedTensors moments = lanes.back()->Moments();  // lets the other lanes go on
      EXPECT_TRUE(moments == lanes.front()->Moments()) << job;
      EXPECT_TRUE(lanes.back()->Weights() == lanes.front()->Weights()) << job;
    }
  }
}

}  // namespace
}  // namespace unmask

// In whatever order the threads of a block run, and whatever memory held before, the kernels give
// the same bits: none needs a barrier that it has not got, or a zero that nobody has written.
#include "tests/unit/worker/lanes_engine/kernels/kernels_on_cpu.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/unit/worker/core_engine/random_job.h"
#include "worker/lanes_engine/lanes_engine.h"

namespace unmask {
namespace {

using testing::RandomJob;
using testing::ThreadOrder;

std::pair<NamedTensors, NamedTensors> Trained(const RandomJob& job, ThreadOrder order) {
  LanePool pool(2, at::kCPU, RecordNothing, [order](const LaneTensors& lanes, HsicKinds kinds) {
    return StepByKernels(lanes, kinds, testing::LaunchOnCpu(order));
  });
  const FoldData fold = FoldOf(job);
  const auto engine = pool.Make(SettingsOf(job), ShapeOf(job), fold);
  engine->SetWeights(WeightsOf(job));
  RunSteps(job, *engine, 0, 2);
  return {engine->Weights(), engine->Moments()};
}

TEST(KernelsOnCpu, OrderOfThreadsChangesNoBit) {
  for (const std::int64_t batch :
       {2, 31, 65, 130}) {  // one, five, twice five and thrice six groups
    const RandomJob job{.adapter = 70, .stream = 37, .classes = 9, .batch = batch};
    const auto forward = Trained(job, ThreadOrder::kForward);
    EXPECT_TRUE(Trained(job, ThreadOrder::kBackward) == forward) << job;
    EXPECT_TRUE(Trained(job, ThreadOrder::kShuffled) == forward) << job;
  }
}

// Libtorch's empty tensors are full of numbers that are none meanwhile.
TEST(KernelsOnCpu, WhatNobodyWroteIsNotRead) {
  for (const std::int64_t batch : {5, 65}) {
    const RandomJob job{.adapter = 70, .stream = 37, .classes = 9, .batch = batch};
    const auto expected = Trained(job, ThreadOrder::kForward);
    at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
    ASSERT_TRUE(at::empty({4}).isnan().all().item<bool>());
    const auto got = Trained(job, ThreadOrder::kForward);
    at::globalContext().setDeterministicAlgorithms(false, /*warn_only=*/false);
    EXPECT_TRUE(got == expected) << job;
  }
}

}  // namespace
}  // namespace unmask

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
using testing::cuda::Order;

struct Trained {
  float loss = 0;
  Evaluation evaluation;
  NamedTensors weights, moments;
};

Trained Train(const RandomJob& job, Order order) {
  LanePool pool(2, at::kCPU, RecordNothing, testing::StepOnCpu(order));
  const FoldData fold = FoldOf(job);
  const auto engine = pool.Make(SettingsOf(job), ShapeOf(job), fold);
  engine->SetWeights(WeightsOf(job));
  const float loss = RunSteps(job, *engine, 0, 2);
  return {loss, engine->Evaluate(BatchOf(job, 0)), engine->Weights(), engine->Moments()};
}

void ExpectSame(const Trained& got, const Trained& expected, const RandomJob& job) {
  EXPECT_EQ(got.loss, expected.loss) << job;
  EXPECT_EQ(got.evaluation.logits, expected.evaluation.logits) << job;
  EXPECT_EQ(got.evaluation.streams, expected.evaluation.streams) << job;
  EXPECT_TRUE(got.weights == expected.weights) << job;
  EXPECT_TRUE(got.moments == expected.moments) << job;
}

// Batches of one group of rows, of five, of twice five and of thrice six.
std::vector<RandomJob> JobsOfAllHeights() {
  std::vector<RandomJob> jobs;
  for (const std::int64_t batch : {2, 31, 65, 130}) {
    jobs.push_back({.adapter = 70, .stream = 37, .classes = 9, .batch = batch});
  }
  return jobs;
}

TEST(KernelsOnCpu, OrderOfThreadsChangesNoBit) {
  for (const RandomJob& job : JobsOfAllHeights()) {
    const Trained forward = Train(job, Order::kForward);
    ExpectSame(Train(job, Order::kBackward), forward, job);
    ExpectSame(Train(job, Order::kShuffled), forward, job);
  }
}

// Meanwhile libtorch fills every empty tensor with NaN.
class NoEmptyTensors {
 public:
  NoEmptyTensors() { at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true); }
  ~NoEmptyTensors() { at::globalContext().setDeterministicAlgorithms(false, false); }
  NoEmptyTensors(const NoEmptyTensors&) = delete;
  NoEmptyTensors& operator=(const NoEmptyTensors&) = delete;
};

TEST(KernelsOnCpu, WhatNobodyWroteIsNotRead) {
  for (const RandomJob& job : JobsOfAllHeights()) {
    const Trained expected = Train(job, Order::kForward);
    const NoEmptyTensors meanwhile;
    ASSERT_TRUE(at::empty({4}).isnan().all().item<bool>());
    ExpectSame(Train(job, Order::kForward), expected, job);
  }
}

}  // namespace
}  // namespace unmask

// The lanes on a CUDA device: what libtorch's autograd says on the CPU, the same bits whatever else
// is in the pack, and the same bits from a graph as without one.
#include <thread>

#include "tests/gpu/cuda_test.h"
#include "tests/unit/worker/core_engine/random_job.h"
#include "worker/lanes_engine/lanes_engine.h"
#include "worker/reference_engine/reference_engine.h"

namespace unmask {
namespace {

using testing::AllKindsOfJobs;
using testing::BatchOf;
using testing::RandomJob;
using testing::RunSteps;
using LanesOnCuda = testing::CudaTest;

TEST_F(LanesOnCuda, LossAndGradientsAreReferencesAndEveryLaneHasTheSameBits) {
  for (const RandomJob& job : AllKindsOfJobs()) {
    SCOPED_TRACE(::testing::Message() << job);
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
      EXPECT_NEAR(loss, expected, 1e-4 * std::max(1.0F, std::abs(expected)));
      const NamedTensors moments = lanes.back()->Moments();  // lets the other lanes go on
      EXPECT_TRUE(moments == lanes.front()->Moments());
      EXPECT_TRUE(lanes.back()->Weights() == lanes.front()->Weights());
    }
    // Few clips of nearly equal value: BatchNorm multiplies rounding errors by up to 300.
    testing::ExpectNear(lanes.front()->Moments(), reference->Moments(), job.batch > 3 ? 1e-3 : 1e-2,
                        1e-2);
  }
}

struct State {
  NamedTensors weights, moments;
  Evaluation evaluation;
};

State Train(const RandomJob& job, LanePool& pool) {
  const FoldData fold = FoldOf(job);
  const auto engine = pool.Make(SettingsOf(job), ShapeOf(job), fold);
  engine->SetWeights(WeightsOf(job));
  RunSteps(job, *engine, 0, 4);
  Evaluation evaluation = engine->Evaluate(BatchOf(job, 0));
  RunSteps(job, *engine, 4, 8);
  return {engine->Weights(), engine->Moments(), std::move(evaluation)};
}

void ExpectSame(const State& a, const State& b) {
  EXPECT_TRUE(a.weights == b.weights);
  EXPECT_TRUE(a.moments == b.moments);
  EXPECT_EQ(a.evaluation.logits, b.evaluation.logits);
  EXPECT_EQ(a.evaluation.streams, b.evaluation.streams);
}

TEST_F(LanesOnCuda, NeighboursChangeNoBit) {
  const RandomJob job;
  LanePool one(4, at::kCUDA);
  const State alone = Train(job, one);
  LanePool shared(4, at::kCUDA);
  State packed;
  {
    std::vector<std::jthread> neighbours;
    for (const HsicKind hsic : {HsicKind::kPaper, HsicKind::kBiased, HsicKind::kUnbiased}) {
      neighbours.emplace_back([&shared, hsic] {
        Train({.loss = {50, 1, hsic, KernelKind::kLinear, 1}, .dropout = 0.2}, shared);
      });
    }
    packed = Train(job, shared);
  }
  ExpectSame(packed, alone);
}

TEST_F(LanesOnCuda, AGraphHasTheBitsOfItsOperations) {
  for (const RandomJob& job : AllKindsOfJobs()) {
    SCOPED_TRACE(::testing::Message() << job);
    LanePool graphs(4, at::kCUDA);
    LanePool direct(4, at::kCUDA, RecordNothing);
    ExpectSame(Train(job, graphs), Train(job, direct));
  }
}

}  // namespace
}  // namespace unmask

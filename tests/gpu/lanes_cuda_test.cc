// The lanes on a CUDA device: the same bits from a graph as without one. What they are, and that
// neighbours do not change them: tests/unit/worker/lanes_engine, which is compiled into this too.
#include "tests/gpu/cuda_test.h"
#include "tests/unit/worker/core_engine/random_job.h"
#include "worker/lanes_engine/lanes_engine.h"

namespace unmask {
namespace {

using testing::AllKindsOfJobs;
using testing::BatchOf;
using testing::RandomJob;
using testing::RunSteps;
using LanesOnCuda = testing::CudaTest;

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

// Training by autograd on a CUDA device, with and without a backbone, against the CPU.
#include "tests/gpu/cuda_test.h"
#include "tests/unit/worker/core_engine/random_job.h"
#include "tests/unit/worker/finetune_engine/small_backbone.h"
#include "worker/finetune_engine/finetune_engine.h"
#include "worker/reference_engine/reference_engine.h"

namespace unmask {
namespace {

using testing::AllClips;
using testing::RandomJob;
using testing::SmallCase;
using AutogradOnCuda = testing::CudaTest;

struct Step {
  StepOutcome outcome;
  NamedTensors weights, moments;
  Evaluation evaluation;
};

Step StepOf(const SmallCase& small, c10::Device device) {
  const DropoutMasks masks = testing::SmallMasks(small.tasks);
  const auto engine = MakeFinetuneEngine(device, small.settings, small.shape, small.fold);
  engine->SetWeights(small.weights);
  StepOutcome outcome = engine->Step(0, AllClips(), masks);
  return {std::move(outcome), engine->Weights(), engine->Moments(), engine->Evaluate(AllClips())};
}

TEST_F(AutogradOnCuda, FineTuningIsTheCpus) {
  for (std::size_t number = 0; number < testing::kSmallCases; ++number) {
    SCOPED_TRACE(number);
    const SmallCase small(number);
    const Step cpu = StepOf(small, c10::kCPU);
    const Step cuda = StepOf(small, c10::kCUDA);
    EXPECT_NEAR(cuda.outcome.loss, cpu.outcome.loss, 1e-4 * cpu.outcome.loss);
    // Of a bias in front of a BatchNorm the gradient is rounding alone.
    testing::ExpectNear(cuda.moments, cpu.moments, 1e-3, 5e-2);
    for (std::size_t head = 0; head < small.tasks.size(); ++head) {
      for (std::size_t i = 0; i < cpu.outcome.logits[head].size(); ++i) {
        EXPECT_NEAR(cuda.outcome.logits[head][i], cpu.outcome.logits[head][i], 1e-3);
      }
    }
  }
}

TEST_F(AutogradOnCuda, FineTuningHasTheSameBitsAgain) {
  for (std::size_t number = 0; number < testing::kSmallCases; ++number) {
    SCOPED_TRACE(number);
    const SmallCase small(number);
    const Step a = StepOf(small, c10::kCUDA);
    const Step b = StepOf(small, c10::kCUDA);
    EXPECT_TRUE(a.weights == b.weights);
    EXPECT_EQ(a.evaluation.logits, b.evaluation.logits);
  }
}

TEST_F(AutogradOnCuda, ReferenceIsTheCpus) {
  for (const RandomJob& job : testing::AllKindsOfJobs()) {
    SCOPED_TRACE(::testing::Message() << job);
    const FoldData fold = FoldOf(job);
    const auto cpu = MakeReferenceEngine(c10::kCPU, SettingsOf(job), ShapeOf(job), fold);
    const auto cuda = MakeReferenceEngine(c10::kCUDA, SettingsOf(job), ShapeOf(job), fold);
    for (Engine* engine : {cpu.get(), cuda.get()}) engine->SetWeights(WeightsOf(job));
    const float expected = RunSteps(job, *cpu, 0, 1);
    EXPECT_NEAR(RunSteps(job, *cuda, 0, 1), expected, 1e-4 * std::max(1.0F, std::abs(expected)));
    testing::ExpectNear(cuda->Moments(), cpu->Moments(), job.batch > 3 ? 1e-3 : 1e-2, 1e-2);
    // As from a checkpoint.
    cuda->SetWeights(cpu->Weights());
    cuda->SetMoments(cpu->Moments(), 1);
    EXPECT_TRUE(cuda->Weights() == cpu->Weights());
    EXPECT_TRUE(cuda->Moments() == cpu->Moments());
  }
}

}  // namespace
}  // namespace unmask

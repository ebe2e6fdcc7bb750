// Prompts learnt on a CUDA device against the CPU.
#include "tests/gpu/cuda_test.h"
#include "tests/unit/worker/clip_engine/small_clip.h"
#include "worker/clip_engine/clip_engine.h"

namespace unmask {
namespace {

using ClipOnCuda = testing::CudaTest;

TEST_F(ClipOnCuda, LossLogitsAndPromptsAreTheCpus) {
  const FoldData fold = testing::SmallFold();
  for (const ModelKind kind : {ModelKind::kClipZeroShot, ModelKind::kClipPrompt}) {
    const JobSpec spec = testing::SpecOf(kind);
    const ModelShape shape = ShapeOf(spec.settings, fold);
    const auto cpu = MakeClipEngine(c10::kCPU, spec.settings, shape, fold);
    const auto cuda = MakeClipEngine(c10::kCUDA, spec.settings, shape, fold);
    for (Engine* engine : {cpu.get(), cuda.get()}) {
      engine->SetWeights(InitialWeights(shape, 1, ""));
    }
    const auto masks = DropoutMasks{};
    const StepOutcome expected = cpu->Step(0, fold.split.train, masks);
    const StepOutcome got = cuda->Step(0, fold.split.train, masks);
    EXPECT_NEAR(got.loss, expected.loss, 1e-4 * std::abs(expected.loss));
    testing::ExpectNear(cuda->Moments(), cpu->Moments(), 1e-3, 1e-4);
    for (std::size_t head = 0; head < 2; ++head) {
      for (std::size_t i = 0; i < expected.logits[head].size(); ++i) {
        EXPECT_NEAR(got.logits[head][i], expected.logits[head][i], 1e-3);
      }
    }
  }
}

}  // namespace
}  // namespace unmask

// What the core engine promises without another engine to compare with.
#include "worker/core_engine/core_engine.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/worker/core_engine/random_job.h"
#include "tests/unit/worker/reference_engine/double_model.h"
#include "tests/unit/worker/reference_engine/small_model.h"

namespace unmask {
namespace {

using testing::AllKindsOfJobs;
using testing::BatchOf;
using testing::FoldOf;
using testing::RandomJob;
using testing::RunSteps;
using testing::SettingsOf;
using testing::ShapeOf;
using testing::WeightsOf;

std::unique_ptr<Engine> EngineOf(const RandomJob& job, const FoldData& fold) {
  auto engine = MakeCoreEngine(SettingsOf(job), ShapeOf(job), fold);
  engine->SetWeights(WeightsOf(job));
  return engine;
}

// --- gradients against finite differences, on the small model with a stream of zeros
// ---------------

class SmallLoss : public ::testing::TestWithParam<std::tuple<HsicKind, KernelKind, double, bool>> {
};

TEST_P(SmallLoss, AndEveryGradientAgreeWithFiniteDifferences) {
  Settings settings;
  settings.loss = {.alpha = std::get<2>(GetParam()),
                   .beta = 0.7,
                   .hsic = std::get<0>(GetParam()),
                   .kernel = std::get<1>(GetParam()),
                   .sigma = 0.8};
  settings.train.weight_decay = 0;
  const std::vector<Task> tasks = {Task::kTer, Task::kDer};
  const ModelShape shape = testing::SmallShape(tasks);
  FoldData fold = testing::SmallFold(tasks);
  if (std::get<3>(GetParam())) {
    fold.tasks[0].class_weights = {1, 0.25F, 5};
    fold.tasks[1].class_weights = {3, 1};
  }
  const DropoutMasks masks = testing::SmallMasks(tasks);
  const auto engine = MakeCoreEngine(settings, shape, fold);
  engine->SetWeights(testing::SmallWeights(shape));
  const float loss = engine->Step(0, testing::AllClips(), masks).loss;

  auto weights = testing::ToDouble(testing::SmallWeights(shape));
  const auto exact = [&] {
    return testing::DoubleLoss(shape, fold, weights, masks, settings.loss);
  };
  EXPECT_NEAR(loss, exact(), 1e-5);
  constexpr double kStep = 1e-6;
  for (const auto& [name, moment] : engine->Moments()) {
    if (!name.starts_with("first/")) continue;
    std::vector<double>& values = weights[name.substr(6)];
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double value = values[i];
      values[i] = value + kStep;
      const double above = exact();
      values[i] = value - kStep;
      const double slope = (above - exact()) / (2 * kStep);
      values[i] = value;
      EXPECT_NEAR(moment.values[i], 0.1 * slope, 1e-6 * std::max(1.0, settings.loss.alpha))
          << name << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, SmallLoss,
    ::testing::Combine(::testing::Values(HsicKind::kPaper, HsicKind::kBiased, HsicKind::kUnbiased),
                       ::testing::Values(KernelKind::kRbf, KernelKind::kLinear),
                       ::testing::Values(0.0, 1.5, 50.0), ::testing::Bool()));

// --- bits
// -----------------------------------------------------------------------------------------

TEST(CoreEngine, GivesBackWhatItWasGiven) {
  for (const RandomJob& job : AllKindsOfJobs()) {
    const FoldData fold = FoldOf(job);
    EXPECT_EQ(EngineOf(job, fold)->Weights(), WeightsOf(job)) << job;
  }
}

TEST(CoreEngine, GoesOnFromWeightsAndMomentsWithTheSameBits) {
  for (const RandomJob& job : AllKindsOfJobs()) {
    const FoldData fold = FoldOf(job);
    const auto whole = EngineOf(job, fold);
    RunSteps(job, *whole, 0, 3);
    const auto resumed = EngineOf(job, fold);
    resumed->SetWeights(whole->Weights());
    resumed->SetMoments(whole->Moments(), 3);
    EXPECT_EQ(RunSteps(job, *whole, 3, 6), RunSteps(job, *resumed, 3, 6)) << job;
    EXPECT_EQ(whole->Weights(), resumed->Weights()) << job;
    EXPECT_EQ(whole->Moments(), resumed->Moments()) << job;
  }
}

TEST(CoreEngine, StepsDoNotSeeTheBatchesBefore) {
  // A batch after a greater one finds its leavings in the workspace.
  RandomJob job{.batch = 33, .loss = {.hsic = HsicKind::kBiased}};
  const FoldData fold = FoldOf(job);
  const auto first = EngineOf(job, fold);
  RunSteps(job, *first, 0, 1);
  const auto second = EngineOf(job, fold);
  second->SetWeights(first->Weights());
  second->SetMoments(first->Moments(), 1);
  job.batch = 6;
  RunSteps(job, *first, 1, 2);
  RunSteps(job, *second, 1, 2);
  EXPECT_EQ(first->Weights(), second->Weights());
}

TEST(CoreEngine, AClipsLogitsDoNotDependOnOtherClips) {
  const RandomJob job;
  const FoldData fold = FoldOf(job);
  const auto engine = EngineOf(job, fold);
  std::vector<std::int64_t> clips(64);
  std::iota(clips.begin(), clips.end(), 0);
  const Evaluation all = engine->Evaluate(clips);
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const Evaluation one = engine->Evaluate(std::span(clips).subspan(i, 1));
    for (std::size_t head = 0; head < 2; ++head) {
      for (std::size_t c = 0; c < 3; ++c) {
        EXPECT_EQ(one.logits[head][c], all.logits[head][i * 3 + c]);
      }
      for (std::size_t s = 0; s < 37; ++s) {
        EXPECT_EQ(one.streams[head][s], all.streams[head][i * 37 + s]);
      }
    }
  }
}

// As weights become whose inputs are zero for a thousand steps.
TEST(CoreEngine, TakesSubnormalNumbersForZeroAndLeavesTheCallersAlone) {
  const RandomJob job;
  const FoldData fold = FoldOf(job);
  auto weights = WeightsOf(job);
  for (float& weight : weights["adapter.linear.weight"].values) weight *= 1e-35F;
  const auto engine = MakeCoreEngine(SettingsOf(job), ShapeOf(job), fold);
  engine->SetWeights(weights);
  RunSteps(job, *engine, 0, 3);
  for (const NamedTensors& tensors : {engine->Weights(), engine->Moments()}) {
    for (const auto& [name, tensor] : tensors) {
      for (const float value : tensor.values)
        ASSERT_NE(std::fpclassify(value), FP_SUBNORMAL) << name;
    }
  }
  volatile float least = std::numeric_limits<float>::min();
  EXPECT_GT(least / 2, 0);
}

TEST(CoreEngine, ALossThatIsNotANumberShows) {
  const RandomJob job;
  const FoldData fold = FoldOf(job);
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    for (const auto& [name, tensor] : WeightsOf(job)) {
      if (name.find(".running_") != std::string::npos) continue;
      auto weights = WeightsOf(job);
      weights[name].values[0] = bad;
      const auto engine = EngineOf(job, fold);
      engine->SetWeights(weights);
      RunSteps(job, *engine, 0, 2);
      EXPECT_FALSE(std::isfinite(RunSteps(job, *engine, 2, 3))) << name << ' ' << bad;
    }
  }
}

}  // namespace
}  // namespace unmask

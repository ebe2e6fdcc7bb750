// Backbones trained with a model, against PyTorch (finetune_values.json, made by
// finetune_values.py).
#include "worker/finetune_engine/finetune_engine.h"

#include <gtest/gtest.h>

#include "small_backbone.h"
#include "tests/testing/on_cpu.h"
#include "worker/finetune_engine/backbone_stage.h"
#include "worker/reference_engine/reference_engine.h"

namespace unmask {
namespace {

using nlohmann::json;
using testing::AllClips;
using testing::OnCpu;
using testing::SmallCase;
using testing::SmallMasks;

class AgainstPyTorch : public ::testing::TestWithParam<std::size_t> {
 protected:
  AgainstPyTorch()
      : engine_(case_.settings, case_.shape, case_.fold,
                std::make_unique<BackboneStage>(case_.fold, nullptr)) {
    engine_.SetWeights(case_.weights);
  }

  // `relative`: to the tensor's largest number.
  void ExpectNear(const NamedTensors& got, const json& expected, double absolute,
                  double relative) const {
    ASSERT_EQ(got.size(), expected.size());
    for (const auto& [name, tensor] : got) {
      const std::string saved = case_.SavedName(name);
      ASSERT_TRUE(expected.contains(saved)) << saved;
      const auto values = expected[saved].get<std::vector<double>>();
      ASSERT_EQ(tensor.values.size(), values.size()) << saved;
      double largest = 0;
      for (const double value : values) largest = std::max(largest, std::abs(value));
      for (std::size_t i = 0; i < values.size(); ++i) {
        EXPECT_NEAR(tensor.values[i], values[i], absolute + relative * largest) << saved << i;
      }
    }
  }

  SmallCase case_{GetParam()};
  DropoutMasks masks_ = SmallMasks(case_.tasks);
  ReferenceEngine engine_;
};

TEST_P(AgainstPyTorch, LossAndEveryGradient) {
  const StepOutcome outcome = engine_.Backward(0, AllClips(), masks_);
  const double loss = case_.expected["loss"];
  EXPECT_NEAR(outcome.loss, loss, 1e-5 * loss);
  // Those are of double precision.
  ExpectNear(engine_.Gradients(), case_.expected["gradients"], 5e-5, 1e-4);
}

TEST_P(AgainstPyTorch, WeightsAndStatisticsAfterAStepAndLogitsAfterThree) {
  engine_.Step(0, AllClips(), masks_);
  ExpectNear(engine_.Weights(), case_.expected["after_one_step"], 1e-5, 0);
  for (int step = 1; step < 3; ++step) engine_.Step(0, AllClips(), masks_);
  const Evaluation evaluation = engine_.Evaluate(AllClips());
  for (std::size_t head = 0; head < case_.tasks.size(); ++head) {
    const json& logits = case_.expected["logits"][std::string(Name(case_.tasks[head]))];
    ASSERT_EQ(evaluation.logits[head].size(), logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i) {
      EXPECT_NEAR(evaluation.logits[head][i], logits[i].get<double>(), 5e-4);
    }
  }
}

TEST_P(AgainstPyTorch, MomentsAreOfEveryParameterAndOfNoStatistics) {
  engine_.Step(0, AllClips(), masks_);
  TrainingState state;
  state.weights = engine_.Weights();
  state.moments = engine_.Moments();
  EXPECT_EQ(state.moments.size(), 2 * case_.expected["gradients"].size());
  EXPECT_TRUE(FitsModel(state, case_.shape));
  state.moments.erase(state.moments.begin());
  EXPECT_FALSE(FitsModel(state, case_.shape));
}

std::string CaseName(const ::testing::TestParamInfo<std::size_t>& info) {
  return SmallCase(info.param).expected["name"];
}

INSTANTIATE_TEST_SUITE_P(Cases, AgainstPyTorch,
                         ::testing::Range<std::size_t>(0, testing::kSmallCases), CaseName);

// Two steps, the state taken over by another engine, and two more.
std::pair<NamedTensors, NamedTensors> FourSteps(const SmallCase& small, bool interrupted) {
  const DropoutMasks masks = SmallMasks(small.tasks);
  auto engine = OnCpu<MakeFinetuneEngine>(small.settings, small.shape, small.fold);
  engine->SetWeights(small.weights);
  for (int step = 0; step < 4; ++step) {
    if (interrupted && step == 2) {
      auto next = OnCpu<MakeFinetuneEngine>(small.settings, small.shape, small.fold);
      next->SetWeights(engine->Weights());
      next->SetMoments(engine->Moments(), step);
      engine = std::move(next);
    }
    engine->Step(0, AllClips(), masks);
  }
  return {engine->Weights(), engine->Moments()};
}

TEST(FinetuneEngine, SameBitsAgainAndFromWhatACheckpointHolds) {
  for (std::size_t number = 0; number < testing::kSmallCases; ++number) {
    const SmallCase small(number);
    const auto straight = FourSteps(small, false);
    EXPECT_EQ(straight, FourSteps(small, false)) << number;
    EXPECT_EQ(straight, FourSteps(small, true)) << number;
    EXPECT_NE(straight.first, small.weights) << number;
  }
}

TEST(FinetuneEngine, AClipsLogitsDoNotDependOnOtherClips) {
  for (std::size_t number = 0; number < testing::kSmallCases; ++number) {
    const SmallCase small(number);
    const auto engine = OnCpu<MakeFinetuneEngine>(small.settings, small.shape, small.fold);
    engine->SetWeights(small.weights);
    const Evaluation all = engine->Evaluate(AllClips());
    const std::size_t classes = all.logits[0].size() / AllClips().size();
    for (std::size_t i = 0; i < AllClips().size(); ++i) {
      const Evaluation one = engine->Evaluate(std::vector{static_cast<std::int64_t>(i)});
      for (std::size_t c = 0; c < classes; ++c) {
        EXPECT_EQ(one.logits[0][c], all.logits[0][i * classes + c]) << number;
      }
    }
  }
}

}  // namespace
}  // namespace unmask

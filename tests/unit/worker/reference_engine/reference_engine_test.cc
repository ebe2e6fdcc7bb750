// The reference engine against finite differences (double_model.h) and against PyTorch
// (pytorch_values.json, made by pytorch_values.py).
#include "worker/reference_engine/reference_engine.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/files.h"
#include "common/config/names.h"
#include "double_model.h"
#include "small_model.h"
#include "worker/model/class_weights.h"

namespace unmask {
namespace {

using nlohmann::json;
using testing::AllClips;
using testing::SmallFold;
using testing::SmallMasks;
using testing::SmallShape;
using testing::SmallWeights;

constexpr double kTolerance = 1e-5;

const json& PyTorchCases() {
  static const json cases = json::parse(
      ReadFile(UNMASK_SOURCE_DIR "/tests/unit/worker/reference_engine/pytorch_values.json")
          .value());
  return cases;
}

class ReferenceEngineTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  ReferenceEngineTest() {
    if (Text("name").ends_with("single-der")) tasks_ = {Task::kDer};
    settings_.loss = {expected_["alpha"], expected_["beta"], *FromName<HsicKind>(Text("hsic")),
                      *FromName<KernelKind>(Text("kernel")), expected_["sigma"]};
    settings_.train.lr = 0.01;
    settings_.train.weight_decay = 0.05;
    shape_ = SmallShape(tasks_);
    fold_ = SmallFold(tasks_);
    for (TaskLabels& task : fold_.tasks) {
      if (!Text("name").starts_with("balanced")) continue;
      task.class_weights = BalancedWeights(task, AllClips());
    }
    masks_ = SmallMasks(tasks_);
    engine_ = std::make_unique<ReferenceEngine>(settings_, shape_, fold_);
    engine_->SetWeights(SmallWeights(shape_));
  }

  std::string Text(const char* key) const { return expected_[key]; }

  const json& expected_ = PyTorchCases()[GetParam()];
  std::vector<Task> tasks_ = {Task::kTer, Task::kDer};
  Settings settings_;
  ModelShape shape_;
  FoldData fold_;
  DropoutMasks masks_;
  std::unique_ptr<ReferenceEngine> engine_;
};

void ExpectNear(const NamedTensors& got, const json& expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  for (const auto& [name, tensor] : got) {
    ASSERT_TRUE(expected.contains(name)) << name;
    ASSERT_EQ(tensor.values.size(), expected[name].size()) << name;
    for (std::size_t i = 0; i < tensor.values.size(); ++i) {
      EXPECT_NEAR(tensor.values[i], expected[name][i].get<double>(), tolerance) << name << i;
    }
  }
}

TEST_P(ReferenceEngineTest, LossAndEveryGradientAgreeWithPyTorch) {
  const StepOutcome outcome = engine_->Backward(0, AllClips(), masks_);
  EXPECT_NEAR(outcome.loss, expected_["loss"].get<double>(), kTolerance);
  ExpectNear(engine_->Gradients(), expected_["gradients"], kTolerance);
}

TEST_P(ReferenceEngineTest, LossAndEveryGradientAgreeWithFiniteDifferences) {
  const StepOutcome outcome = engine_->Backward(0, AllClips(), masks_);
  auto weights = testing::ToDouble(SmallWeights(shape_));
  const auto loss = [&] {
    return testing::DoubleLoss(shape_, fold_, weights, masks_, settings_.loss);
  };
  EXPECT_NEAR(outcome.loss, loss(), kTolerance);
  constexpr double kStep = 1e-6;
  for (const auto& [name, gradient] : engine_->Gradients()) {
    for (std::size_t i = 0; i < gradient.values.size(); ++i) {
      const double value = weights[name][i];
      weights[name][i] = value + kStep;
      const double above = loss();
      weights[name][i] = value - kStep;
      const double slope = (above - loss()) / (2 * kStep);
      weights[name][i] = value;
      EXPECT_NEAR(gradient.values[i], slope, kTolerance) << name << i;
    }
  }
}

TEST_P(ReferenceEngineTest, ThreeAdamStepsAndEvaluationAgreeWithPyTorch) {
  for (int step = 0; step < 3; ++step) engine_->Step(0, AllClips(), masks_);
  ExpectNear(engine_->Weights(), expected_["after_three_steps"], 2e-5);
  const Evaluation evaluation = engine_->Evaluate(AllClips());
  for (std::size_t head = 0; head < tasks_.size(); ++head) {
    const json& logits = expected_["logits"][std::string(Name(tasks_[head]))];
    ASSERT_EQ(evaluation.logits[head].size(), logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i) {
      EXPECT_NEAR(evaluation.logits[head][i], logits[i].get<double>(), 2e-4);
    }
  }
}

std::string CaseName(const ::testing::TestParamInfo<std::size_t>& info) {
  std::string name = PyTorchCases()[info.param]["name"];
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Cases, ReferenceEngineTest, ::testing::Range<std::size_t>(0, 10),
                         CaseName);

// m = .1 g, v = .001 g^2, both corrected back to g and g^2, so the first step is
// lr g / (|g| + eps), with g = gradient + decay * weight.
TEST(ReferenceEngine, FirstAdamStepByHand) {
  Settings settings;
  settings.loss.alpha = 0;
  const ModelShape shape = SmallShape({Task::kTer, Task::kDer});
  const FoldData fold = SmallFold({Task::kTer, Task::kDer});
  ReferenceEngine engine(settings, shape, fold);
  engine.SetWeights(SmallWeights(shape));
  const NamedTensors before = engine.Weights();
  engine.Backward(0, AllClips(), SmallMasks({Task::kTer, Task::kDer}));
  const NamedTensors gradients = engine.Gradients();
  engine.Update();
  const NamedTensors after = engine.Weights();
  for (const auto& [name, gradient] : gradients) {
    for (std::size_t i = 0; i < gradient.values.size(); ++i) {
      const double weight = before.at(name).values[i];
      const double g = gradient.values[i] + 5e-4 * weight;
      const double expected = weight - 5e-4 * g / (std::abs(g) + 1e-8);
      EXPECT_NEAR(after.at(name).values[i], expected, 1e-7) << name << i;
    }
  }
}

TEST(ReferenceEngine, AClipsLogitsDoNotDependOnOtherClips) {
  const std::vector<Task> tasks = {Task::kTer, Task::kDer};
  const ModelShape shape = SmallShape(tasks);
  const FoldData fold = SmallFold(tasks);
  ReferenceEngine engine(Settings{}, shape, fold);
  engine.SetWeights(SmallWeights(shape));
  std::vector<std::int64_t> many;
  for (std::int64_t i = 0; i < 150; ++i) many.push_back(i % testing::kClips);
  const Evaluation all = engine.Evaluate(many);
  for (std::size_t i = 0; i < many.size(); ++i) {
    const Evaluation one = engine.Evaluate(std::span(many).subspan(i, 1));
    for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(one.logits[0][c], all.logits[0][i * 3 + c]);
  }
}

}  // namespace
}  // namespace unmask

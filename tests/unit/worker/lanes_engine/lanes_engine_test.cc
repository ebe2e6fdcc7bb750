// The lanes against libtorch's autograd, number by number.
#include "worker/lanes_engine/lanes_engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/testing/on_cpu.h"
#include "tests/unit/worker/core_engine/random_job.h"
#include "tests/unit/worker/lanes_engine/device.h"
#include "worker/reference_engine/reference_engine.h"

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
using LanesEngine = testing::DeviceTest;

double Greatest(const std::vector<float>& values) {
  double greatest = 0;
  for (const float value : values) greatest = std::max<double>(greatest, std::abs(value));
  return greatest;
}

// Differences in units of the tensor's greatest value. A bias in front of BatchNorm has no gradient
// but rounding errors, so all are taken as at least `floor`.
void ExpectNear(const NamedTensors& got, const NamedTensors& expected, double tolerance,
                double floor, const RandomJob& job) {
  ASSERT_EQ(got.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    ASSERT_EQ(got.at(name).shape, tensor.shape) << name;
    const double scale = std::max(Greatest(tensor.values), floor);
    double worst = 0;
    for (std::size_t i = 0; i < tensor.values.size(); ++i) {
      worst = std::max<double>(worst, std::abs(got.at(name).values[i] - tensor.values[i]));
    }
    EXPECT_LE(worst, tolerance * scale) << name << ": " << job;
  }
}

void ExpectNear(const std::vector<float>& got, const std::vector<float>& expected, double tolerance,
                const RandomJob& job) {
  ASSERT_EQ(got.size(), expected.size()) << job;
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_NEAR(got[i], expected[i], tolerance) << job;
  }
}

class Engines {
 public:
  // Without `decay` the first moment is a tenth of the gradient.
  explicit Engines(const RandomJob& job, double decay = 0)
      : job_(job), fold_(FoldOf(job)), settings_(SettingsOf(job)) {
    settings_.train.weight_decay = decay;
    lanes_ = pool_.Make(settings_, ShapeOf(job), fold_);
    reference_ = testing::OnCpu<MakeReferenceEngine>(settings_, ShapeOf(job), fold_);
    lanes_->SetWeights(WeightsOf(job));
    reference_->SetWeights(WeightsOf(job));
  }

  Engine& lanes() { return *lanes_; }
  Engine& reference() { return *reference_; }

 private:
  RandomJob job_;
  FoldData fold_;
  Settings settings_;
  LanePool pool_ = testing::PoolOf(3);
  std::unique_ptr<Engine> lanes_, reference_;
};

NamedTensors Only(NamedTensors tensors, const std::string& part) {
  std::erase_if(tensors,
                [&](const auto& item) { return item.first.find(part) == std::string::npos; });
  return tensors;
}

NamedTensors WithoutDeadBiases(NamedTensors tensors) {
  std::erase_if(tensors, [](const auto& item) { return item.first.ends_with(".linear.bias"); });
  return tensors;
}

TEST_F(LanesEngine, LossLogitsAndEveryGradientAreReferences) {
  for (const RandomJob& job : AllKindsOfJobs()) {
    Engines engines(job);
    MaskMaker masks(ShapeOf(job), job.dropout, 1, "");
    const auto& mask = masks.Make(0, 0, job.batch);
    const StepOutcome got = engines.lanes().Step(0, BatchOf(job, 0), mask);
    const StepOutcome expected = engines.reference().Step(0, BatchOf(job, 0), mask);
    EXPECT_NEAR(got.loss, expected.loss, 1e-5 * std::max(1.0F, std::abs(expected.loss))) << job;
    for (std::size_t head = 0; head < job.tasks.size(); ++head) {
      ExpectNear(got.logits[head], expected.logits[head], 2e-5, job);
    }
    const NamedTensors gradients = Only(engines.reference().Moments(), "first/");
    double greatest = 0;
    for (const auto& [name, tensor] : gradients) {
      greatest = std::max(greatest, Greatest(tensor.values));
    }
    // Two or three clips of nearly equal value: BatchNorm multiplies rounding errors by up to 300.
    const double tolerance = job.batch > 3 ? 1e-5 : 1e-4;
    ExpectNear(Only(engines.lanes().Moments(), "first/"), gradients, tolerance, 0.1 * greatest,
               job);
    ExpectNear(Only(engines.lanes().Weights(), ".running_"),
               Only(engines.reference().Weights(), ".running_"), 1e-5, 1e-3, job);
  }
}

TEST_F(LanesEngine, EvaluationAndAdamFromEqualStateAreReferences) {
  for (const RandomJob& job : AllKindsOfJobs()) {
    // A single weight in front of BatchNorm moves by rounding errors alone, as all biases there do.
    if (job.features == 1) continue;
    Engines engines(job, /*decay=*/0.05);
    RunSteps(job, engines.reference(), 0, 4);
    engines.lanes().SetWeights(engines.reference().Weights());
    engines.lanes().SetMoments(engines.reference().Moments(), 4);
    std::vector<std::int64_t> all(static_cast<std::size_t>(2 * job.batch));  // more than a step has
    std::iota(all.begin(), all.end(), 0);
    const Evaluation got = engines.lanes().Evaluate(all);
    const Evaluation expected = engines.reference().Evaluate(all);
    for (std::size_t head = 0; head < job.tasks.size(); ++head) {
      ExpectNear(got.logits[head], expected.logits[head], 5e-5, job);
      ExpectNear(got.streams[head], expected.streams[head], 5e-5, job);
    }
    EXPECT_EQ(engines.lanes().Weights(), engines.reference().Weights()) << job;
    EXPECT_EQ(engines.lanes().Moments(), engines.reference().Moments()) << job;
    RunSteps(job, engines.lanes(), 4, 5);
    RunSteps(job, engines.reference(), 4, 5);
    ExpectNear(WithoutDeadBiases(engines.lanes().Weights()),
               WithoutDeadBiases(engines.reference().Weights()), 1e-4, 0.1, job);
    ExpectNear(WithoutDeadBiases(engines.lanes().Moments()),
               WithoutDeadBiases(engines.reference().Moments()), 1e-4, 1e-2, job);
  }
}

// A last batch is shorter, or longer where the rest has joined it: the loss is over its clips
// alone.
TEST_F(LanesEngine, RaggedBatchesAreReferences) {
  for (RandomJob job : AllKindsOfJobs()) {
    if (job.batch < 4) continue;
    const RandomJob whole = job;
    for (const std::int64_t clips : {whole.batch + 3, std::int64_t{4}}) {
      Engines engines(whole);
      job.batch = clips;
      std::vector<std::int64_t> batch(static_cast<std::size_t>(clips));
      std::iota(batch.begin(), batch.end(), 0);
      MaskMaker masks(ShapeOf(job), job.dropout, 1, "");
      const auto& mask = masks.Make(0, 0, clips);
      const StepOutcome got = engines.lanes().Step(0, batch, mask);
      const StepOutcome expected = engines.reference().Step(0, batch, mask);
      EXPECT_NEAR(got.loss, expected.loss, 1e-5 * std::max(1.0F, std::abs(expected.loss))) << job;
      ExpectNear(Only(engines.lanes().Moments(), "classifier.weight"),
                 Only(engines.reference().Moments(), "classifier.weight"), 2e-5, 1e-3, job);
      ExpectNear(Only(engines.lanes().Weights(), ".running_"),
                 Only(engines.reference().Weights(), ".running_"), 1e-5, 1e-3, job);
    }
  }
}

// As those of a class that nobody trains on: there is no mean over them.
TEST_F(LanesEngine, ClipsWithoutWeightAreEvaluated) {
  const RandomJob job;
  const FoldData fold = FoldOf(job);
  LanePool pool = testing::PoolOf(2);
  const auto expected = pool.Make(SettingsOf(job), ShapeOf(job), fold);
  FoldData weighted = fold;
  for (TaskLabels& task : weighted.tasks) task.class_weights = {0, 0, 0};
  const auto got = pool.Make(SettingsOf(job), ShapeOf(job), weighted);
  for (Engine* engine : {expected.get(), got.get()}) engine->SetWeights(WeightsOf(job));
  const Evaluation evaluation = got->Evaluate(BatchOf(job, 0));
  const NamedTensors moments = got->Moments();  // steps aside: the other need not wait for it
  EXPECT_EQ(evaluation.logits, expected->Evaluate(BatchOf(job, 0)).logits);
  EXPECT_EQ(got->Weights(), WeightsOf(job));
  EXPECT_EQ(moments, expected->Moments());
}

}  // namespace
}  // namespace unmask

// The core engine against libtorch's autograd, number by number.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/testing/on_cpu.h"
#include "tests/unit/worker/core_engine/random_job.h"
#include "worker/core_engine/core_engine.h"
#include "worker/reference_engine/reference_engine.h"

namespace unmask {
namespace {

using testing::AllKindsOfJobs;
using testing::BatchOf;
using testing::FoldOf;
using testing::RandomJob;
using testing::SettingsOf;
using testing::ShapeOf;
using testing::WeightsOf;

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

class Engines {
 public:
  explicit Engines(const RandomJob& job)
      : job_(job), fold_(FoldOf(job)), settings_(SettingsOf(job)) {
    settings_.train.weight_decay = 0;  // so that the first moment is a tenth of the gradient
    core_ = MakeCoreEngine(settings_, ShapeOf(job), fold_);
    reference_ = testing::OnCpu<MakeReferenceEngine>(settings_, ShapeOf(job), fold_);
    core_->SetWeights(WeightsOf(job));
    reference_->SetWeights(WeightsOf(job));
  }

  Engine& core() { return *core_; }
  Engine& reference() { return *reference_; }

 private:
  RandomJob job_;
  FoldData fold_;
  Settings settings_;
  std::unique_ptr<Engine> core_, reference_;
};

NamedTensors FirstMoments(const Engine& engine) {
  NamedTensors moments = engine.Moments();
  std::erase_if(moments, [](const auto& item) { return !item.first.starts_with("first/"); });
  return moments;
}

NamedTensors Buffers(const Engine& engine) {
  NamedTensors weights = engine.Weights();
  std::erase_if(weights,
                [](const auto& item) { return item.first.find(".running_") == std::string::npos; });
  return weights;
}

TEST(CoreAgainstReference, LossLogitsAndEveryGradient) {
  for (const RandomJob& job : AllKindsOfJobs()) {
    Engines engines(job);
    MaskMaker masks(ShapeOf(job), job.dropout, 1, "");
    const auto& mask = masks.Make(0, 0, job.batch);
    const StepOutcome got = engines.core().Step(0, BatchOf(job, 0), mask);
    const StepOutcome expected = engines.reference().Step(0, BatchOf(job, 0), mask);
    // Two or three clips of nearly equal value: BatchNorm multiplies rounding errors by up to 300.
    const bool few = job.batch <= 3;
    EXPECT_NEAR(got.loss, expected.loss, 1e-5 * std::max(1.0F, std::abs(expected.loss))) << job;
    for (std::size_t head = 0; head < job.tasks.size(); ++head) {
      ASSERT_EQ(got.logits[head].size(), expected.logits[head].size()) << job;
      for (std::size_t i = 0; i < got.logits[head].size(); ++i) {
        EXPECT_NEAR(got.logits[head][i], expected.logits[head][i], few ? 1e-4 : 2e-5) << job;
      }
    }
    const NamedTensors gradients = FirstMoments(engines.reference());
    double greatest = 0;
    for (const auto& [name, tensor] : gradients)
      greatest = std::max(greatest, Greatest(tensor.values));
    ExpectNear(FirstMoments(engines.core()), gradients, few ? 1e-4 : 1e-5, 0.1 * greatest, job);
    ExpectNear(Buffers(engines.core()), Buffers(engines.reference()), 1e-5, 1e-3, job);
  }
}

TEST(CoreAgainstReference, EvaluationAndAdamFromEqualState) {
  for (const RandomJob& job : AllKindsOfJobs()) {
    // A single weight in front of BatchNorm moves by rounding errors alone, as all biases there do.
    if (job.features == 1) continue;
    Engines engines(job);
    RunSteps(job, engines.reference(), 0, 4);
    engines.core().SetWeights(engines.reference().Weights());
    engines.core().SetMoments(engines.reference().Moments(), 4);
    const Evaluation got = engines.core().Evaluate(BatchOf(job, 0));
    const Evaluation expected = engines.reference().Evaluate(BatchOf(job, 0));
    for (std::size_t head = 0; head < job.tasks.size(); ++head) {
      for (std::size_t i = 0; i < got.logits[head].size(); ++i) {
        EXPECT_NEAR(got.logits[head][i], expected.logits[head][i], 5e-5) << job;
      }
      for (std::size_t i = 0; i < got.streams[head].size(); ++i) {
        EXPECT_NEAR(got.streams[head][i], expected.streams[head][i], 5e-5) << job;
      }
    }
    RunSteps(job, engines.core(), 4, 5);
    RunSteps(job, engines.reference(), 4, 5);
    NamedTensors weights = engines.reference().Weights();
    std::erase_if(weights, [](const auto& i) { return i.first.ends_with(".linear.bias"); });
    NamedTensors got_weights = engines.core().Weights();
    std::erase_if(got_weights, [](const auto& i) { return i.first.ends_with(".linear.bias"); });
    ExpectNear(got_weights, weights, 1e-4, 0.1, job);
  }
}

}  // namespace
}  // namespace unmask

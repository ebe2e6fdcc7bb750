// clip-zero-shot and clip-prompt on the text side of a small random CLIP.
#include "worker/clip_engine/clip_engine.h"

#include <gtest/gtest.h>

#include <cmath>

#include "small_clip.h"
#include "tests/testing/on_cpu.h"
#include "tests/unit/worker/trainer/small_jobs.h"

namespace unmask {
namespace {

using testing::kWidth;
using testing::OnCpu;
using testing::RecordingHooks;
using testing::SmallClip;
using testing::SmallFold;
using testing::SpecOf;
using testing::StillClock;

std::vector<float> Row(const FoldData& fold, std::int64_t clip) {
  std::vector<float> row(kWidth);
  fold.inputs->Copy(kPlainView, clip, row);
  return row;
}

double Cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double product = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += static_cast<double>(a[i]) * b[i];
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
  }
  return product / std::sqrt(aa * bb);
}

TEST(ClipZeroShot, LogitsAreScaledCosinesOfImageAndPrompt) {
  const FoldData fold = SmallFold();
  const JobSpec spec = SpecOf(ModelKind::kClipZeroShot);
  const auto engine = OnCpu<MakeClipEngine>(spec.settings, ShapeOf(spec.settings, fold), fold);
  const Evaluation evaluation = engine->Evaluate(fold.split.held_out);
  const auto model = MakeTextModel(SmallClip()->parts).value();
  const std::string prompts[2][3] = {
      {"a photo of a person who feels anger.", "a photo of a person who feels happiness.",
       "a photo of a person who feels sadness."},
      {"a photo of a face showing fear.", "a photo of a face showing happiness.",
       "a photo of a face showing odd name."}};
  for (std::size_t head = 0; head < 2; ++head) {
    for (std::size_t label = 0; label < 3; ++label) {
      const auto text =
          model->Features(SmallClip()->tokenizer.Encode(prompts[head][label], 77)).value();
      for (std::size_t i = 0; i < fold.split.held_out.size(); ++i) {
        const double expected = std::exp(2.6592) * Cosine(Row(fold, fold.split.held_out[i]), text);
        EXPECT_NEAR(evaluation.logits[head][3 * i + label], expected, 1e-3);
      }
    }
  }
  EXPECT_TRUE(evaluation.streams.empty());
}

TEST(ClipZeroShot, IsAJobOfOneEpochThatLearnsNothing) {
  const FoldData fold = SmallFold();
  RecordingHooks hooks;
  const TrainOutcome outcome = TrainJob(SpecOf(ModelKind::kClipZeroShot), fold, {},
                                        OnCpu<MakeClipEngine>, StillClock(), hooks);
  const auto& done = std::get<TrainDone>(outcome);
  EXPECT_EQ(done.result.epochs, 1);
  EXPECT_EQ(done.result.best_epoch, 0);
  EXPECT_TRUE(done.best_weights.empty());
  EXPECT_EQ(done.result.held_out_hsic, std::nullopt);
  EXPECT_EQ(done.result.curves.size(), 4U);  // train and validation of two tasks
  ASSERT_EQ(done.result.predictions.size(), 2U);
  EXPECT_EQ(done.result.predictions[1].classes[2], "odd_name");
}

// Adam's first moment after one step is a tenth of the gradient and the decay.
TEST(ClipPrompt, GradientsAreThoseOfTheLoss) {
  const FoldData fold = SmallFold();
  const JobSpec spec = SpecOf(ModelKind::kClipPrompt);
  const ModelShape shape = ShapeOf(spec.settings, fold);
  NamedTensors weights = InitialWeights(shape, 0, "b");
  ASSERT_EQ(weights.size(), 2U);
  EXPECT_EQ(weights.at("der.context").shape, (std::vector<std::int64_t>{16, 64}));
  const auto loss_at = [&](const NamedTensors& at) {
    const auto engine = OnCpu<MakeClipEngine>(spec.settings, shape, fold);
    engine->SetWeights(at);
    return static_cast<double>(engine->Step(0, fold.split.train, {}).loss);
  };
  const auto engine = OnCpu<MakeClipEngine>(spec.settings, shape, fold);
  engine->SetWeights(weights);
  engine->Step(0, fold.split.train, {});
  const NamedTensors moments = engine->Moments();
  for (const char* name : {"ter.context", "der.context"}) {
    // Along the gradient, where the difference stands out of float32's noise.
    NamedTensors ahead = weights;
    NamedTensors behind = weights;
    double norm = 0;
    std::vector<double> gradient;
    for (std::size_t i = 0; i < weights.at(name).values.size(); ++i) {
      gradient.push_back(moments.at(std::string("first/") + name).values[i] / 0.1 -
                         spec.settings.train.weight_decay * weights.at(name).values[i]);
      norm += gradient.back() * gradient.back();
    }
    norm = std::sqrt(norm);
    ASSERT_GT(norm, 1e-4);
    constexpr double kStep = 0.02;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      ahead.at(name).values[i] += static_cast<float>(kStep * gradient[i] / norm);
      behind.at(name).values[i] -= static_cast<float>(kStep * gradient[i] / norm);
    }
    const double slope = (loss_at(ahead) - loss_at(behind)) / (2 * kStep);
    EXPECT_NEAR(slope / norm, 1, 0.03) << name << " " << slope << " " << norm;
  }
}

TEST(ClipPrompt, ClassesHaveTheirWeightsInTheLoss) {
  FoldData fold = SmallFold();
  for (TaskLabels& task : fold.tasks) task.class_weights = {1, 0.25F, 5};
  const JobSpec spec = SpecOf(ModelKind::kClipPrompt);
  const ModelShape shape = ShapeOf(spec.settings, fold);
  const auto engine = OnCpu<MakeClipEngine>(spec.settings, shape, fold);
  engine->SetWeights(InitialWeights(shape, 0, "b"));
  const std::vector<std::int64_t> clips = {0, 1, 4, 7, 8};
  const StepOutcome outcome = engine->Step(0, clips, {});
  double expected = 0;
  for (std::size_t head = 0; head < 2; ++head) {
    double sum = 0, weights = 0;
    for (std::size_t i = 0; i < clips.size(); ++i) {
      const float* row = &outcome.logits[head][3 * i];
      const auto label =
          static_cast<std::size_t>(fold.tasks[head].labels[static_cast<std::size_t>(clips[i])]);
      const double weight = fold.tasks[head].class_weights[label];
      sum +=
          weight * (std::log(std::exp(row[0]) + std::exp(row[1]) + std::exp(row[2])) - row[label]);
      weights += weight;
    }
    expected += sum / weights;
  }
  EXPECT_NEAR(outcome.loss, expected, 1e-4);
}

TEST(ClipPrompt, LearnsAndResumesWithTheSameBits) {
  const FoldData fold = SmallFold();
  JobSpec spec = SpecOf(ModelKind::kClipPrompt);
  spec.settings.train.lr = 0.02;
  RecordingHooks hooks;
  const auto whole =
      std::get<TrainDone>(TrainJob(spec, fold, {}, OnCpu<MakeClipEngine>, StillClock(), hooks));
  const auto train_loss = [&](std::size_t epoch) { return whole.result.curves[4 * epoch].loss; };
  EXPECT_LT(train_loss(3), train_loss(0));
  RecordingHooks until_two;
  TrainOptions options;
  options.epochs_available = 2;
  ASSERT_TRUE(std::holds_alternative<TrainYielded>(
      TrainJob(spec, fold, options, OnCpu<MakeClipEngine>, StillClock(), until_two)));
  options.epochs_available = 0;
  options.resume = DecodeCheckpoint(EncodeCheckpoint(until_two.checkpoints.back()), "c").value();
  ASSERT_TRUE(FitsModel(*options.resume, ShapeOf(spec.settings, fold)));
  RecordingHooks rest;
  const auto resumed =
      std::get<TrainDone>(TrainJob(spec, fold, options, OnCpu<MakeClipEngine>, StillClock(), rest));
  EXPECT_EQ(resumed.best_weights, whole.best_weights);
  for (std::size_t head = 0; head < 2; ++head) {
    EXPECT_EQ(resumed.result.predictions[head].logits, whole.result.predictions[head].logits);
  }
}

TEST(ClipPrompt, SaysWhereThereIsNoRoomForItsTokens) {
  auto small = std::make_shared<TextSide>(*SmallClip());
  small->parts.config.positions = 20;
  FoldData fold = SmallFold();
  fold.text = small;
  const JobSpec spec = SpecOf(ModelKind::kClipPrompt);
  EXPECT_THROW(OnCpu<MakeClipEngine>(spec.settings, ShapeOf(spec.settings, fold), fold),
               std::runtime_error);
}

}  // namespace
}  // namespace unmask

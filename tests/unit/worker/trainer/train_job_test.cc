#include "worker/trainer/train_job.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <thread>

#include "small_jobs.h"

namespace unmask {
namespace {

using testing::RecordingHooks;
using testing::SmallDataset;
using testing::SmallSpec;
using testing::Train;
using testing::TrainToEnd;
using Wish = TrainHooks::Wish;

TrainOptions EveryEpoch() {
  TrainOptions options;
  options.checkpoint_seconds = 0;
  return options;
}

// Clips of subject "a" alone are "rare".
Dataset UnevenDataset() {
  Dataset dataset = SmallDataset();
  for (std::size_t i = 0; i < dataset.clips.size(); ++i) {
    dataset.clips[i].true_label = i < 4 ? "rare" : i % 2 == 0 ? "an" : "ha";
  }
  return dataset;
}

// Bit for bit, but for the time it took.
void ExpectSame(TrainDone a, TrainDone b) {
  a.result.seconds = b.result.seconds = 0;
  EXPECT_EQ(a.result, b.result);
  EXPECT_EQ(a.best_weights, b.best_weights);
}

TEST(TrainJob, FillsItsResult) {
  const TrainDone done = TrainToEnd(SmallSpec());
  const JobResult& result = done.result;
  EXPECT_EQ(result.epochs, 6);
  ASSERT_EQ(result.predictions.size(), 2U);
  EXPECT_EQ(result.predictions[0].task, Task::kTer);
  EXPECT_EQ(result.predictions[1].task, Task::kDer);
  for (const TaskPredictions& task : result.predictions) {
    EXPECT_EQ(task.classes, (std::vector<std::string>{"an", "ha", "sa"}));
    ASSERT_EQ(task.samples.size(), 12U);
    EXPECT_EQ(task.samples.front(), "b_00");
    ASSERT_EQ(task.logits.size(), 36U);
    for (std::size_t i = 0; i < 12; ++i) {
      const auto row = task.logits.begin() + static_cast<std::ptrdiff_t>(i) * 3;
      EXPECT_EQ(task.predicted[i], std::max_element(row, row + 3) - row);
    }
  }
  EXPECT_EQ(result.curves.size(), 6U * 2 * 2);
  EXPECT_TRUE(result.held_out_hsic.has_value());
  EXPECT_GE(*result.held_out_hsic, 0);
  EXPECT_LE(std::abs(*result.stream_cosine), 1);
}

// Of the loss of the curves they are no part.
TEST(TrainJob, BalancedClassesTrainAnotherModelWithTheSameMeasures) {
  JobSpec spec = SmallSpec();
  JobSpec balanced = spec;
  balanced.settings.loss.class_weights = ClassWeights::kBalanced;
  EXPECT_NE(TrainToEnd(spec, UnevenDataset()).best_weights,
            TrainToEnd(balanced, UnevenDataset()).best_weights);
  spec.settings.train.lr = balanced.settings.train.lr = 1e-9;
  const auto plain = TrainToEnd(spec, UnevenDataset()).result.curves;
  const auto weighted = TrainToEnd(balanced, UnevenDataset()).result.curves;
  ASSERT_EQ(weighted.size(), plain.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_NEAR(weighted[i].loss, plain[i].loss, 1e-4);
    EXPECT_EQ(weighted[i].accuracy, plain[i].accuracy);
  }
}

TEST(TrainJob, BalancedClassesFindTheRareOne) {
  JobSpec spec = SmallSpec();
  spec.settings.train.validation = Validation::kNone;
  spec.settings.train.max_epochs = 2;
  const auto rare = [](const TrainDone& done) {
    double logits = 0;  // of class "rare", the last, above the others'
    const std::vector<float>& all = done.result.predictions[0].logits;
    for (std::size_t i = 0; i < all.size(); i += 3) logits += all[i + 2] - all[i] - all[i + 1];
    return logits;
  };
  const double plain = rare(TrainToEnd(spec, UnevenDataset()));
  spec.settings.loss.class_weights = ClassWeights::kBalanced;
  EXPECT_GT(rare(TrainToEnd(spec, UnevenDataset())), plain);
}

TEST(TrainJob, LearnsWhatIsThere) {
  JobSpec spec = SmallSpec();
  spec.settings.train.max_epochs = 60;
  const TrainDone done = TrainToEnd(spec, SmallDataset(5, 40));
  for (const TaskPredictions& task : done.result.predictions) {
    int correct = 0;
    for (std::size_t i = 0; i < 40; ++i) correct += task.predicted[i] == task.labels[i] ? 1 : 0;
    EXPECT_GT(correct, 20);  // chance is 13
  }
}

TEST(TrainJob, GoesOnFromEveryEpochBitForBit) {
  for (const Validation validation : {Validation::kInnerSubject, Validation::kNone}) {
    JobSpec spec = SmallSpec();
    spec.settings.train.validation = validation;
    RecordingHooks hooks;
    const auto whole = std::get<TrainDone>(Train(spec, SmallDataset(), hooks, EveryEpoch()));
    ASSERT_EQ(hooks.checkpoints.size(), 5U);  // none after the last epoch
    for (const TrainingState& state : hooks.checkpoints) {
      const auto read = DecodeCheckpoint(EncodeCheckpoint(state), "test");
      ASSERT_TRUE(read.ok());
      EXPECT_EQ(*read, state);
      TrainOptions options;
      options.resume = *read;
      ExpectSame(TrainToEnd(spec, SmallDataset(), options), whole);
    }
  }
}

// So a third attempt goes on from the second's as the second did from the first's.
TEST(TrainJob, AResumedJobsCheckpointsAreThoseOfAWholeRun) {
  RecordingHooks whole;
  Train(SmallSpec(), SmallDataset(), whole, EveryEpoch());
  TrainOptions options = EveryEpoch();
  options.resume = whole.checkpoints.at(1);
  RecordingHooks resumed;
  Train(SmallSpec(), SmallDataset(), resumed, options);
  EXPECT_EQ(resumed.started_at, 2);
  ASSERT_EQ(resumed.checkpoints.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(resumed.checkpoints[i], whole.checkpoints[i + 2]);
}

TEST(TrainJob, CountsTheSecondsOfAllAttempts) {
  RecordingHooks hooks;
  Train(SmallSpec(), SmallDataset(), hooks, EveryEpoch());
  TrainOptions options;
  options.resume = hooks.checkpoints.at(0);
  options.resume->seconds = 40;
  const auto fold = PrepareFold(SmallSpec(), SmallDataset());
  testing::StillClock clock;
  RecordingHooks timed;
  timed.wish = [&] {
    clock.now = Millis(timed.epochs * 500);  // 2.5 s as the last epoch begins
    return Wish::kGoOn;
  };
  const TrainOutcome outcome = TrainJob(SmallSpec(), *fold, options, MakeCoreEngine, clock, timed);
  EXPECT_DOUBLE_EQ(std::get<TrainDone>(outcome).result.seconds, 42.5);
}

TEST(TrainJob, CountsThePicturesOfAllAttempts) {
  TrainOptions options = EveryEpoch();
  options.images_forwarded = std::make_shared<const std::atomic<std::int64_t>>(40);
  RecordingHooks hooks;
  const auto whole = std::get<TrainDone>(Train(SmallSpec(), SmallDataset(), hooks, options));
  EXPECT_EQ(whole.result.images_forwarded, 40);
  options.resume = DecodeCheckpoint(EncodeCheckpoint(hooks.checkpoints.at(0)), "test").value();
  EXPECT_EQ(options.resume->images_forwarded, 40);
  options.images_forwarded = std::make_shared<const std::atomic<std::int64_t>>(2);
  EXPECT_EQ(TrainToEnd(SmallSpec(), SmallDataset(), options).result.images_forwarded, 42);
}

TEST(TrainJob, ACheckpointFitsByAllItsTensors) {
  RecordingHooks hooks;
  Train(SmallSpec(), SmallDataset(), hooks, EveryEpoch());
  const TrainingState state = hooks.checkpoints.at(0);
  const auto fold = PrepareFold(SmallSpec(), SmallDataset());
  const ModelShape shape = ShapeOf(SmallSpec().settings, *fold);
  EXPECT_TRUE(FitsModel(state, shape));
  for (NamedTensors TrainingState::* part :
       {&TrainingState::weights, &TrainingState::moments, &TrainingState::best}) {
    TrainingState other = state;
    ASSERT_FALSE((other.*part).empty());
    (other.*part).begin()->second.shape.push_back(1);
    EXPECT_FALSE(FitsModel(other, shape));
  }
}

TEST(TrainJob, YieldsAfterACheckpointAndGoesOn) {
  const TrainDone whole = TrainToEnd(SmallSpec());
  RecordingHooks hooks;
  hooks.wish = [&] { return hooks.epochs == 2 ? Wish::kYield : Wish::kGoOn; };
  const TrainOutcome outcome = Train(SmallSpec(), SmallDataset(), hooks);
  ASSERT_TRUE(std::holds_alternative<TrainYielded>(outcome));
  EXPECT_EQ(std::get<TrainYielded>(outcome).epoch, 2);
  ASSERT_EQ(hooks.checkpoints.size(), 1U);
  TrainOptions options;
  options.resume = hooks.checkpoints[0];
  ExpectSame(TrainToEnd(SmallSpec(), SmallDataset(), options), whole);

  RecordingHooks at_once;  // nothing was trained: nothing to keep
  at_once.wish = [] { return Wish::kYield; };
  const TrainOutcome again = Train(SmallSpec(), SmallDataset(), at_once, options);
  EXPECT_EQ(std::get<TrainYielded>(again).epoch, 2);
  EXPECT_TRUE(at_once.checkpoints.empty());
}

TEST(TrainJob, TriesOnceMoreAsItLeavesWhereACheckpointWasNotKept) {
  TrainOptions options;
  options.checkpoint_seconds = 0;
  RecordingHooks hooks;
  hooks.keeps_checkpoints = false;
  hooks.wish = [&] { return hooks.epochs == 1 ? Wish::kYield : Wish::kGoOn; };
  const TrainOutcome outcome = Train(SmallSpec(), SmallDataset(), hooks, options);
  ASSERT_TRUE(std::holds_alternative<TrainYielded>(outcome));
  EXPECT_EQ(hooks.lasts, (std::vector<bool>{false, true}));
}

TEST(TrainJob, YieldsWhereNoMoreEpochsAreAvailable) {
  TrainOptions options;
  options.epochs_available = 3;
  RecordingHooks hooks;
  const TrainOutcome outcome = Train(SmallSpec(), SmallDataset(), hooks, options);
  EXPECT_EQ(std::get<TrainYielded>(outcome).epoch, 3);
  EXPECT_EQ(hooks.checkpoints.size(), 1U);
}

TEST(TrainJob, IsAbandonedAtTheNextStep) {
  RecordingHooks hooks;
  hooks.wish = [&] { return hooks.steps == 7 ? Wish::kAbandon : Wish::kGoOn; };
  const TrainOutcome outcome = Train(SmallSpec(), SmallDataset(), hooks, EveryEpoch());
  EXPECT_TRUE(std::holds_alternative<TrainAbandoned>(outcome));
  EXPECT_EQ(hooks.steps, 7);
}

TEST(TrainJob, CheckpointsByTheClock) {
  const JobSpec spec = SmallSpec();
  const auto fold = PrepareFold(spec, SmallDataset());
  testing::StillClock clock;
  RecordingHooks hooks;
  hooks.wish = [&] {
    clock.now = Millis(hooks.epochs * 4000);  // an epoch lasts 4 s
    return Wish::kGoOn;
  };
  TrainOptions options;
  options.checkpoint_seconds = 7;
  TrainJob(spec, *fold, options, MakeCoreEngine, clock, hooks);
  ASSERT_EQ(hooks.checkpoints.size(), 2U);
  EXPECT_EQ(hooks.checkpoints[0].epoch, 3);  // at its end the clock shows 8 s, then 16 s
  EXPECT_EQ(hooks.checkpoints[1].epoch, 5);
}

TEST(TrainJob, TwoAtATimeGiveTheSameBits) {
  JobSpec first = SmallSpec();
  JobSpec second = SmallSpec();
  second.seed = 1;
  const TrainDone alone_1 = TrainToEnd(first);
  const TrainDone alone_2 = TrainToEnd(second);
  std::optional<TrainDone> with_1;
  std::optional<TrainDone> with_2;
  std::thread other([&] { with_1 = TrainToEnd(first); });
  with_2 = TrainToEnd(second);
  other.join();
  ExpectSame(*with_1, alone_1);
  ExpectSame(*with_2, alone_2);
}

// Wraps an engine and keeps what it is given.
class SpyEngine final : public Engine {
 public:
  struct Seen {
    NamedTensors initial;
    std::vector<std::vector<std::int64_t>> batches;
    std::vector<std::vector<float>> masks;
    std::vector<std::int64_t> views;
  };
  SpyEngine(std::unique_ptr<Engine> engine, Seen& seen) : engine_(std::move(engine)), seen_(seen) {}
  StepOutcome Step(std::int64_t view, std::span<const std::int64_t> clips,
                   const DropoutMasks& masks) override {
    seen_.views.push_back(view);
    seen_.batches.emplace_back(clips.begin(), clips.end());
    seen_.masks.push_back(masks.adapter);
    seen_.masks.insert(seen_.masks.end(), masks.streams.begin(), masks.streams.end());
    return engine_->Step(view, clips, masks);
  }
  Evaluation Evaluate(std::span<const std::int64_t> clips) override {
    return engine_->Evaluate(clips);
  }
  NamedTensors Weights() const override { return engine_->Weights(); }
  NamedTensors Moments() const override { return engine_->Moments(); }
  void SetWeights(const NamedTensors& weights) override {
    if (seen_.initial.empty()) seen_.initial = weights;
    engine_->SetWeights(weights);
  }
  void SetMoments(const NamedTensors& moments, std::int64_t steps) override {
    engine_->SetMoments(moments, steps);
  }

 private:
  std::unique_ptr<Engine> engine_;
  Seen& seen_;
};

SpyEngine::Seen WhatTheEngineSees(const JobSpec& spec) {
  SpyEngine::Seen seen;
  const auto fold = PrepareFold(spec, SmallDataset());
  RecordingHooks hooks;
  const auto spy = [&](const Settings& settings, const ModelShape& shape, const FoldData& data) {
    return std::make_unique<SpyEngine>(MakeCoreEngine(settings, shape, data), seen);
  };
  TrainJob(spec, *fold, {}, spy, testing::StillClock(), hooks);
  return seen;
}

TEST(TrainJob, OtherAlphaAndBetaSeeTheSameRandomNumbers) {
  JobSpec spec = SmallSpec();
  const SpyEngine::Seen seen = WhatTheEngineSees(spec);
  spec.settings.loss.alpha = 3;
  spec.settings.loss.beta = 0.1;
  const SpyEngine::Seen other = WhatTheEngineSees(spec);
  EXPECT_EQ(seen.initial, other.initial);
  EXPECT_EQ(seen.batches, other.batches);
  EXPECT_EQ(seen.masks, other.masks);
  spec.seed = 1;
  const SpyEngine::Seen reseeded = WhatTheEngineSees(spec);
  EXPECT_NE(seen.initial, reseeded.initial);
  EXPECT_NE(seen.batches, reseeded.batches);
  EXPECT_NE(seen.masks, reseeded.masks);
  spec.seed = 0;
  spec.held_out = "c";
  const SpyEngine::Seen other_fold = WhatTheEngineSees(spec);
  EXPECT_NE(seen.initial, other_fold.initial);
  EXPECT_NE(seen.masks, other_fold.masks);
}

TEST(TrainJob, ViewsComeAroundAgain) {
  JobSpec spec = SmallSpec();
  spec.settings.augment.views = 4;
  const SpyEngine::Seen seen = WhatTheEngineSees(spec);
  ASSERT_EQ(seen.views.size(), 6U * 5);
  for (std::size_t i = 0; i < seen.views.size(); ++i) {
    EXPECT_EQ(seen.views[i], static_cast<std::int64_t>(i / 5 % 4));
  }
}

TEST(TrainJob, EveryEpochTrainsOnEveryTrainingClipOnce) {
  const SpyEngine::Seen seen = WhatTheEngineSees(SmallSpec());
  // 36 clips are trained on (b is held out, c validates): batches of 8, 8, 8, 8 and 4.
  ASSERT_EQ(seen.batches.size(), 6U * 5);
  std::vector<std::vector<std::int64_t>> epochs(6);
  for (std::size_t i = 0; i < seen.batches.size(); ++i) {
    EXPECT_EQ(seen.batches[i].size(), i % 5 == 4 ? 4U : 8U);
    epochs[i / 5].insert(epochs[i / 5].end(), seen.batches[i].begin(), seen.batches[i].end());
  }
  EXPECT_NE(epochs[0], epochs[1]);
  const auto fold = PrepareFold(SmallSpec(), SmallDataset());
  for (auto& epoch : epochs) {
    std::sort(epoch.begin(), epoch.end());
    EXPECT_EQ(epoch, fold->split.train);
  }
}

constexpr int kNoNumber = -1;

// Gives every validation the scores of a script, and NaN where asked.
class ScriptedEngine final : public Engine {
 public:
  ScriptedEngine(const FoldData& fold, std::vector<int> right, std::vector<int> right_in_der,
                 int nan_step)
      : fold_(fold),
        right_(std::move(right)),
        right_in_der_(right_in_der.empty() ? right_ : std::move(right_in_der)),
        nan_step_(nan_step) {}
  StepOutcome Step(std::int64_t, std::span<const std::int64_t> clips,
                   const DropoutMasks&) override {
    const bool bad = step_++ == nan_step_;
    return {bad ? std::numeric_limits<float>::quiet_NaN() : 1.0F,
            {std::vector<float>(clips.size() * 3), std::vector<float>(clips.size() * 3)}};
  }
  // The first right_[epoch] clips are answered rightly; kNoNumber: not in numbers.
  Evaluation Evaluate(std::span<const std::int64_t> clips) override {
    const std::size_t epoch = std::min(epoch_++, right_.size() - 1);
    Evaluation evaluation{{}, {2, std::vector<float>(clips.size(), 1.0F)}};
    for (const TaskLabels& task : fold_.tasks) {
      const int right = (task.task == Task::kTer ? right_ : right_in_der_).at(epoch);
      std::vector<float> logits(clips.size() * 3, 0.0F);
      for (std::size_t i = 0; i < clips.size(); ++i) {
        const auto label =
            static_cast<std::size_t>(task.labels[static_cast<std::size_t>(clips[i])]);
        logits[i * 3 + (static_cast<int>(i) < right ? label : (label + 1) % 3)] = 1;
      }
      if (right == kNoNumber) logits.back() = std::numeric_limits<float>::quiet_NaN();
      evaluation.logits.push_back(logits);
    }
    return evaluation;
  }
  NamedTensors Weights() const override { return {{"epoch", {{1}, {static_cast<float>(epoch_)}}}}; }
  NamedTensors Moments() const override { return {}; }
  void SetWeights(const NamedTensors&) override {}
  void SetMoments(const NamedTensors&, std::int64_t) override {}

 private:
  const FoldData& fold_;
  std::vector<int> right_;
  std::vector<int> right_in_der_;
  int nan_step_;
  int step_ = 0;
  std::size_t epoch_ = 0;
};

TrainOutcome TrainScripted(const JobSpec& spec, std::vector<int> right, int nan_step = -1,
                           std::vector<int> right_in_der = {}) {
  const auto fold = PrepareFold(spec, SmallDataset());
  RecordingHooks hooks;
  const auto make = [&](const Settings&, const ModelShape&, const FoldData& data) {
    return std::make_unique<ScriptedEngine>(data, right, right_in_der, nan_step);
  };
  return TrainJob(spec, *fold, {}, make, testing::StillClock(), hooks);
}

TEST(TrainJob, TheEarliestOfEqualEpochsWinsAndPatienceEndsIt) {
  JobSpec spec = SmallSpec();
  spec.settings.train.max_epochs = 50;
  spec.settings.train.patience = 3;
  const auto done = std::get<TrainDone>(TrainScripted(spec, {2, 5, 4, 5, 5, 9}));
  EXPECT_EQ(done.result.best_epoch, 1);
  EXPECT_EQ(done.result.epochs, 5);  // epochs 2, 3 and 4 were no better than 1
  EXPECT_EQ(done.best_weights.at("epoch").values[0], 2);
  const CurvePoint& last = done.result.curves.back();
  EXPECT_EQ(last.split, CurveSplit::kValidation);
  EXPECT_DOUBLE_EQ(last.accuracy, 5.0 / 12);
  EXPECT_NEAR(last.loss, std::log(std::exp(1.0) + 2) - 5.0 / 12, 1e-6);
}

TEST(TrainJob, PatienceStartsAnewWithEveryImprovement) {
  JobSpec spec = SmallSpec();
  spec.settings.train.max_epochs = 50;
  spec.settings.train.patience = 2;
  const auto done = std::get<TrainDone>(TrainScripted(spec, {1, 0, 2, 0, 3, 3, 3, 4}));
  EXPECT_EQ(done.result.best_epoch, 4);
  EXPECT_EQ(done.result.epochs, 7);
}

TEST(TrainJob, WatchesTheTaskThatItIsTold) {
  JobSpec spec = SmallSpec();
  spec.settings.train.max_epochs = 3;
  for (const auto& [monitor, best] :
       {std::pair(Monitor::kTer, 1), {Monitor::kDer, 0}, {Monitor::kMean, 2}}) {
    spec.settings.train.monitor = monitor;
    const auto outcome = TrainScripted(spec, {1, 5, 4}, /*nan_step=*/-1, {6, 1, 4});
    EXPECT_EQ(std::get<TrainDone>(outcome).result.best_epoch, best);
  }
}

TEST(TrainJob, PredictsWithTheBestWeights) {
  JobSpec spec = SmallSpec();
  spec.settings.train.max_epochs = 20;
  const TrainDone done = TrainToEnd(spec);
  ASSERT_LT(done.result.best_epoch, 19);
  const auto fold = PrepareFold(spec, SmallDataset());
  const auto engine = MakeCoreEngine(spec.settings, ShapeOf(spec.settings, *fold), *fold);
  engine->SetWeights(done.best_weights);
  const Evaluation best = engine->Evaluate(fold->split.held_out);
  EXPECT_EQ(done.result.predictions[0].logits, best.logits[0]);
  EXPECT_EQ(done.result.predictions[1].logits, best.logits[1]);
}

TEST(TrainJob, WithoutValidationAllEpochsAndTheLastWeights) {
  JobSpec spec = SmallSpec();
  spec.settings.train.validation = Validation::kNone;
  spec.settings.train.patience = 1;
  const TrainDone done = TrainToEnd(spec);
  EXPECT_EQ(done.result.epochs, 6);
  EXPECT_EQ(done.result.best_epoch, 5);
  for (const CurvePoint& point : done.result.curves) EXPECT_EQ(point.split, CurveSplit::kTrain);
}

TEST(TrainJob, ALossThatIsNotANumberEndsItAtOnce) {
  const TrainOutcome outcome = TrainScripted(SmallSpec(), {1}, /*nan_step=*/6);
  ASSERT_TRUE(std::holds_alternative<TrainDiverged>(outcome));
  EXPECT_EQ(std::get<TrainDiverged>(outcome).epoch, 1);
  JobSpec spec = SmallSpec();
  spec.settings.train.lr = 1e38;
  RecordingHooks hooks;
  EXPECT_TRUE(std::holds_alternative<TrainDiverged>(Train(spec, SmallDataset(), hooks)));
}

TEST(TrainJob, LogitsThatAreNoNumbersEndItInValidationAndAtTheEnd) {
  const auto ends_in = [](std::vector<int> right) {
    const TrainOutcome outcome = TrainScripted(SmallSpec(), std::move(right));
    return std::holds_alternative<TrainDiverged>(outcome) ? std::get<TrainDiverged>(outcome).epoch
                                                          : -1;
  };
  EXPECT_EQ(ends_in({5}), -1);
  EXPECT_EQ(ends_in({5, 5, kNoNumber, 5}), 2);
  EXPECT_EQ(ends_in({5, 5, 5, 5, 5, 5, kNoNumber}), 6);  // on the held-out clips
}

TEST(TrainJob, HeldOutLabelsCannotChangeTrainingUnlessLeaky) {
  Dataset changed = SmallDataset();
  for (Clip& clip : changed.clips) {
    if (clip.subject != "b") continue;
    clip.true_label = clip.true_label == "an" ? "ha" : "an";
    clip.disguised_label = clip.disguised_label == "sa" ? "ha" : "sa";
    clip.action_units = {"1"};
  }
  for (const Validation validation :
       {Validation::kInnerSubject, Validation::kInnerSplit, Validation::kNone}) {
    JobSpec spec = SmallSpec();
    spec.settings.train.validation = validation;
    const TrainDone a = TrainToEnd(spec);
    const TrainDone b = TrainToEnd(spec, changed);
    EXPECT_EQ(a.best_weights, b.best_weights);
    EXPECT_EQ(a.result.curves, b.result.curves);
  }
  JobSpec leaky = SmallSpec();
  leaky.settings.train.validation = Validation::kLeaky;
  EXPECT_NE(TrainToEnd(leaky).result.curves, TrainToEnd(leaky, changed).result.curves);
}

TEST(TrainJob, SingleTaskHasOneStreamAndNoIndependenceFigures) {
  JobSpec spec = SmallSpec();
  spec.settings.model.kind = ModelKind::kSingleTask;
  spec.settings.model.task = Task::kDer;
  Dataset dataset = SmallDataset();
  for (Clip& clip : dataset.clips) clip.true_label.clear();  // not consumed
  const JobResult result = TrainToEnd(spec, dataset).result;
  ASSERT_EQ(result.predictions.size(), 1U);
  EXPECT_EQ(result.predictions[0].task, Task::kDer);
  EXPECT_FALSE(result.held_out_hsic.has_value());
  EXPECT_FALSE(result.stream_cosine.has_value());
}

TEST(TrainJob, OneHeldOutClipHasNoHsic) {
  EXPECT_FALSE(TrainToEnd(SmallSpec(), SmallDataset(5, 1)).result.held_out_hsic.has_value());
  const JobResult two = TrainToEnd(SmallSpec(), SmallDataset(5, 2)).result;
  EXPECT_TRUE(two.held_out_hsic.has_value());
  EXPECT_TRUE(two.stream_cosine.has_value());
}

TEST(TrainJob, AlphaPullsTheStreamsTogetherOrApartAsTheDesignSays) {
  JobSpec spec = SmallSpec();
  spec.settings.train.max_epochs = 60;
  spec.settings.train.validation = Validation::kNone;
  const Dataset dataset = SmallDataset(5, 40);
  spec.settings.loss.alpha = 0;
  const JobResult none = TrainToEnd(spec, dataset).result;
  spec.settings.loss.alpha = 50;
  const JobResult paper = TrainToEnd(spec, dataset).result;
  spec.settings.loss.hsic = HsicKind::kBiased;
  const JobResult biased = TrainToEnd(spec, dataset).result;
  EXPECT_GT(*paper.stream_cosine, *none.stream_cosine);
  EXPECT_LT(*biased.held_out_hsic, *none.held_out_hsic);
}

}  // namespace
}  // namespace unmask

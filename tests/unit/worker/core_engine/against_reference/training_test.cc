// Whole trainings on either engine: not the same bits, but the same thing learnt.
#include <gtest/gtest.h>

#include "tests/testing/on_cpu.h"
#include "tests/unit/worker/trainer/small_jobs.h"
#include "worker/core_engine/core_engine.h"
#include "worker/reference_engine/reference_engine.h"

namespace unmask {
namespace {

using testing::RecordingHooks;
using testing::SmallDataset;
using testing::SmallSpec;
using testing::StillClock;

TrainDone TrainOn(const EngineMaker& maker, const JobSpec& spec, const Dataset& dataset,
                  TrainOptions options = {}) {
  const auto fold = PrepareFold(spec, dataset);
  UNMASK_CHECK(fold.ok());
  RecordingHooks hooks;
  return std::get<TrainDone>(TrainJob(spec, *fold, options, maker, StillClock(), hooks));
}

struct Score {
  double right = 0;
  double clips = 0;
  double cosine = 0;
};

Score LeaveOneOut(const EngineMaker& maker, JobSpec spec, const Dataset& dataset) {
  Score score;
  for (const std::string& subject : SortedSubjects(dataset)) {
    spec.held_out = subject;
    const JobResult result = TrainOn(maker, spec, dataset).result;
    for (const TaskPredictions& task : result.predictions) {
      for (std::size_t i = 0; i < task.labels.size(); ++i) {
        score.right += task.labels[i] == task.predicted[i] ? 1 : 0;
        ++score.clips;
      }
    }
    score.cosine += result.stream_cosine.value_or(0);
  }
  return score;
}

TEST(CoreTraining, LearnsAsWellAsReference) {
  const Dataset dataset = SmallDataset(8, 20);
  for (const double alpha : {0.5, 50.0}) {
    JobSpec spec = SmallSpec();
    spec.settings.loss.alpha = alpha;
    spec.settings.train.max_epochs = 20;
    spec.settings.train.lr = 2e-3;
    const Score core = LeaveOneOut(MakeCoreEngine, spec, dataset);
    const Score reference = LeaveOneOut(testing::OnCpu<MakeReferenceEngine>, spec, dataset);
    // 320 answers, so three standard errors of a difference of paired answers are below .08.
    EXPECT_NEAR(core.right / core.clips, reference.right / reference.clips, 0.08) << alpha;
    EXPECT_GT(core.right / core.clips, 0.42) << alpha;  // chance is 1/3
    EXPECT_NEAR(core.cosine / 8, reference.cosine / 8, 0.1) << alpha;
  }
}

TEST(CoreTraining, GoesOnFromACheckpointWithTheSameBits) {
  const Dataset dataset = SmallDataset();
  const JobSpec spec = SmallSpec();
  const auto fold = PrepareFold(spec, dataset);
  ASSERT_TRUE(fold.ok());
  TrainOptions every_epoch;
  every_epoch.checkpoint_seconds = 0;
  RecordingHooks hooks;
  const auto whole =
      std::get<TrainDone>(TrainJob(spec, *fold, every_epoch, MakeCoreEngine, StillClock(), hooks));
  ASSERT_GT(hooks.checkpoints.size(), 2U);
  for (const TrainingState& state : hooks.checkpoints) {
    TrainOptions options;
    options.resume = state;
    const TrainDone resumed = TrainOn(MakeCoreEngine, spec, dataset, options);
    EXPECT_EQ(resumed.best_weights, whole.best_weights) << state.epoch;
    EXPECT_EQ(resumed.result.predictions, whole.result.predictions) << state.epoch;
    EXPECT_EQ(resumed.result.curves, whole.result.curves) << state.epoch;
  }
}

}  // namespace
}  // namespace unmask

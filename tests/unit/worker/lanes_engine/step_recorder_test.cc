// When a step is recorded and when it is done again, with a recorder that keeps the step as a graph
// would: it does the step while it records.
#include "worker/lanes_engine/step_recorder.h"

#include <gtest/gtest.h>

#include "tests/unit/worker/core_engine/random_job.h"
#include "worker/lanes_engine/lanes_engine.h"

namespace unmask {
namespace {

using testing::AllKindsOfJobs;
using testing::BatchOf;
using testing::RandomJob;
using testing::RunSteps;

struct Counts {
  std::int64_t recorded = 0;
  std::int64_t done = 0;
};

StepRecorder Counting(Counts& counts) {
  return [&counts](const LaneStep& step) -> LaneStep {
    ++counts.recorded;
    step();
    return [&counts, step] {
      ++counts.done;
      step();
    };
  };
}

struct Trained {
  NamedTensors weights, moments;
  Evaluation evaluation;
};

Trained Train(const RandomJob& job, LanePool& pool) {
  const FoldData fold = FoldOf(job);
  const auto engine = pool.Make(SettingsOf(job), ShapeOf(job), fold);
  engine->SetWeights(WeightsOf(job));
  engine->Evaluate(BatchOf(job, 0));  // so that training is recorded after other steps
  RunSteps(job, *engine, 0, 3);
  Trained trained;
  trained.evaluation = engine->Evaluate(BatchOf(job, 0));
  RunSteps(job, *engine, 3, 5);
  trained.weights = engine->Weights();
  trained.moments = engine->Moments();
  return trained;
}

TEST(StepRecorder, RecordsOnceForEverySetOfKindsAndChangesNothing) {
  for (const RandomJob& job : AllKindsOfJobs()) {
    Counts counts;
    LanePool recorded(3, at::kCPU, Counting(counts));
    LanePool direct(3, at::kCPU, RecordNothing);
    const Trained a = Train(job, recorded);
    const Trained b = Train(job, direct);
    EXPECT_TRUE(a.weights == b.weights) << job;
    EXPECT_TRUE(a.moments == b.moments) << job;
    EXPECT_EQ(a.evaluation.logits, b.evaluation.logits) << job;
    EXPECT_EQ(a.evaluation.streams, b.evaluation.streams) << job;
    // An evaluation has no independence term; nor has training where there is no such term.
    const bool same = job.loss.alpha == 0 || job.tasks.size() < 2;
    EXPECT_EQ(counts.recorded, same ? 1 : 2) << job;
    EXPECT_EQ(counts.done, recorded.count().steps) << job;
  }
}

TEST(StepRecorder, OnlyCudaDevicesRecord) {
  int done = 0;
  const LaneStep step = RecorderFor(at::kCPU)([&] { ++done; });
  EXPECT_EQ(done, 0);
  step();
  step();
  EXPECT_EQ(done, 2);
}

}  // namespace
}  // namespace unmask

// A step that throws: in the one lane that has asked for it as it is; in several so that none of
// them is blamed, and all go on.
#include <gtest/gtest.h>

#include <atomic>
#include <new>
#include <thread>

#include "tests/unit/worker/core_engine/random_job.h"
#include "worker/lanes_engine/lanes_engine.h"

namespace unmask {
namespace {

using testing::RandomJob;
using testing::RunSteps;

class FailedStep : public ::testing::Test {
 protected:
  std::unique_ptr<Engine> Make() { return pool_.Make(SettingsOf(job_), ShapeOf(job_), fold_); }

  const RandomJob job_;
  const FoldData fold_ = FoldOf(job_);
  std::atomic<bool> fails_{false};
  LanePool pool_{3, at::kCPU, RecordNothing, [this](const LaneTensors& lanes, HsicKinds kinds) {
                   if (fails_) throw std::bad_alloc();
                   return StepByOperations(lanes, kinds);
                 }};
};

TEST_F(FailedStep, OfOneLaneIsItsOwn) {
  const auto engine = Make();
  fails_ = true;
  EXPECT_THROW(RunSteps(job_, *engine, 0, 1), std::bad_alloc);
  fails_ = false;
  RunSteps(job_, *engine, 0, 1);
}

TEST_F(FailedStep, OfSeveralLanesIsNobodys) {
  const auto engine = Make();
  RunSteps(job_, *engine, 0, 1);
  std::thread neighbour([&] {
    const auto other = Make();
    RunSteps(job_, *other, 0, 1);
    fails_.wait(false);
    EXPECT_THROW(RunSteps(job_, *other, 1, 2), SharedStepFailed);
  });
  while (pool_.count().used == pool_.count().steps)
    RunSteps(job_, *engine, 1, 2);  // until they meet
  fails_ = true;
  fails_.notify_all();
  EXPECT_THROW(RunSteps(job_, *engine, 2, 3), SharedStepFailed);
  neighbour.join();
  fails_ = false;
  RunSteps(job_, *engine, 2, 3);
}

}  // namespace
}  // namespace unmask

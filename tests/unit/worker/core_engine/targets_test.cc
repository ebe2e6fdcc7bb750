// The same bits on every instruction set with fused multiply-add.
#include <gtest/gtest.h>
#include <hwy/highway.h>
#include <hwy/targets.h>

#include "tests/unit/worker/core_engine/random_job.h"
#include "worker/core_engine/core_engine.h"
#include "worker/core_engine/step.h"

namespace unmask {
namespace {

using testing::AllKindsOfJobs;
using testing::RandomJob;

struct Trace {
  float loss = 0;
  NamedTensors weights, moments;
  std::vector<std::vector<float>> logits, streams;
  bool operator==(const Trace&) const = default;
};

Trace TraceOf(const RandomJob& job) {
  const FoldData fold = FoldOf(job);
  const auto engine = MakeCoreEngine(SettingsOf(job), ShapeOf(job), fold);
  engine->SetWeights(WeightsOf(job));
  Trace trace;
  trace.loss = RunSteps(job, *engine, 0, 5);
  trace.weights = engine->Weights();
  trace.moments = engine->Moments();
  Evaluation evaluation = engine->Evaluate(BatchOf(job, 0));
  trace.logits = std::move(evaluation.logits);
  trace.streams = std::move(evaluation.streams);
  return trace;
}

class Targets : public ::testing::Test {
 protected:
  ~Targets() override { hwy::SetSupportedTargetsForTest(0); }
  // Those of the machine that this program was compiled for.
  static std::vector<std::int64_t> Available() {
    hwy::SetSupportedTargetsForTest(0);
    std::vector<std::int64_t> targets;
    for (std::int64_t left = hwy::SupportedTargets() & HWY_TARGETS; left != 0; left &= left - 1) {
      targets.push_back(left & -left);
    }
    return targets;
  }
};

TEST_F(Targets, WithFusedMultiplyAddGiveTheSameBits) {
  std::vector<std::int64_t> fused;
  for (const std::int64_t target : Available()) {
    hwy::SetSupportedTargetsForTest(target);
    if (HasFusedMultiplyAdd()) fused.push_back(target);
  }
  if (fused.size() < 2) GTEST_SKIP() << "this machine has fewer than two such instruction sets";
  for (const RandomJob& job : AllKindsOfJobs()) {
    hwy::SetSupportedTargetsForTest(fused[0]);
    const Trace expected = TraceOf(job);
    for (std::size_t i = 1; i < fused.size(); ++i) {
      hwy::SetSupportedTargetsForTest(fused[i]);
      EXPECT_TRUE(TraceOf(job) == expected)
          << hwy::TargetName(fused[i]) << " against " << hwy::TargetName(fused[0]) << ": " << job;
    }
  }
}

TEST_F(Targets, WithoutItAreNearAndNamedApart) {
  const auto targets = Available();
  const std::int64_t baseline = targets.back();
  hwy::SetSupportedTargetsForTest(baseline);
  if (HasFusedMultiplyAdd()) GTEST_SKIP() << "this machine's least instruction set has it";
  EXPECT_EQ(CoreEngineName(), "core-4-unfused");
  const RandomJob job;
  const Trace plain = TraceOf(job);
  hwy::SetSupportedTargetsForTest(0);
  if (!HasFusedMultiplyAdd()) GTEST_SKIP() << "this machine has no other";
  EXPECT_EQ(CoreEngineName(), "core-4");
  EXPECT_NEAR(TraceOf(job).loss, plain.loss, 1e-3);
}

}  // namespace
}  // namespace unmask

#include "coordinator/report/result_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/testing/store_env.h"

namespace unmask {
namespace {

using testing::HasSubstr;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// A finished job as the store gives it back, and as its trainer said it.
class ResultDifference : public ::testing::Test {
 protected:
  ResultDifference() { fresh.curves.front().loss = 1.0 / 3; }  // no float32 is it

  JobResult Stored() const {
    StoreEnv env;
    env.Register(plan);
    const LeaseId lease = env.LeaseOf(plan.jobs[0].key);
    env.Lease(lease);
    env.Apply(RecordResult{lease, fresh});
    env.Commit();
    return env.Reader()->ResultOf(plan.jobs[0].key).value();
  }

  SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  JobResult fresh = TestResult(plan.jobs[0].spec);
};

TEST_F(ResultDifference, WhatTheStoreKeepsIsTheSame) {
  std::ranges::reverse(fresh.curves);
  EXPECT_EQ(FirstDifference(Stored(), fresh), "");
  fresh.curves.front().loss = kNaN;
  fresh.held_out_hsic = kNaN;
  fresh.stream_cosine = -0.0;
  EXPECT_EQ(FirstDifference(Stored(), fresh), "");
  fresh.held_out_hsic = fresh.stream_cosine = std::nullopt;
  EXPECT_EQ(FirstDifference(Stored(), fresh), "");
}

TEST_F(ResultDifference, EveryFigureCounts) {
  const JobResult stored = Stored();
  const auto difference = [&](auto&& change) {
    JobResult other = fresh;
    change(other);
    return FirstDifference(stored, other);
  };
  EXPECT_THAT(difference([](JobResult& r) { r.epochs = 4; }), HasSubstr("epochs 4"));
  EXPECT_THAT(difference([](JobResult& r) { ++r.best_epoch; }), HasSubstr("(best "));
  EXPECT_EQ(difference([](JobResult& r) { r.predictions.pop_back(); }), "the tasks");
  EXPECT_EQ(difference([](JobResult& r) { r.predictions.push_back(r.predictions[0]); }),
            "the tasks");
  EXPECT_EQ(difference([](JobResult& r) { r.predictions[1].predicted[1] = 1; }), "predictions");
  EXPECT_THAT(difference([](JobResult& r) { r.predictions[0].logits[2] = 7; }),
              HasSubstr("logit of clip '01_b': 7, stored 0.1"));
  EXPECT_THAT(difference([](JobResult& r) { r.held_out_hsic = 0.0626; }),
              HasSubstr("held_out_hsic 0.0626, stored 0.0625"));
  EXPECT_THAT(difference([](JobResult& r) { r.stream_cosine = 0.5000000000000001; }),
              HasSubstr("stream_cosine 0.5000000000000001, stored 0.5"));
  EXPECT_THAT(difference([](JobResult& r) { r.stream_cosine.reset(); }),
              HasSubstr("stream_cosine none, stored 0.5"));
  EXPECT_THAT(difference([](JobResult& r) { r.curves.back().accuracy = 0.25; }),
              HasSubstr("validation accuracy of der at epoch 2: 0.25, stored 0.125"));
  EXPECT_THAT(difference([](JobResult& r) { r.curves[2].loss = kNaN; }),
              HasSubstr("train loss of ter at epoch 1: nan, stored 1"));
  EXPECT_THAT(difference([](JobResult& r) { r.curves.pop_back(); }), HasSubstr("11 points"));
}

// docs/model.md: of one clip there is none; builds of before wrote 0.
TEST_F(ResultDifference, ZeroOfOneClipIsNone) {
  JobResult stored = fresh;
  stored.held_out_hsic = 0;
  fresh.held_out_hsic.reset();
  EXPECT_NE(FirstDifference(stored, fresh), "");
  for (JobResult* result : {&stored, &fresh}) {
    for (TaskPredictions& predictions : result->predictions) {
      predictions.samples.pop_back();
      predictions.labels.pop_back();
      predictions.predicted.pop_back();
      predictions.logits.resize(2);
    }
  }
  EXPECT_EQ(FirstDifference(stored, fresh), "");
  stored.held_out_hsic = 0.5;
  EXPECT_NE(FirstDifference(stored, fresh), "");
}

}  // namespace
}  // namespace unmask

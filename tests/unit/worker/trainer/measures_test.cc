#include "worker/trainer/measures.h"

#include <gtest/gtest.h>

#include <cmath>

namespace unmask {
namespace {

TEST(Measures, ScoreByHand) {
  TaskScore score;
  const std::vector<float> logits = {0, std::log(3.0F), 2, 2};
  const std::vector<std::int64_t> clips = {4, 1};
  const std::vector<std::int64_t> labels = {9, 1, 9, 9, 1};
  AddScore(logits, clips, labels, score);
  EXPECT_EQ(score.clips, 2);
  EXPECT_EQ(score.correct, 1);  // of equal logits the first is predicted
  EXPECT_NEAR(score.loss_sum, -std::log(0.75) - std::log(0.5), 1e-6);
}

TEST(Measures, LossOfHugeLogitsIsFinite) {
  TaskScore score;
  AddScore(std::vector<float>{1e30F, -1e30F}, std::vector<std::int64_t>{0},
           std::vector<std::int64_t>{1}, score);
  EXPECT_NEAR(score.loss_sum / 2e30, 1, 1e-6);
}

TEST(Measures, BiasedHsicByHand) {
  // Two orthogonal clips: K = L = [[1, e], [e, 1]] with e = exp(-1); centred: (1 - e)/2
  // [[1,-1],[-1,1]].
  const std::vector<float> x = {2, 0, 0, 5};
  const double e = std::exp(-1.0);
  EXPECT_NEAR(BiasedHsic(x, x, 2), (1 - e) * (1 - e), 1e-12);
  const std::vector<float> constant = {1, 1, 2, 2};  // one direction: nothing to depend on
  EXPECT_NEAR(BiasedHsic(x, constant, 2), 0, 1e-12);
}

TEST(Measures, RoundingMakesNoHsicNegative) {
  std::vector<float> x;
  std::vector<float> constant;
  for (std::size_t clips = 1; clips < 60; ++clips) {
    x.insert(x.end(), {1.0F / static_cast<float>(clips), static_cast<float>(clips % 7)});
    constant.insert(constant.end(), {1, 3});
    if (clips < 2) continue;
    EXPECT_GE(BiasedHsic(x, constant, clips), 0) << clips;
  }
}

TEST(Measures, CosineByHandWithZeroVectors) {
  const std::vector<float> x = {3, 4, 1, 0, 0, 0};
  const std::vector<float> y = {6, 8, 0, 2, 1, 1};
  EXPECT_NEAR(MeanCosine(x, y, 3), 1.0 / 3, 1e-12);
  const double hsic = BiasedHsic(x, y, 3);
  EXPECT_TRUE(std::isfinite(hsic));
}

}  // namespace
}  // namespace unmask

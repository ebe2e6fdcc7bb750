#include "worker/model/class_weights.h"

#include <gmock/gmock.h>

namespace unmask {
namespace {

using testing::ElementsAre;
using testing::FloatEq;

const TaskLabels kTask{Task::kTer, {"a", "b", "c", "d"}, {0, 0, 0, 1, 0, 2, 1, 3}, {}};

// 4 clips of a and 2 of b are trained on: 6 / (2 4) and 6 / (2 2).
TEST(BalancedWeights, AreOfTheClassesThatAreTrainedOn) {
  const std::vector<std::int64_t> train = {0, 1, 2, 3, 4, 6};
  EXPECT_THAT(BalancedWeights(kTask, train), ElementsAre(0.75F, 1.5F, 0, 0));
  const std::vector<std::int64_t> all = {0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_THAT(BalancedWeights(kTask, all), ElementsAre(0.5F, 1, 2, 2));
  const std::vector<std::int64_t> one_class = {5};
  EXPECT_THAT(BalancedWeights(kTask, one_class), ElementsAre(0, 0, 1, 0));
}

TEST(SharesOf, AreWeightsOverTheirSum) {
  TaskLabels task = kTask;
  task.class_weights = {0.75F, 1.5F, 0, 0};
  const std::vector<std::int64_t> clips = {6, 0, 2, 1};
  EXPECT_THAT(SharesOf(task, clips),
              ElementsAre(FloatEq(0.4F), FloatEq(0.2F), FloatEq(0.2F), FloatEq(0.2F)));
}

// As the mean has them, to the last bit.
TEST(SharesOf, AreAllAlikeWithoutWeights) {
  for (const std::size_t n : {1, 3, 7, 8}) {
    const std::vector<std::int64_t> clips(n, 2);
    EXPECT_EQ(SharesOf(kTask, clips),
              std::vector<float>(n, static_cast<float>(1 / static_cast<double>(n))));
  }
}

}  // namespace
}  // namespace unmask

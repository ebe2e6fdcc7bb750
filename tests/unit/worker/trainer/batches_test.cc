#include "worker/trainer/batches.h"

#include <gtest/gtest.h>

#include "worker/trainer/early_stopping.h"

namespace unmask {
namespace {

using Sizes = std::vector<std::int64_t>;

TEST(BatchSizes, KeepsAShortLastBatchUnlessItIsTooShort) {
  EXPECT_EQ(BatchSizes(64, 32, 2), (Sizes{32, 32}));
  EXPECT_EQ(BatchSizes(66, 32, 2), (Sizes{32, 32, 2}));
  EXPECT_EQ(BatchSizes(65, 32, 2), (Sizes{32, 33}));
  EXPECT_EQ(BatchSizes(67, 32, 4), (Sizes{32, 35}));
  EXPECT_EQ(BatchSizes(68, 32, 4), (Sizes{32, 32, 4}));
  EXPECT_EQ(BatchSizes(33, 32, 2), (Sizes{33}));
  EXPECT_EQ(BatchSizes(5, 32, 2), (Sizes{5}));
}

TEST(EarlyStopping, StrictlyGreaterWinsAndTiesStay) {
  EarlyStopping stopping(2);
  EXPECT_TRUE(stopping.Observe(0, 0));  // even no right answer is better than none yet
  EXPECT_FALSE(stopping.ShouldStop(0));
  EXPECT_TRUE(stopping.Observe(1, 4));
  EXPECT_FALSE(stopping.Observe(2, 4));
  EXPECT_FALSE(stopping.ShouldStop(2));
  EXPECT_FALSE(stopping.Observe(3, 3));
  EXPECT_TRUE(stopping.ShouldStop(3));
  EXPECT_EQ(stopping.state(), (StoppingState{1, 4}));
  EXPECT_TRUE(EarlyStopping(2, stopping.state()).ShouldStop(3));
}

}  // namespace
}  // namespace unmask

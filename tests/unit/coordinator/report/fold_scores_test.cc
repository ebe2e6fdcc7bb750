#include "coordinator/report/fold_scores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmask {
namespace {

using testing::ElementsAre;

// `right` of `clips` clips of one experiment's fold.
FoldRow Fold(const std::string& point, const std::string& held_out, std::int64_t right,
             std::int64_t clips = 4) {
  FoldRow fold;
  fold.experiment = "e";
  fold.point = point;
  fold.held_out = held_out;
  fold.job_key = point + held_out;
  fold.state = JobState::kDone;
  fold.confusion = ConfusionMatrix({"a", "b"});
  fold.confusion.counts = {right, clips - right, 0, 0};
  return fold;
}

ExperimentScores ScoresOf(const std::vector<FoldRow>& folds) {
  return ScoresOf(FoldIndex(folds), "e", {"p", "q"}, Task::kTer,
                  [](const std::string&, Task) { return std::nullopt; });
}

TEST(ScoresOf, FoldsHaveAScoreAPoint) {
  const ExperimentScores scores =
      ScoresOf({Fold("q", "s1", 3), Fold("p", "s2", 0), Fold("p", "s1", 1), Fold("q", "s2", 4)});
  EXPECT_EQ(scores.incomplete, "");
  ASSERT_EQ(scores.folds.size(), 2U);
  EXPECT_EQ(scores.folds[0].subject, "s1");
  EXPECT_THAT(scores.folds[0].right, ElementsAre(1, 3));
  EXPECT_THAT(scores.folds[1].right, ElementsAre(0, 4));
  EXPECT_EQ(scores.folds[1].clips, 4);
}

TEST(ScoresOf, PointsOfOtherFoldsOrClipsAreNotCompared) {
  const std::string why = "the points do not have the same folds and clips";
  const FoldRow p1 = Fold("p", "s1", 1);
  const FoldRow q1 = Fold("q", "s1", 3);
  EXPECT_EQ(ScoresOf({p1, q1, Fold("p", "s2", 1)}).incomplete, why);
  EXPECT_EQ(ScoresOf({p1, q1, Fold("q", "s2", 1)}).incomplete, why);
  EXPECT_EQ(ScoresOf({p1, Fold("q", "s1", 3, 5)}).incomplete, why);
}

// Of a single-task job the grid may move what it does not consume.
TEST(BestOf, PointsOfTheSameJobsAreNoTie) {
  const std::vector<Score> scores = {{1, 0}, {1, 0}, {0, 0}};
  EXPECT_FALSE(BestOf(scores, {0, 0, 2}).tied);
  EXPECT_TRUE(BestOf(scores, {0, 1, 2}).tied);
}

TEST(BestOf, ABetterPointEndsATie) {
  const Best best = BestOf({{1, 0}, {1, 0}, {2, 0}}, {0, 1, 2});
  EXPECT_EQ(best.at, 2U);
  EXPECT_FALSE(best.tied);
}

}  // namespace
}  // namespace unmask

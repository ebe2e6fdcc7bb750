#include "coordinator/report/pairing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmask {
namespace {

using testing::ElementsAre;

FoldRow Fold(const std::string& held_out, std::int64_t right, std::int64_t clips,
             std::int64_t seed = 0) {
  FoldRow fold;
  fold.held_out = held_out;
  fold.seed = seed;
  fold.state = JobState::kDone;
  fold.confusion = ConfusionMatrix({"a", "b"});
  fold.confusion.counts = {right, clips - right, 0, 0};
  return fold;
}

// A cell of its own: no job of it is another's.
class Cell {
 public:
  Cell(std::string name, std::vector<FoldRow> folds) : folds_(std::move(folds)) {
    for (FoldRow& fold : folds_) fold.job_key = name + fold.held_out;
  }
  FoldList list() const {
    FoldList list;
    for (const FoldRow& fold : folds_) list.push_back(&fold);
    return list;
  }

 private:
  std::vector<FoldRow> folds_;
};

TEST(Pairing, GoesBySubjectNotByPlace) {
  const Cell first("x", {Fold("s2", 1, 4), Fold("s1", 3, 6)});
  const Cell second("y", {Fold("s1", 5, 6), Fold("s2", 0, 4)});
  const Pairing pairing = PairFolds(first.list(), second.list());
  ASSERT_TRUE(pairing.ok());
  EXPECT_FALSE(pairing.same_jobs);
  EXPECT_THAT(pairing.Differences(), ElementsAre(2, -1));
  EXPECT_THAT(pairing.AccuracyDifferences(), ElementsAre(2.0 / 6, -0.25));
  EXPECT_THAT(pairing.Clips(), ElementsAre(6, 4));
  EXPECT_DOUBLE_EQ(pairing.Difference(), 0.1);
}

TEST(Pairing, SeedsAddUpWithinASubject) {
  const Cell first("x", {Fold("s1", 3, 6, 0), Fold("s1", 2, 6, 1)});
  const Cell second("y", {Fold("s1", 5, 6, 1), Fold("s1", 4, 6, 0)});
  const Pairing pairing = PairFolds(first.list(), second.list());
  ASSERT_TRUE(pairing.ok());
  EXPECT_EQ(pairing.seeds, 2);
  EXPECT_THAT(pairing.Differences(), ElementsAre(4));
  EXPECT_DOUBLE_EQ(pairing.Difference(), 4.0 / 12);
}

TEST(Pairing, KnowsTheSameJobs) {
  const Cell cell("x", {Fold("s1", 3, 6)});
  EXPECT_TRUE(PairFolds(cell.list(), cell.list()).same_jobs);
  std::vector<FoldRow> folds = {Fold("s1", 3, 6), Fold("s2", 3, 6)};
  std::vector<FoldRow> others = folds;
  others[0].job_key = "another";  // the last is shared
  EXPECT_FALSE(PairFolds({&folds[0], &folds[1]}, {&others[0], &others[1]}).same_jobs);
}

TEST(Pairing, NeedsTheSameSeedsSubjectsAndClips) {
  const Cell base("x", {Fold("s1", 3, 6)});
  const auto obstacle = [&](FoldRow other) {
    return PairFolds(base.list(), Cell("y", {std::move(other)}).list()).obstacle;
  };
  EXPECT_EQ(obstacle(Fold("s1", 3, 6)), "");
  EXPECT_EQ(obstacle(Fold("s1", 3, 6, 1)), "other seeds");
  EXPECT_EQ(obstacle(Fold("s2", 3, 6)), "other held-out subjects");
  EXPECT_EQ(obstacle(Fold("s1", 3, 7)), "other clips");
}

TEST(Pairing, AClassThatAFoldOnlyListsIsNoOtherClip) {
  FoldRow more_classes = Fold("s1", 3, 6);
  more_classes.confusion = ConfusionMatrix({"a", "b", "c"});
  more_classes.confusion.At(0, 0) = 2;
  more_classes.confusion.At(0, 2) = 4;
  const Cell first("x", {Fold("s1", 3, 6)});
  EXPECT_TRUE(PairFolds(first.list(), Cell("y", {more_classes}).list()).ok());
}

TEST(Pairing, MissingFoldsAreNoObstacle) {
  FoldRow queued = Fold("s1", 0, 0);
  queued.state = JobState::kQueued;
  const Cell first("x", {Fold("s1", 3, 6)});
  const Pairing pairing = PairFolds(first.list(), Cell("y", {queued}).list());
  EXPECT_FALSE(pairing.ok());
  EXPECT_TRUE(pairing.incomplete);
  EXPECT_EQ(pairing.obstacle, "");
  for (const Pairing& none : {PairFolds({}, first.list()), PairFolds(first.list(), {})}) {
    EXPECT_FALSE(none.ok());
    EXPECT_TRUE(none.incomplete);
  }
}

}  // namespace
}  // namespace unmask

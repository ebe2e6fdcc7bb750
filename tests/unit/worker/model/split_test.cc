#include "worker/model/split.h"

#include <gmock/gmock.h>

namespace unmask {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(LeastBatch, FollowsTheLoss) {
  Settings settings;
  EXPECT_EQ(LeastBatch(settings), 2);
  settings.loss.hsic = HsicKind::kUnbiased;
  EXPECT_EQ(LeastBatch(settings), 4);
  settings.loss.alpha = 0;
  EXPECT_EQ(LeastBatch(settings), 2);
  settings.loss.alpha = 1;
  settings.model.kind = ModelKind::kSingleTask;
  EXPECT_EQ(LeastBatch(settings), 2);
}

// Subjects "s0", "s1", ... with so many clips each, of classes in turn.
Dataset DatasetOf(const std::vector<int>& clips, int classes = 2) {
  Dataset dataset;
  for (std::size_t s = 0; s < clips.size(); ++s) {
    for (int i = 0; i < clips[s]; ++i) {
      const std::string label(1, static_cast<char>('a' + i % classes));
      const std::string subject = "s" + std::to_string(s);
      dataset.clips.push_back({subject + "_" + std::to_string(i), subject, label, label, {}});
    }
  }
  return dataset;
}

std::vector<std::string> ProblemsOf(const Dataset& dataset,
                                    Validation validation = Validation::kInnerSubject,
                                    HsicKind hsic = HsicKind::kPaper) {
  JobSpec spec;
  spec.settings.train.validation = validation;
  spec.settings.loss.hsic = hsic;
  std::vector<std::string> texts;
  for (const Problem& p : FoldProblems(spec, dataset)) texts.push_back(p.what);
  return texts;
}

TEST(FoldProblems, NamesEveryFoldThatMustFail) {
  EXPECT_THAT(ProblemsOf(DatasetOf({1, 1, 1})),
              ElementsAre("1 training clips in fold 's0'", "1 training clips in fold 's1'",
                          "1 training clips in fold 's2'"));
  EXPECT_THAT(ProblemsOf(DatasetOf({9, 9, 1})), ElementsAre("1 training clips in fold 's0'"));
  EXPECT_THAT(ProblemsOf(DatasetOf({2, 2, 2})), IsEmpty());
  EXPECT_THAT(ProblemsOf(DatasetOf({3, 3, 3}), Validation::kNone, HsicKind::kUnbiased), IsEmpty());
  EXPECT_THAT(
      ProblemsOf(DatasetOf({3, 3, 3}), Validation::kInnerSubject, HsicKind::kUnbiased).size(), 3U);
  EXPECT_THAT(ProblemsOf(DatasetOf({1, 9}), Validation::kLeaky),
              ElementsAre("1 training clips in fold 's1'"));
  // No class has a second clip that could validate.
  EXPECT_THAT(ProblemsOf(DatasetOf({9, 9}, 9), Validation::kInnerSplit),
              ElementsAre("too few clips to hold out subject 's0'",
                          "too few clips to hold out subject 's1'"));
}

// Data sets on both sides of the short cut's bound.
TEST(FoldProblems, AreThoseOfEverySplit) {
  for (const Validation validation :
       {Validation::kInnerSubject, Validation::kInnerSplit, Validation::kLeaky}) {
    for (const HsicKind hsic : {HsicKind::kPaper, HsicKind::kUnbiased}) {
      for (int each = 1; each < 9; ++each) {
        for (int classes = 1; classes < 9; ++classes) {
          const Dataset dataset = DatasetOf({each, each, each, each, 2, 1}, classes);
          JobSpec spec;
          spec.settings.train.validation = validation;
          spec.settings.loss.hsic = hsic;
          const TaskLabels labels = LabelsOf(Task::kTer, dataset).value();
          const std::int64_t least = LeastBatch(spec.settings);
          std::size_t failing = 0;
          for (const std::string& subject : SortedSubjects(dataset)) {
            spec.held_out = subject;
            const auto split = SplitClips(spec, dataset, labels.labels);
            failing += split.ok() && std::ssize(split->train) >= least ? 0 : 1;
          }
          EXPECT_EQ(ProblemsOf(dataset, validation, hsic).size(), failing)
              << each << " " << classes;
        }
      }
    }
  }
}

}  // namespace
}  // namespace unmask

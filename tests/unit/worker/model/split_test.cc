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
  settings.train.devices = 3;
  EXPECT_EQ(LeastBatch(settings), 3);
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
  Dataset all_differ = DatasetOf({3, 3, 3, 3});
  for (Clip& clip : all_differ.clips) clip.true_label = clip.sample;
  EXPECT_EQ(ProblemsOf(all_differ, Validation::kInnerSplit).size(), 4U);
}

TEST(LabelsOf, EachTaskHasClassesOfItsOwn) {
  Dataset dataset = DatasetOf({3}, 3);  // a, b, c
  dataset.clips[0].disguised_label = "c";
  const TaskLabels ter = LabelsOf(Task::kTer, dataset).value();
  EXPECT_THAT(ter.classes, ElementsAre("a", "b", "c"));
  EXPECT_THAT(ter.labels, ElementsAre(0, 1, 2));
  const TaskLabels der = LabelsOf(Task::kDer, dataset).value();
  EXPECT_THAT(der.classes, ElementsAre("b", "c"));
  EXPECT_THAT(der.labels, ElementsAre(1, 0, 1));
}

// What validates where `held_out` is left out of two subjects, as places among the other's clips.
std::vector<std::int64_t> InnerSplitOf(const Dataset& dataset, const std::string& held_out) {
  JobSpec spec;
  spec.held_out = held_out;
  spec.settings.train.validation = Validation::kInnerSplit;
  const TaskLabels labels = LabelsOf(Task::kTer, dataset).value();
  const FoldSplit split = SplitClips(spec, dataset, labels.labels).value();
  std::vector<std::int64_t> places = split.validation;
  for (std::int64_t& place : places)
    place -= split.held_out.front() == 0 ? std::ssize(split.held_out) : 0;
  return places;
}

TEST(InnerSplit, TakesATenthRounded) {
  for (const auto& [clips, validate] : {std::pair(4, 1U), {14, 1U}, {15, 2U}, {24, 2U}, {25, 3U}}) {
    EXPECT_EQ(InnerSplitOf(DatasetOf({1, clips}, 1), "s0").size(), validate) << clips;
  }
}

TEST(InnerSplit, FoldsAndClassesDrawForThemselves) {
  const Dataset dataset = DatasetOf({200, 200});
  const auto places = InnerSplitOf(dataset, "s0");
  EXPECT_NE(places, InnerSplitOf(dataset, "s1"));
  std::vector<std::int64_t> classes[2];  // the clips of which alternate
  for (const std::int64_t place : places) classes[place % 2].push_back(place / 2);
  EXPECT_EQ(classes[0].size(), 10U);
  EXPECT_NE(classes[0], classes[1]);
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

#include "worker/trainer/fold_data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "small_jobs.h"

namespace unmask {
namespace {

using Indices = std::vector<std::int64_t>;
using testing::SmallDataset;
using testing::SmallSpec;

FoldSplit SplitOf(Validation validation, const std::string& held_out = "b", std::int64_t seed = 0) {
  JobSpec spec = SmallSpec();
  spec.settings.train.validation = validation;
  spec.held_out = held_out;
  spec.seed = seed;
  return PrepareFold(spec, SmallDataset()).value().split;
}

std::set<std::string> Subjects(const Indices& clips) {
  std::set<std::string> subjects;
  for (const std::int64_t clip : clips) {
    subjects.insert(SmallDataset().clips[static_cast<std::size_t>(clip)].subject);
  }
  return subjects;
}

using Names = std::set<std::string>;

TEST(SplitClips, InnerSubjectIsTheNextOneCyclic) {
  const FoldSplit middle = SplitOf(Validation::kInnerSubject);
  EXPECT_EQ(Subjects(middle.held_out), (Names{"b"}));
  EXPECT_EQ(Subjects(middle.validation), (Names{"c"}));
  EXPECT_EQ(Subjects(middle.train), (Names{"a", "d", "e"}));
  const FoldSplit last = SplitOf(Validation::kInnerSubject, "e");
  EXPECT_EQ(Subjects(last.validation), (Names{"a"}));
}

TEST(SplitClips, LeakyValidatesWithTheHeldOutSubject) {
  const FoldSplit split = SplitOf(Validation::kLeaky);
  EXPECT_EQ(split.validation, split.held_out);
  EXPECT_EQ(Subjects(split.train), (Names{"a", "c", "d", "e"}));
}

TEST(SplitClips, NoneTrainsOnAllOthers) {
  const FoldSplit split = SplitOf(Validation::kNone);
  EXPECT_TRUE(split.validation.empty());
  EXPECT_EQ(split.train.size(), 48U);
}

TEST(SplitClips, InnerSplitTakesATenthOfEveryClass) {
  const FoldSplit split = SplitOf(Validation::kInnerSplit);
  const auto fold = PrepareFold(SmallSpec(), SmallDataset()).value();
  const auto count = [&](const Indices& clips) {
    std::map<std::int64_t, std::size_t> counts;
    for (const std::int64_t clip : clips) {
      ++counts[fold.tasks[0].labels[static_cast<std::size_t>(clip)]];
    }
    return counts;
  };
  const auto trained = count(split.train);
  const auto validated = count(split.validation);
  ASSERT_EQ(validated.size(), 3U);
  for (const auto& [label, clips] : validated) {
    const std::size_t all = clips + trained.at(label);
    EXPECT_EQ(clips, std::max<std::size_t>(1, (all + 5) / 10));
  }
  EXPECT_EQ(split.train.size() + split.validation.size(), 48U);
  EXPECT_EQ(Subjects(split.train).count("b") + Subjects(split.validation).count("b"), 0U);
  EXPECT_TRUE(std::is_sorted(split.validation.begin(), split.validation.end()));
  EXPECT_EQ(SplitOf(Validation::kInnerSplit).validation, split.validation);
  EXPECT_NE(SplitOf(Validation::kInnerSplit, "b", 1).validation, split.validation);
}

TEST(SplitClips, InnerSplitLeavesAClassOfOneToTraining) {
  Dataset dataset = SmallDataset();
  std::int64_t last = 0;
  for (std::size_t i = 0; i < dataset.clips.size(); ++i) {
    if (dataset.clips[i].subject == "b") continue;
    last = static_cast<std::int64_t>(i);
  }
  dataset.clips[static_cast<std::size_t>(last)].true_label = "rare";
  JobSpec spec = SmallSpec();
  spec.settings.train.validation = Validation::kInnerSplit;
  const FoldData fold = PrepareFold(spec, dataset).value();
  EXPECT_EQ(fold.tasks[0].classes.size(), 4U);
  EXPECT_TRUE(std::binary_search(fold.split.train.begin(), fold.split.train.end(), last));
}

TEST(PrepareFold, MakesMultiHotFeaturesAndLabels) {
  Dataset dataset = SmallDataset();
  dataset.clips[0].action_units = {"1", "12"};
  dataset.clips[0].true_label = "sa";
  const FoldData fold = PrepareFold(SmallSpec(), dataset).value();
  ASSERT_EQ(fold.width, static_cast<std::int64_t>(FacsVocabulary().size()));
  std::vector<float> row(static_cast<std::size_t>(fold.width));
  fold.inputs->Copy(kPlainView, 0, row);
  for (std::int64_t i = 0; i < fold.width; ++i) {
    const bool on = i == FacsIndex("1") || i == FacsIndex("12");
    EXPECT_EQ(row[static_cast<std::size_t>(i)], on ? 1.0F : 0.0F);
  }
  EXPECT_EQ(fold.tasks[0].classes, (std::vector<std::string>{"an", "ha", "sa"}));
  EXPECT_EQ(fold.tasks[0].labels[0], 2);
}

TEST(PrepareFold, WeighsClassesByTheClipsThatAreTrainedOn) {
  Dataset dataset = SmallDataset();
  for (Clip& clip : dataset.clips) {
    clip.disguised_label = clip.subject == "b" ? "rare" : clip.subject == "a" ? "few" : "many";
  }
  JobSpec spec = SmallSpec();
  const FoldData plain = PrepareFold(spec, dataset).value();
  for (const TaskLabels& task : plain.tasks) EXPECT_TRUE(task.class_weights.empty());
  spec.settings.loss.class_weights = ClassWeights::kBalanced;
  const FoldData fold = PrepareFold(spec, dataset).value();  // trains on a, d and e
  EXPECT_EQ(fold.tasks[0].class_weights.size(), 3U);
  ASSERT_EQ(fold.tasks[1].classes, (std::vector<std::string>{"few", "many", "rare"}));
  EXPECT_EQ(fold.tasks[1].class_weights, (std::vector<float>{1.5F, 0.75F, 0}));
}

TEST(PrepareFold, TakesFeaturesOfATableAsTheyAre) {
  Dataset dataset = SmallDataset();
  JobSpec spec = SmallSpec();
  spec.settings.features.source = FeatureSource::kTable;
  EXPECT_EQ(PrepareFold(spec, dataset).error().problems[0].what, "a data set without features");
  for (std::size_t i = 0; i < dataset.clips.size(); ++i) {
    dataset.clips[i].features = {static_cast<float>(i), -0.5F};
  }
  const FoldData fold = PrepareFold(spec, dataset).value();
  ASSERT_EQ(fold.width, 2);
  std::vector<float> row(2);
  fold.inputs->Copy(0, 7, row);
  EXPECT_EQ(row, (std::vector<float>{7.0F, -0.5F}));
}

std::string Problem(const JobSpec& spec, const Dataset& dataset) {
  const auto fold = PrepareFold(spec, dataset);
  return fold ? "" : fold.error().problems[0].what;
}

TEST(PrepareFold, SaysWhatIsWrong) {
  JobSpec spec = SmallSpec();
  spec.held_out = "nobody";
  EXPECT_EQ(Problem(spec, SmallDataset()), "held-out subject 'nobody' has no clips");
  EXPECT_EQ(Problem(SmallSpec(), SmallDataset(2)), "too few clips to hold out subject 'b'");
  EXPECT_EQ(Problem(SmallSpec(), SmallDataset(3, 1)), "1 training clips in fold 'b'");
  Dataset unlabelled = SmallDataset();
  unlabelled.clips[3].disguised_label.clear();
  EXPECT_EQ(Problem(SmallSpec(), unlabelled), "no der label");
  spec = SmallSpec();
  spec.settings.loss.hsic = HsicKind::kUnbiased;
  spec.settings.train.batch = 3;
  EXPECT_EQ(Problem(spec, SmallDataset()), "batches of 3 clips");
  spec.settings.train.batch = 4;
  EXPECT_EQ(Problem(spec, SmallDataset()), "");
  spec = SmallSpec();
  spec.settings.train.engine = EngineKind::kLanes;
  EXPECT_EQ(Problem(spec, SmallDataset()), "");
  spec.settings.train.engine = EngineKind::kAuto;
  EXPECT_EQ(Problem(spec, SmallDataset()), "the job's engine is not resolved");
}

}  // namespace
}  // namespace unmask

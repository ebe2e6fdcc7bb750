#include "common/jobs/feature_jobs.h"

#include <gtest/gtest.h>

namespace unmask {
namespace {

JobSpec Training() {
  JobSpec spec;
  spec.settings.features.source = FeatureSource::kVit;
  spec.settings = Reduce(spec.settings);
  spec.dataset = std::string(64, 'a');
  spec.pictures = std::string(64, 'b');
  spec.weights = std::string(64, 'c');
  spec.held_out = "7";
  return spec;
}

template <typename Change>
std::pair<std::string, std::string> KeysAfter(std::int64_t view, Change change) {
  JobSpec spec = Training();
  change(spec);
  return {JobKey(CropsJob(spec)), JobKey(ViewJob(spec, view))};
}

const auto kNothing = [](JobSpec&) {};

TEST(FeatureJobsTest, FoldsPointsAndLabelsShareThem) {
  const auto changed = KeysAfter(3, [](JobSpec& spec) {
    spec.held_out = "8";
    spec.seed = 5;
    spec.dataset = std::string(64, 'd');  // other labels
    spec.settings.loss.alpha = 7;
    spec.settings.model.adapter = 3;
    spec.settings.augment.views = 11;
    spec.settings.train.max_epochs = 9;
    spec.settings.features.finetune = true;
  });
  EXPECT_EQ(changed, KeysAfter(3, kNothing));
}

TEST(FeatureJobsTest, PicturesAndFacesDistinguishAll) {
  const auto before = KeysAfter(3, kNothing);
  const auto pictures = KeysAfter(3, [](JobSpec& s) { s.pictures = std::string(64, 'e'); });
  const auto margin = KeysAfter(3, [](JobSpec& s) { s.settings.faces.margin = 0.5; });
  const auto detector = KeysAfter(3, [](JobSpec& s) { s.detector = std::string(64, 'e'); });
  for (const auto& changed : {pictures, margin, detector}) {
    EXPECT_NE(changed.first, before.first);
    EXPECT_NE(changed.second, before.second);
  }
}

TEST(FeatureJobsTest, TheModelDistinguishesViewsAlone) {
  const auto before = KeysAfter(3, kNothing);
  const auto weights = KeysAfter(3, [](JobSpec& s) { s.weights = std::string(64, 'e'); });
  const auto normalize =
      KeysAfter(3, [](JobSpec& s) { s.settings.features.normalize = Normalization::kImagenet; });
  const auto seed = KeysAfter(3, [](JobSpec& s) { s.settings.augment.seed = 4; });
  for (const auto& changed : {weights, normalize, seed}) {
    EXPECT_EQ(changed.first, before.first);
    EXPECT_NE(changed.second, before.second);
  }
  EXPECT_NE(KeysAfter(2, kNothing).second, before.second);
}

TEST(FeatureJobsTest, ThePlainViewKnowsNoAugmentation) {
  const auto seed = KeysAfter(-1, [](JobSpec& spec) { spec.settings.augment.seed = 4; });
  EXPECT_EQ(seed, KeysAfter(-1, kNothing));
}

TEST(FeatureJobsTest, ABankIsReadWhereABackboneIsNotTrained) {
  Settings settings = Training().settings;
  EXPECT_TRUE(ReadsBank(settings));
  settings.features.finetune = true;
  EXPECT_FALSE(ReadsBank(settings));
  settings.features.finetune = false;
  settings.features.bank = false;
  EXPECT_FALSE(ReadsBank(settings));
  EXPECT_FALSE(ReadsBank(Settings{}));  // action units
}

TEST(FeatureJobsTest, AsManyViewsAsThereAreEpochsAreReadAtMost) {
  Settings settings;
  settings.augment.views = 7;
  settings.train.max_epochs = 5;
  EXPECT_EQ(ViewsOf(settings), 5);
  settings.train.max_epochs = 9;
  EXPECT_EQ(ViewsOf(settings), 7);
}

TEST(FeatureJobsTest, SpecsComeBackFromTheirText) {
  for (const JobSpec& spec : {Training(), CropsJob(Training()), ViewJob(Training(), 12)}) {
    const auto read = JobSpecFromJson(nlohmann::json::parse(CanonicalText(spec)));
    ASSERT_TRUE(read.ok()) << FormatError(read.error());
    EXPECT_EQ(*read, spec);
  }
}

TEST(FeatureJobsTest, WhatIsNoHashIsRefused) {
  auto json = ToJson(ViewJob(Training(), 0));
  json["weights"] = "../etc";
  EXPECT_FALSE(JobSpecFromJson(json).ok());
}

TEST(FeatureJobsTest, WhatIsNoViewIsRefused) {
  auto json = ToJson(ViewJob(Training(), 0));
  for (const auto& view : {nlohmann::json(kCropsView - 1), nlohmann::json(0.0), nlohmann::json("0"),
                           nlohmann::json(18446744073709551615U)}) {  // which is no -1
    json["view"] = view;
    const auto read = JobSpecFromJson(json);
    ASSERT_FALSE(read.ok()) << view;
    EXPECT_EQ(read.error().problems[0].what, "bad job spec: view is not a view's number");
  }
  json.erase("view");
  EXPECT_FALSE(JobSpecFromJson(json).ok());
  for (const std::int64_t view : {kCropsView, kPlainView, std::int64_t{3}}) {
    json["view"] = view;
    EXPECT_EQ(JobSpecFromJson(json)->view, view);
  }
}

}  // namespace
}  // namespace unmask

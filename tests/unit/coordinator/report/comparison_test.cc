#include "coordinator/report/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/coordinator/report/graded_store.h"

namespace unmask {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Alpha 0.1 has 1 of 4 right, 0.5 has 2, 1 has 4.
Grade ByAlpha(const JobSpec& spec) {
  const double alpha = spec.settings.loss.alpha;
  return {alpha == 0.1 ? 1 : alpha == 0.5 ? 2 : 4, 0.5};
}

class ComparisonTest : public testing::Test {
 protected:
  // study-1 at alphas 0.1, 0.5; study-2 (newer) at 0.5, 1.
  void SetUp() override {
    store_.FinishGraded(AlphaPlan("study-1", {0.1, 0.5}, 0.1), ByAlpha);
    store_.FinishGraded(AlphaPlan("study-2", {0.5, 1}), ByAlpha);
    auto reader = StoreReader::Open(store_.paths());
    ASSERT_TRUE(reader.ok());
    reader_ = std::move(reader).value();
  }

  Comparison Compared(const std::string& first, const std::string& second) {
    auto comparison = Compare(*reader_, first, second);
    EXPECT_TRUE(comparison.ok()) << FormatError(comparison.error());
    return std::move(comparison).value();
  }
  std::string ErrorOf(const std::string& first, const std::string& second) {
    const auto comparison = Compare(*reader_, first, second);
    EXPECT_FALSE(comparison.ok());
    EXPECT_EQ(comparison.error().code, ErrorCode::kUsage);
    return FormatError(comparison.error());
  }

  GradedStore store_;
  std::unique_ptr<StoreReader> reader_;
};

TEST_F(ComparisonTest, TwoPoints) {
  const Comparison comparison = Compared("study-1:dsid@alpha=.1", "study-2:dsid@alpha=1");
  EXPECT_EQ(comparison.first, "study-1 dsid alpha=0.1");
  EXPECT_EQ(comparison.jobs_only_first, 3);
  EXPECT_EQ(comparison.jobs_shared, 0);
  ASSERT_EQ(comparison.settings.size(), 1U);
  EXPECT_EQ(comparison.settings[0].field, "settings.loss.alpha");
  ASSERT_EQ(comparison.cells.size(), 2U);
  const ComparedCell& ter = comparison.cells[0];
  EXPECT_DOUBLE_EQ(ter.difference, 0.75);
  EXPECT_DOUBLE_EQ(ter.interval.low, 0.75);  // every subject gains three of four
  ASSERT_TRUE(ter.f1.has_value());
  EXPECT_DOUBLE_EQ(ter.f1->difference, 1 - ter.first_summary.macro_f1->mean);
  EXPECT_DOUBLE_EQ(ter.f1->second.low, 1);
  EXPECT_LE(ter.f1->interval.low, ter.f1->difference);
  ASSERT_TRUE(ter.tests.has_value());
  EXPECT_EQ(ter.tests->clips->both, 3);
  EXPECT_EQ(ter.tests->clips->only_first, 0);
  EXPECT_EQ(ter.tests->clips->only_second, 9);
  EXPECT_EQ(ter.tests->clips->neither, 0);
  EXPECT_DOUBLE_EQ(*ter.tests->mcnemar_p, 2.0 / 512);
  EXPECT_DOUBLE_EQ(ter.tests->wilcoxon.p.p, 0.25);
  EXPECT_DOUBLE_EQ(ter.tests->sign_flip.p, 0.25);
  EXPECT_DOUBLE_EQ(ter.tests->sign_flip_holm, 0.5);  // two tasks

  const Comparison turned = Compared("study-2:dsid@alpha=1", "study-1:dsid@alpha=.1");
  EXPECT_DOUBLE_EQ(turned.cells[0].difference, -0.75);
  EXPECT_EQ(turned.cells[0].tests->clips->only_first, 9);
  EXPECT_EQ(turned.cells[0].tests->clips->only_second, 0);
}

// Of which all is read once.
TEST_F(ComparisonTest, TwoPointsOfOneSweep) {
  const Comparison comparison = Compared("study-1:dsid@alpha=.1", "study-1:dsid@alpha=.5");
  const Comparison turned = Compared("study-1:dsid@alpha=.5", "study-1:dsid@alpha=.1");
  EXPECT_EQ(comparison.jobs_only_first, 3);
  EXPECT_EQ(comparison.jobs_only_second, 3);
  ASSERT_EQ(comparison.settings.size(), 1U);
  EXPECT_EQ(comparison.settings[0].here, "0.1");
  ASSERT_EQ(comparison.cells.size(), 2U);
  const PairedTests& tests = *comparison.cells[0].tests;
  EXPECT_EQ(tests.clips->both, 3);
  EXPECT_EQ(tests.clips->only_second, 3);
  EXPECT_EQ(tests.clips->neither, 6);
  EXPECT_EQ(turned.cells[0].tests->clips->only_first, 3);
  EXPECT_DOUBLE_EQ(comparison.cells[0].difference, -turned.cells[0].difference);
}

TEST_F(ComparisonTest, TwoSweeps) {
  const Comparison comparison = Compared("study-1", "study-2");
  EXPECT_EQ(comparison.jobs_shared, 3);  // alpha 0.5
  EXPECT_EQ(comparison.jobs_only_first, 3);
  EXPECT_EQ(comparison.jobs_only_second, 3);
  EXPECT_THAT(comparison.cells_only_first, ElementsAre("dsid alpha=0.1"));
  EXPECT_THAT(comparison.cells_only_second, ElementsAre("dsid alpha=1"));
  ASSERT_EQ(comparison.cells.size(), 2U);
  EXPECT_TRUE(comparison.cells[0].pairing.same_jobs);
  EXPECT_FALSE(comparison.cells[0].tests.has_value());
  std::vector<std::string> fields;
  for (const FieldDifference& field : comparison.settings) fields.push_back(field.field);
  EXPECT_THAT(fields, ElementsAre("loss.alpha", "name"));  // not once more for the experiment
}

// Experiments of one structure share their jobs: Holm would count their test twice.
TEST(Comparison, WhatIsComparedTwiceIsOneTest) {
  GradedStore store;
  for (const auto& [sweep, validation] : {std::pair("study-1", Validation::kLeaky),
                                          std::pair("study-2", Validation::kInnerSubject)}) {
    store.FinishGraded(MakeTestPlan(sweep, {{.name = "dsid", .validation = validation},
                                            {.name = "twin", .validation = validation}}),
                       [](const JobSpec& spec) {
                         return Grade{spec.settings.train.validation == Validation::kLeaky ? 4 : 1};
                       });
  }
  auto reader = StoreReader::Open(store.paths());
  ASSERT_TRUE(reader.ok());
  const Comparison comparison = Compare(**reader, "study-1", "study-2").value();
  ASSERT_EQ(comparison.cells.size(), 4U);
  for (const ComparedCell& cell : comparison.cells) {
    EXPECT_DOUBLE_EQ(cell.tests->sign_flip_holm, 0.5);  // 0.25, two tasks
    EXPECT_TRUE(cell.first_leaky);
    EXPECT_FALSE(cell.second_leaky);
  }
}

TEST(Comparison, TextHidesNothing) {
  Comparison comparison;
  comparison.first = "a\u202Eb";
  comparison.cells_only_second = {"c\u2066d"};
  const std::string text = ComparisonText(comparison);
  EXPECT_THAT(text, HasSubstr("A  a\\u202Eb\n"));
  EXPECT_THAT(text, HasSubstr("Only in B: c\\u2066d\n"));
}

TEST_F(ComparisonTest, TheEndOfAKeyIsAWholeName) {
  EXPECT_EQ(Compared("study-1:dsid@loss.alpha=.1", "study-1:dsid@alpha=.5").jobs_only_first, 3);
  EXPECT_THAT(ErrorOf("study-1:dsid@pha=.1", "study-1"), HasSubstr("no point has 'pha=.1'"));
}

TEST_F(ComparisonTest, AnExperimentsNameMayHoldAnAt) {
  store_.FinishGraded(MakeTestPlan("study-5", {{.name = "a@b", .alphas = {0.1, 0.5}}}), ByAlpha);
  EXPECT_EQ(Compared("study-5:a@b@alpha=.1", "study-5:a@b@alpha=.5").first,
            "study-5 a@b alpha=0.1");
}

TEST_F(ComparisonTest, TextAndJsonSayTheSame) {
  const Comparison comparison = Compared("study-1:dsid@alpha=.1", "dsid@alpha=1");
  const std::string text = ComparisonText(comparison);
  EXPECT_THAT(text, HasSubstr("A  study-1 dsid alpha=0.1\nB  study-2 dsid alpha=1\n"));
  EXPECT_THAT(text, HasSubstr("Jobs: 0 shared, 3 only in A, 3 only in B"));
  EXPECT_THAT(text, HasSubstr("A to B  0.2500  1.0000  +0.7500  [+0.7500, +0.7500]"));
  const auto json = nlohmann::json::parse(ComparisonJson(comparison));
  EXPECT_EQ(json["cells"][0]["difference"], 0.75);
  EXPECT_EQ(json["cells"][0]["tests"]["mcnemar"]["only_b"], 9);
  EXPECT_EQ(json["cells"][0]["tests"]["sign_flip"]["p_holm"], 0.5);
  EXPECT_EQ(json["cells"][0]["subjects"].size(), 3U);
}

TEST_F(ComparisonTest, HelpfulErrors) {
  EXPECT_THAT(ErrorOf("dsid", "study-1"), HasSubstr("unknown sweep 'dsid'"));
  EXPECT_THAT(ErrorOf("dsid", "study-1"), HasSubstr("did you mean ':dsid'?"));
  EXPECT_THAT(ErrorOf("study-1", ":dsid@alpha=1"), HasSubstr("a sweep and a point"));
  EXPECT_THAT(ErrorOf("study-1:dsit", "study-2"), HasSubstr("did you mean 'dsid'?"));
  EXPECT_THAT(ErrorOf("study-1:dsid", "study-2"),
              HasSubstr("one of: :dsid@alpha=0.1; :dsid@alpha=0.5"));
  EXPECT_THAT(ErrorOf(":dsid@alpha=7", "study-2"), HasSubstr("no point has 'alpha=7'"));
  EXPECT_THAT(ErrorOf(":dsid@alpha", "study-2"), HasSubstr("'alpha' is no KEY=VALUE"));
  EXPECT_THAT(ErrorOf("nope:dsid", "study-2"), HasSubstr("unknown sweep 'nope'"));
}

TEST_F(ComparisonTest, SeveralSeedsAreNotCountedAsClips) {
  store_.FinishGraded(
      AlphaPlan("study-3", {0.3, 0.7}, 0.5, Validation::kInnerSubject, {0, 1}),
      [](const JobSpec& spec) { return Grade{spec.settings.loss.alpha == 0.3 ? 1 : 2, 0.5}; });
  const Comparison comparison = Compared("study-3:dsid@alpha=0.3", "study-3:dsid@alpha=0.7");
  const ComparedCell& ter = comparison.cells[0];
  ASSERT_TRUE(ter.tests.has_value());
  EXPECT_FALSE(ter.tests->clips.has_value());
  EXPECT_FALSE(ter.f1.has_value());
  EXPECT_DOUBLE_EQ(ter.difference, 0.25);
  EXPECT_DOUBLE_EQ(ter.tests->sign_flip.p, 0.25);  // three subjects, not six
}

TEST_F(ComparisonTest, SettingsAreThoseOfJobsOfOneSeed) {
  store_.FinishGraded(AlphaPlan("study-3", {0.3}, 0.3, Validation::kInnerSubject, {0, 1}), ByAlpha);
  store_.FinishGraded(AlphaPlan("study-4", {0.7}, 0.7, Validation::kInnerSubject, {1}), ByAlpha);
  const Comparison comparison = Compared("study-3:dsid", "study-4:dsid");
  ASSERT_EQ(comparison.settings.size(), 1U);
  EXPECT_EQ(comparison.settings[0].field, "settings.loss.alpha");
  EXPECT_EQ(comparison.cells[0].pairing.obstacle, "other seeds");
}

}  // namespace
}  // namespace unmask

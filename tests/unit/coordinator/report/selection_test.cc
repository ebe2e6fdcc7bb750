#include "coordinator/report/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/unit/coordinator/report/graded_store.h"

namespace unmask {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<double> kAlphas = {0.1, 0.5, 1};

SweepSelection SelectIn(const GradedStore& store) {
  auto reader = StoreReader::Open(store.paths());
  EXPECT_TRUE(reader.ok());
  auto selection = SelectPoints(**reader, "");
  EXPECT_TRUE(selection.ok()) << FormatError(selection.error());
  return std::move(selection).value();
}

const Selection& Of(const TaskSelection& task, SelectionRule rule) {
  return task.selections[static_cast<std::size_t>(rule)];
}

std::vector<std::size_t> PointsOf(const Selection& selection) {
  std::vector<std::size_t> points;
  for (const SelectedFold& fold : selection.folds) points.push_back(fold.point);
  return points;
}

// Right answers by subject (01, 02, 03) and alpha. Alpha 1 is best on the whole because of subject
// 01 alone; without it alpha 0.1 is.
Grade Held(const JobSpec& spec) {
  const double alpha = spec.settings.loss.alpha;
  const int place = alpha == 0.1 ? 0 : alpha == 0.5 ? 1 : 2;
  const int subject = spec.held_out.back() - '1';
  constexpr int kRight[3][3] = {{0, 1, 4}, {3, 1, 2}, {3, 2, 2}};
  constexpr double kValidation[3][3] = {{0.5, 0.25, 0.25}, {0.25, 0.75, 0.5}, {0.25, 0.5, 0.5}};
  constexpr double kLoss[3] = {1, 2, 1.5};
  return {kRight[subject][place], kValidation[subject][place], kLoss[place]};
}

TEST(Selection, EachRuleUsesWhatItMay) {
  GradedStore store;
  store.FinishGraded(AlphaPlan("study-1", kAlphas), Held);
  const SweepSelection selection = SelectIn(store);
  ASSERT_EQ(selection.tasks.size(), 2U);
  const TaskSelection& ter = selection.tasks[0];
  EXPECT_EQ(ter.experiment, "dsid");
  EXPECT_EQ(ter.points.size(), 3U);
  // Totals 6, 4, 8 of 12: alpha 1 in hindsight.
  EXPECT_THAT(PointsOf(Of(ter, SelectionRule::kOracle)), ElementsAre(2, 2, 2));
  EXPECT_DOUBLE_EQ(Of(ter, SelectionRule::kOracle).accuracy.mean, 8.0 / 12);
  // Without 01: 6, 3, 4. Without 02: 3, 3, 6. Without 03: 3, 2, 6.
  EXPECT_THAT(PointsOf(Of(ter, SelectionRule::kOthers)), ElementsAre(0, 2, 2));
  EXPECT_DOUBLE_EQ(Of(ter, SelectionRule::kOthers).accuracy.mean, (0.0 + 2 + 2) / 12);
  // 03's alphas 0.5 and 1 tie: alpha 1 has the lower loss.
  EXPECT_THAT(PointsOf(Of(ter, SelectionRule::kValidation)), ElementsAre(0, 1, 2));
  EXPECT_DOUBLE_EQ(Of(ter, SelectionRule::kValidation).accuracy.mean, (0.0 + 1 + 2) / 12);
  EXPECT_THAT(PointsOf(Of(ter, SelectionRule::kStudy)), ElementsAre(1, 1, 1));
}

TEST(Selection, ThePriceIsWhatHindsightGains) {
  GradedStore store;
  store.FinishGraded(AlphaPlan("study-1", kAlphas), Held);
  const TaskSelection ter = SelectIn(store).tasks[0];
  const Selection& others = Of(ter, SelectionRule::kOthers);
  EXPECT_DOUBLE_EQ(others.price, 4.0 / 12);
  EXPECT_DOUBLE_EQ(others.price_interval.low, 0);   // subjects 02 and 03 lose nothing
  EXPECT_DOUBLE_EQ(others.price_interval.high, 1);  // subject 01 loses all, three times drawn
  EXPECT_EQ(others.pooled->k, 4);
  EXPECT_EQ(others.pooled->n, 12);
  EXPECT_EQ(Of(ter, SelectionRule::kOracle).price, 0);
}

TEST(Selection, TiesGoToTheFirstPointAndAreCounted) {
  GradedStore store;
  store.FinishGraded(AlphaPlan("study-1", kAlphas), [](const JobSpec&) { return Grade{2, 0.5}; });
  const TaskSelection ter = SelectIn(store).tasks[0];
  for (const SelectionRule rule : {SelectionRule::kValidation, SelectionRule::kOthers}) {
    EXPECT_THAT(PointsOf(Of(ter, rule)), ElementsAre(0, 0, 0));
    for (const SelectedFold& fold : Of(ter, rule).folds) EXPECT_TRUE(fold.tied);
  }
}

// As `--order-seed` has them, or another experiment that shares some.
TEST(Selection, TheOrderOfJobsDecidesNothing) {
  SweepPlan plan = AlphaPlan("study-1", kAlphas);
  std::ranges::reverse(plan.jobs);
  GradedStore store;
  store.FinishGraded(plan, [](const JobSpec&) { return Grade{2, 0.5}; });
  const TaskSelection ter = SelectIn(store).tasks[0];
  EXPECT_EQ(nlohmann::json::parse(ter.points.front().point)["loss.alpha"], 0.1);
  EXPECT_THAT(PointsOf(Of(ter, SelectionRule::kOthers)), ElementsAre(0, 0, 0));
}

TEST(Selection, SeedsChooseForThemselves) {
  GradedStore store;
  store.FinishGraded(AlphaPlan("study-1", kAlphas, 0.5, Validation::kInnerSubject, {0, 1}),
                     [](const JobSpec& spec) {
                       const bool first = spec.settings.loss.alpha == 0.1;
                       return Grade{(spec.seed == 0) == first ? 4 : 1, 0.5};
                     });
  const TaskSelection ter = SelectIn(store).tasks[0];
  const Selection& oracle = Of(ter, SelectionRule::kOracle);
  EXPECT_THAT(PointsOf(oracle), ElementsAre(0, 0, 0, 1, 1, 1));
  EXPECT_EQ(oracle.accuracy.mean, 1);
  EXPECT_FALSE(oracle.pooled.has_value());
  EXPECT_EQ(oracle.accuracy.deviation, 0.0);
  // Alpha 0.5 has 5 of 8 clips right in each subject.
  const Selection& study = Of(ter, SelectionRule::kStudy);
  EXPECT_DOUBLE_EQ(study.price, 3.0 / 8);
  EXPECT_DOUBLE_EQ(study.price_interval.low, 3.0 / 8);
  EXPECT_DOUBLE_EQ(study.price_interval.high, 3.0 / 8);
}

TEST(Selection, LeakyValidationIsNoHonestChoice) {
  GradedStore store;
  store.FinishGraded(AlphaPlan("study-1", kAlphas, 0.5, Validation::kLeaky), Held);
  const SweepSelection selection = SelectIn(store);
  EXPECT_TRUE(selection.tasks[0].leaky);
  EXPECT_THAT(Of(selection.tasks[0], SelectionRule::kValidation).unavailable,
              HasSubstr("it is the held-out subject itself"));
  EXPECT_THAT(SelectionText(selection), HasSubstr("LEAKY"));
}

// train.validation may be a key of the grid: then some points are leaky and others are not.
TEST(Selection, OnlyWhatLeaksIsMarked) {
  SweepPlan plan =
      MakeTestPlan("study-1", {{.name = "dsid", .alphas = {0.1, 0.5}},
                               {.name = "dsid", .alphas = {1}, .validation = Validation::kLeaky}});
  plan.config_json = AlphaPlan("study-1", {}).config_json;
  GradedStore store;
  store.FinishGraded(plan, Held);
  const SweepSelection selection = SelectIn(store);
  const TaskSelection& ter = selection.tasks[0];
  ASSERT_EQ(ter.points.size(), 3U);
  EXPECT_EQ(ter.validation, "inner-subject, leaky");
  EXPECT_FALSE(ter.points[0].leaky || ter.points[1].leaky);
  EXPECT_TRUE(ter.points[2].leaky);
  EXPECT_TRUE(Of(ter, SelectionRule::kOracle).leaky);  // alpha 1
  EXPECT_FALSE(Of(ter, SelectionRule::kStudy).leaky);  // alpha 0.5
  EXPECT_THAT(Of(ter, SelectionRule::kValidation).unavailable, HasSubstr("validation is leaky"));
}

TEST(Selection, OneFoldThatLeaksMarksTheChoice) {
  SweepPlan plan =
      MakeTestPlan("study-1", {{.name = "dsid", .alphas = {0.1}, .validation = Validation::kLeaky},
                               {.name = "dsid", .alphas = {0.5, 1}}});
  plan.config_json = AlphaPlan("study-1", {}).config_json;
  GradedStore store;
  store.FinishGraded(plan, Held);
  const TaskSelection ter = SelectIn(store).tasks[0];
  const Selection& others = Of(ter, SelectionRule::kOthers);
  EXPECT_THAT(PointsOf(others), ElementsAre(0, 2, 2));  // the first is leaky
  EXPECT_TRUE(others.leaky);
  EXPECT_FALSE(Of(ter, SelectionRule::kOracle).leaky);
}

TEST(Selection, PointsThatValidateWithOtherClipsAreNotCompared) {
  SweepPlan plan = MakeTestPlan(
      "study-1", {{.name = "dsid", .alphas = {0.1, 0.5}},
                  {.name = "dsid", .alphas = {1}, .validation = Validation::kInnerSplit}});
  plan.config_json = AlphaPlan("study-1", {}).config_json;
  GradedStore store;
  store.FinishGraded(plan, Held);
  EXPECT_EQ(Of(SelectIn(store).tasks[0], SelectionRule::kValidation).unavailable,
            "the points do not validate with the same clips: inner-subject, inner-split");
}

TEST(Selection, AGridOverWhatChoosesTheEpochIsMarked) {
  for (const std::string key : {"train.max_epochs", "train.monitor", "train.patience"}) {
    SweepPlan plan = AlphaPlan("study-1", kAlphas);
    for (JobUse& use : plan.uses) use.point.replace(use.point.find("loss.alpha"), 10, key);
    GradedStore store;
    store.FinishGraded(plan, Held);
    const SweepSelection selection = SelectIn(store);
    EXPECT_THAT(Of(selection.tasks[0], SelectionRule::kValidation).caution,
                HasSubstr("moves " + key));
    EXPECT_EQ(Of(selection.tasks[0], SelectionRule::kOthers).caution, "");
    EXPECT_THAT(SelectionText(selection), HasSubstr("the score favours some of them"));
  }
}

TEST(Selection, WithoutValidationThatRuleIsNotThere) {
  GradedStore store;
  store.FinishGraded(AlphaPlan("study-1", kAlphas, 7), [](const JobSpec& spec) {
    Grade grade = Held(spec);
    grade.validated = false;
    return grade;
  });
  const TaskSelection ter = SelectIn(store).tasks[0];
  EXPECT_NE(Of(ter, SelectionRule::kValidation).unavailable, "");
  EXPECT_EQ(Of(ter, SelectionRule::kOthers).unavailable, "");
  EXPECT_THAT(Of(ter, SelectionRule::kStudy).unavailable, HasSubstr("not in the grid"));
}

TEST(Selection, AnExperimentWithoutValuesHasNoPointOfItsOwn) {
  SweepPlan plan = AlphaPlan("study-1", kAlphas);
  plan.config_json = R"({"experiments":{"dsid":null}})";
  GradedStore store;
  store.FinishGraded(plan, Held);
  EXPECT_THAT(Of(SelectIn(store).tasks[0], SelectionRule::kStudy).unavailable,
              HasSubstr("not in the grid"));
}

TEST(Selection, NothingIsChosenBeforeAllFoldsAreDone) {
  GradedStore store;
  const SweepPlan plan = AlphaPlan("study-1", kAlphas);
  store.Register(plan);
  store.Finish(plan.jobs.front());
  const SweepSelection selection = SelectIn(store);
  EXPECT_EQ(selection.tasks[0].incomplete, "8 folds are not done");
  EXPECT_TRUE(selection.tasks[0].selections.empty());
  EXPECT_THAT(SelectionText(selection), HasSubstr("dsid, TER: 8 folds are not done"));
}

TEST(Selection, OnePointIsNoChoice) {
  GradedStore store;
  store.FinishGraded(AlphaPlan("study-1", {0.5}), Held);
  auto reader = StoreReader::Open(store.paths());
  const auto selection = SelectPoints(**reader, "");
  ASSERT_FALSE(selection.ok());
  EXPECT_EQ(selection.error().code, ErrorCode::kUsage);
}

TEST(Selection, TextHidesNothing) {
  SweepSelection selection;
  selection.sweep = "a\u202Eb";
  EXPECT_THAT(SelectionText(selection), HasSubstr("Sweep a\\u202Eb\n"));
}

TEST(Selection, JsonHasEveryChoice) {
  GradedStore store;
  store.FinishGraded(AlphaPlan("study-1", kAlphas), Held);
  const auto json = nlohmann::json::parse(SelectionJson(SelectIn(store)));
  const auto& others = json["selections"][0]["selections"][1];
  EXPECT_EQ(others["rule"], "others");
  EXPECT_EQ(others["folds"][0]["subject"], "01");
  EXPECT_EQ(others["folds"][0]["point"]["loss.alpha"], 0.1);
  EXPECT_EQ(others["price_interval"].size(), 2U);
}

}  // namespace
}  // namespace unmask

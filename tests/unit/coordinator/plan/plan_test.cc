#include "coordinator/plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "common/base/files.h"
#include "common/base/sha256.h"
#include "common/data/dataset.h"
#include "common/data/pictures.h"
#include "common/synth_faces/synth_faces.h"
#include "common/synth_model/synth_model.h"
#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

class PlanTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) const {
    const fs::path path = folder_ / name;
    EXPECT_TRUE(WriteFileDurably(path, text).ok());
    return path.string();
  }

  // Three subjects with two masked clips each and one that is not.
  std::string Manifest(const std::string& name = "m.csv", int subjects = 3) const {
    std::string csv = "sample,subject,true,disguised,onset,apex,offset,frames,action_units\n";
    for (int s = 0; s < subjects; ++s) {
      const std::string id = std::to_string(s);
      csv += "a" + id + ",s" + id + ",an,ha,1,2,3,,1 4\n";
      csv += "b" + id + ",s" + id + ",ha,an,1,2,3,,6 12\n";
      csv += "c" + id + ",s" + id + ",ha,ha,1,2,3,,6 12\n";
    }
    return Write(name, csv);
  }

  const TempFolder temp_;
  const fs::path folder_ = temp_.path();
};

Study Parse(const std::string& text, const std::vector<std::string>& overrides) {
  auto study = ParseStudy(text, "s.yaml", overrides);
  if (!study.ok()) ADD_FAILURE() << FormatError(study.error());
  return *std::move(study);
}

PlanOutput Plan(const std::string& text, const std::vector<std::string>& overrides = {},
                const PlanOptions& options = {}) {
  auto plan = MakePlan(Parse(text, overrides), options);
  if (!plan.ok()) ADD_FAILURE() << FormatError(plan.error());
  return *std::move(plan);
}

std::string ErrorOf(const std::string& text, const std::vector<std::string>& overrides = {},
                    const PlanOptions& options = {}) {
  const auto plan = MakePlan(Parse(text, overrides), options);
  return plan.ok() ? "" : FormatError(plan.error());
}

std::vector<std::string> Keys(const PlanOutput& output) {
  std::vector<std::string> keys;
  for (const PlannedJob& job : output.plan.jobs) keys.push_back(job.key);
  return keys;
}

constexpr char kShared[] = R"(
grid: {shape: lines, alpha: [0, 0.5], beta: [1]}
experiments:
  dsid: {}
  no-hsic: {grid: false, loss: {alpha: 0, hsic: biased}}
  one: {model.kind: single-task}
)";

TEST_F(PlanTest, ClipsWithoutActionUnitsAreCounted) {
  const std::string header =
      "sample,subject,true,disguised,onset,apex,offset,frames,action_units\n";
  std::string rows;
  for (const std::string s : {"1", "2", "3"}) {
    rows += "a" + s + "," + s + ",an,ha,1,2,3,,\nb" + s + "," + s + ",ha,an,1,2,3,,6 12\n";
  }
  const std::string text = "dataset.manifest: " + Write("few.csv", header + rows);
  EXPECT_THAT(Plan(text).notes,
              ElementsAre(HasSubstr("3 of 6 clips (dataset.clips=masked) have no")));
  // A single task reads fewer columns of the same clips.
  EXPECT_THAT(Plan(text + "\nexperiments: {two: {}, one: {model.kind: single-task}}").notes,
              ElementsAre(HasSubstr("3 of 6 clips")));
  EXPECT_THAT(Plan("dataset.manifest: " + Manifest()).notes, ElementsAre());
}

TEST_F(PlanTest, EachSubjectIsHeldOutOnceAndSharedJobsArePlannedOnce) {
  const PlanOutput output = Plan(kShared, {"dataset.manifest=" + Manifest()});
  // dsid: alpha 0 and 0.5; no-hsic is dsid at alpha 0; a single task has no alpha.
  EXPECT_EQ(output.plan.uses.size(), 3U * (2 + 1 + 2));
  EXPECT_EQ(output.plan.jobs.size(), 3U * (2 + 0 + 1));
  EXPECT_EQ(output.trainings.size(), 2U + 1 + 2);
  const std::vector<std::string> keys = Keys(output);
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), keys.size());
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> folds;
  for (const JobUse& use : output.plan.uses) {
    folds[{use.experiment, use.point}].push_back(use.held_out);
    EXPECT_NE(std::find(keys.begin(), keys.end(), use.job_key), keys.end());
  }
  EXPECT_EQ(folds.size(), 5U);
  for (const auto& [cell, subjects] : folds) {
    EXPECT_THAT(subjects, ElementsAre("s0", "s1", "s2"));
  }
  for (const PlannedJob& job : output.plan.jobs) {
    EXPECT_EQ(job.key, JobKey(job.spec));
    EXPECT_TRUE(output.blobs.contains(job.spec.dataset));
  }
  for (const JobSpec& spec : output.trainings) {
    EXPECT_EQ(DatasetBlob(output.datasets.at(spec.dataset)), output.blobs.at(spec.dataset));
  }
}

TEST_F(PlanTest, UsesSayWhatApplies) {
  const PlanOutput output = Plan(kShared, {"dataset.manifest=" + Manifest()});
  for (const JobUse& use : output.plan.uses) {
    if (use.experiment == "one") {
      EXPECT_FALSE(use.alpha || use.beta);
      EXPECT_EQ(use.hsic, "");
    } else {
      EXPECT_EQ(use.beta, 1);
      EXPECT_EQ(use.hsic, use.alpha == 0 ? "" : "paper");
    }
    EXPECT_EQ(use.validation, "inner-subject");
  }
}

TEST_F(PlanTest, BlobsHoldTheConsumedClipsAndColumnsOnly) {
  const PlanOutput output = Plan(kShared, {"dataset.manifest=" + Manifest()});
  EXPECT_EQ(output.blobs.size(), 2U);  // single-task ter does not read the disguised label
  for (const auto& [sha256, blob] : output.blobs) {
    EXPECT_EQ(Sha256Hex(blob), sha256);
    EXPECT_EQ(ParseDatasetBlob(blob)->clips.size(), 6U);  // masked
  }
  const std::string all = "dataset.clips=all";
  const PlanOutput more = Plan("{}", {"dataset.manifest=" + Manifest(), all});
  EXPECT_EQ(ParseDatasetBlob(more.blobs.begin()->second)->clips.size(), 9U);
}

TEST_F(PlanTest, JobsComeBySeedExperimentPointAndSubject) {
  const PlanOutput output =
      Plan(kShared, {"dataset.manifest=" + Manifest(), "seeds=5,2", "grid.alpha=0.5,0"});
  std::vector<std::string> order;
  for (const PlannedJob& job : output.plan.jobs) {
    order.push_back(std::to_string(job.spec.seed) + " " +
                    (job.spec.settings.model.kind == ModelKind::kDsid
                         ? std::to_string(job.spec.settings.loss.alpha).substr(0, 3)
                         : "one") +
                    " " + job.spec.held_out);
  }
  EXPECT_THAT(order,
              ElementsAre("5 0.5 s0", "5 0.5 s1", "5 0.5 s2", "5 0.0 s0", "5 0.0 s1", "5 0.0 s2",
                          "5 one s0", "5 one s1", "5 one s2", "2 0.5 s0", "2 0.5 s1", "2 0.5 s2",
                          "2 0.0 s0", "2 0.0 s1", "2 0.0 s2", "2 one s0", "2 one s1", "2 one s2"));
}

TEST_F(PlanTest, AnOrderSeedShufflesJobsAndNothingElse) {
  const std::string manifest = "dataset.manifest=" + Manifest();
  const PlanOutput straight = Plan(kShared, {manifest});
  const PlanOutput shuffled = Plan(kShared, {manifest}, {{}, 7});
  EXPECT_NE(Keys(shuffled), Keys(straight));
  EXPECT_THAT(Keys(shuffled), UnorderedElementsAreArray(Keys(straight)));
  EXPECT_EQ(Keys(shuffled), Keys(Plan(kShared, {manifest}, {{}, 7})));
  EXPECT_NE(Keys(shuffled), Keys(Plan(kShared, {manifest}, {{}, 8})));
  EXPECT_EQ(shuffled.plan.sweep, straight.plan.sweep);
}

TEST_F(PlanTest, TheSweepIsNamedByWhatIsTrained) {
  const std::string manifest = "dataset.manifest=" + Manifest();
  const PlanOutput base = Plan(kShared, {manifest});
  EXPECT_THAT(base.plan.sweep, ::testing::MatchesRegex("s-[0-9a-f]{8}"));
  EXPECT_EQ(base.plan.config_sha256, Sha256Hex(base.plan.config_json));
  EXPECT_EQ(base.plan.sweep.substr(2), base.plan.config_sha256.substr(0, 8));
  // Another path with the same content, one experiment, another title: the same sweep.
  EXPECT_EQ(Plan(kShared, {"dataset.manifest=" + Manifest("other.csv")}).plan.sweep,
            base.plan.sweep);
  EXPECT_EQ(Plan(kShared, {manifest}, {{"one"}, {}}).plan.sweep, base.plan.sweep);
  EXPECT_EQ(Plan(std::string(kShared) + "tables: {T: {rows: [dsid]}}", {manifest}).plan.sweep,
            base.plan.sweep);
  // Other content, another setting, another seed: another sweep.
  EXPECT_NE(Plan(kShared, {"dataset.manifest=" + Manifest("four.csv", 4)}).plan.sweep,
            base.plan.sweep);
  EXPECT_NE(Plan(kShared, {manifest, "train.batch=8"}).plan.sweep, base.plan.sweep);
  EXPECT_NE(Plan(kShared, {manifest, "seeds=1"}).plan.sweep, base.plan.sweep);
  EXPECT_EQ(base.plan.config_json.find("m.csv"), std::string::npos);
}

// The name was made before there was `loss.class_weights`: mend the code, never the name.
TEST_F(PlanTest, ASweepKeepsItsNameWhenASettingComes) {
  const std::string manifest = "dataset.manifest=" + Manifest();
  const PlanOutput base = Plan(kShared, {manifest});
  EXPECT_EQ(base.plan.sweep, "s-2398c958");
  EXPECT_EQ(Plan(kShared, {manifest, "loss.class_weights=none"}).plan.sweep, "s-2398c958");
  EXPECT_EQ(base.config["loss"]["class_weights"], "none");
  const PlanOutput balanced = Plan(kShared, {manifest, "loss.class_weights=balanced"});
  EXPECT_NE(balanced.plan.sweep, base.plan.sweep);
  const std::vector<std::string> keys = Keys(base);
  for (const std::string& key : Keys(balanced)) {
    EXPECT_EQ(std::ranges::find(keys, key), keys.end());
  }
  // Beside one another: the plain point has the jobs that it had.
  const PlanOutput both = Plan(kShared, {manifest, "grid.loss.class_weights=none,balanced"});
  EXPECT_THAT(Keys(both), ::testing::IsSupersetOf(keys));
}

// Its points would keep the results of what lay there before.
TEST_F(PlanTest, TheSweepIsNamedByWhatLiesAtEachOfAGridsPaths) {
  const std::string small = Manifest("small.csv");
  const std::string large = Manifest("large.csv", 4);
  const auto sweep = [&](const std::string& between) {
    return Plan("grid: {dataset.manifest: [" + small + ", " + between + ", " + large + "]}")
        .plan.sweep;
  };
  EXPECT_EQ(sweep(Manifest("copy.csv")), sweep(Manifest("other.csv")));
  EXPECT_NE(sweep(Manifest("copy.csv")), sweep(Manifest("copy.csv", 4)));
}

TEST_F(PlanTest, TheSweepIsNamedByThePicturesTheModelAndTheDetector) {
  std::string csv = "sample,subject,true,disguised,onset,apex,offset,frames,action_units\n";
  for (const std::string s : {"0", "1", "2"}) {
    csv += "a" + s + "," + s + ",an,ha,1,2,3,a.bmp,\nb" + s + "," + s + ",ha,an,1,2,3,b.bmp,\n";
  }
  fs::create_directory(folder_ / "here");
  const auto sweep = [&](const char* picture, std::int64_t model, const char* detector) {
    Write("a.bmp", "BM a");
    Write("b.bmp", picture);
    for (const auto& [name, bytes] : SynthModelFiles({.seed = model})) Write("here/" + name, bytes);
    return Plan("{features.source: vit, faces.detector: yunet}",
                {"dataset.manifest=" + Write("m.csv", csv),
                 "weights.vit=" + (folder_ / "here").string(),
                 "faces.yunet=" + Write("yunet.onnx", detector)})
        .plan.sweep;
  };
  const std::string name = sweep("BM b", 1, "one");
  EXPECT_EQ(sweep("BM b", 1, "one"), name);
  EXPECT_NE(sweep("BM c", 1, "one"), name);
  EXPECT_NE(sweep("BM b", 2, "one"), name);
  EXPECT_NE(sweep("BM b", 1, "two"), name);
}

TEST_F(PlanTest, AnEditedValueRetrainsOnlyWhatItTouches) {
  const std::string manifest = "dataset.manifest=" + Manifest();
  const PlanOutput before = Plan(kShared, {manifest});
  const PlanOutput after = Plan(kShared, {manifest, "experiments.one.train.batch=8"});
  const std::vector<std::string> old = Keys(before);
  const std::vector<std::string> now = Keys(after);
  EXPECT_EQ(std::count_if(now.begin(), now.end(),
                          [&](const auto& key) {
                            return std::find(old.begin(), old.end(), key) == old.end();
                          }),
            3);
}

TEST_F(PlanTest, OnlyTheExperimentsAskedFor) {
  const std::string manifest = "dataset.manifest=" + Manifest();
  EXPECT_EQ(Plan(kShared, {manifest}, {{"one"}, {}}).plan.jobs.size(), 3U);
  EXPECT_EQ(Plan(kShared, {manifest}, {{"one,dsid"}, {}}).plan.jobs.size(), 9U);
  EXPECT_EQ(Plan(kShared, {manifest}, {{"one", "dsid"}, {}}).plan.jobs.size(), 9U);
  EXPECT_EQ(ErrorOf(kShared, {manifest}, {{"dsit"}, {}}),
            "unmask: error: unknown experiment 'dsit' (--experiment): did you mean 'dsid'?");
}

TEST_F(PlanTest, NamesMayHoldCommas) {
  const std::string text = "experiments: {'a,b': {}, c: {}, a: {loss.beta: 2}}";
  const std::string manifest = "dataset.manifest=" + Manifest();
  EXPECT_EQ(Plan(text, {manifest}, {{"a,b"}, {}}).plan.uses.size(), 3U);
  EXPECT_EQ(Plan(text, {manifest}, {{"c", "a,b"}, {}}).plan.uses.size(), 6U);
  EXPECT_EQ(Plan(text, {manifest}, {{"c,a"}, {}}).plan.uses.size(), 6U);
  EXPECT_EQ(ErrorOf(text, {manifest}, {{"a", "b"}, {}}),
            "unmask: error: unknown experiment 'b' (--experiment): one of a,b, c, a");
  EXPECT_EQ(ErrorOf(text, {manifest}, {{"a,"}, {}}),
            "unmask: error: unknown experiment '' (--experiment): one of a,b, c, a");
}

TEST_F(PlanTest, SubjectsAreChosenByName) {
  const SweepPlan plan = Plan("dataset.manifest: " + Manifest()).plan;
  const std::string first = plan.uses.front().held_out;
  EXPECT_THAT(*SelectedSubjects(plan, {first}), ::testing::ElementsAre(first));
  EXPECT_THAT(*SelectedSubjects(plan, {}), ::testing::IsEmpty());
  const auto unknown = SelectedSubjects(plan, {first + ",nobody"});
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(FormatError(unknown.error()), HasSubstr("unknown subject 'nobody' (--held-out)"));
}

TEST_F(PlanTest, ASyntheticDataSetNeedsNoFile) {
  const PlanOutput output = Plan("dataset.synth: 5");
  EXPECT_EQ(output.plan.jobs.size(), 5U);
  EXPECT_EQ(ParseDatasetBlob(output.blobs.begin()->second)->clips.size(), 150U);
  // A manifest takes its place.
  EXPECT_EQ(Plan("dataset.synth: 5", {"dataset.manifest=" + Manifest()}).plan.jobs.size(), 3U);
}

TEST_F(PlanTest, CareIsEachExperimentsAndOfASharedJobTheGreatest) {
  const std::string manifest = "dataset.manifest=" + Manifest();
  const auto jobs = Plan(
                        "experiments:\n"
                        "  a: {store.keep: none}\n"
                        "  b: {store.keep: none, train.checkpoint_seconds: 5}\n"
                        "  c: {model.adapter: 8, store.keep: none}\n"
                        "  d: {model.adapter: 16, train.checkpoint_seconds: 60}",
                        {manifest})
                        .plan.jobs;
  ASSERT_EQ(jobs.size(), 9U);  // a's and b's are the same
  EXPECT_EQ(jobs[0].checkpoint_seconds, 5);
  EXPECT_FALSE(jobs[0].keep_best);
  EXPECT_EQ(jobs[3].checkpoint_seconds, 30);
  EXPECT_FALSE(jobs[3].keep_best);
  EXPECT_EQ(jobs[6].checkpoint_seconds, 60);
  EXPECT_TRUE(jobs[6].keep_best);
}

TEST_F(PlanTest, TheResolvedConfigurationIsAStudyAgain) {
  const std::string manifest = "dataset.manifest=" + Manifest();
  const PlanOutput output = Plan(kShared, {manifest, "train.batch=8"});
  EXPECT_EQ(output.config["train"]["batch"], 8);
  EXPECT_EQ(output.config["experiments"]["one"]["train"]["batch"], 8);
  EXPECT_EQ(output.config["experiments"]["no-hsic"]["loss"]["alpha"], 0.0);
  const auto again = ParseStudy(output.config.dump(), "again.yaml", {});
  ASSERT_TRUE(again.ok()) << FormatError(again.error());
  EXPECT_THAT(Keys(*MakePlan(*again, {})), UnorderedElementsAreArray(Keys(output)));
}

TEST_F(PlanTest, WhatDoesNotGoTogetherIsSaidByName) {
  const std::string manifest = "dataset.manifest=" + Manifest();
  const auto error = [&](const char* setting) {
    return ErrorOf("{}", {manifest, "weights.vit=folder", setting});
  };
  EXPECT_EQ(error("train.devices=2"),
            "unmask: error: train.devices=2 without features.finetune=true (experiment 'main'): 1: "
            "other jobs run beside one another");
  EXPECT_EQ(
      error("features.source=vit"),
      "unmask: error: no model in 'folder': config.json is missing (weights.vit): a Hugging Face "
      "folder, such as google/vit-base-patch16-224-in21k");
  EXPECT_EQ(error("features.finetune=true"),
            "unmask: error: features.finetune=true without a backbone (experiment 'main'): "
            "features.source=vit, clip or resnet18");
  EXPECT_EQ(error("model.kind=clip-prompt"),
            "unmask: error: features.source=action-units with model.kind=clip-prompt (experiment "
            "'main'): clip");
  EXPECT_THAT(ErrorOf("{}", {manifest, "features.source=vit", "features.finetune=true",
                             "weights.synth=1", "train.devices=3", "train.batch=2"}),
              HasSubstr("train.devices=3 with train.batch=2"));
  EXPECT_EQ(ErrorOf("{}", {manifest, "loss.hsic=unbiased", "train.batch=3"}),
            "unmask: error: train.batch=3 is too small for loss.hsic=unbiased (experiment "
            "'main'): a batch of at least 4 clips");
  EXPECT_EQ(ErrorOf("{}", {manifest, "train.engine=lanes"}), "");
  EXPECT_EQ(ErrorOf("{}", {manifest, "train.device=cuda"}), "");  // the machine decides
  EXPECT_EQ(ErrorOf("{}", {manifest, "train.device=cuda", "train.engine=core"}),
            "unmask: error: train.engine=core runs on CPUs alone (experiment 'main'): "
            "train.engine=lanes, or train.device=cpu");
  EXPECT_EQ(ErrorOf("{}", {manifest, "train.device=cuda", "train.engine=reference"}), "");
  EXPECT_EQ(ErrorOf("{}", {manifest, "train.device=cuda", "features.source=vit", "weights.synth=1",
                           "features.precision=bfloat16"}),
            "unmask: error: features.precision=bfloat16 with train.device=cuda (experiment "
            "'main'): float32");
  // An experiment that is not asked for may lack its model.
  EXPECT_EQ(ErrorOf("experiments: {a: {}, b: {features.source: vit}}", {manifest}, {{"a"}, {}}),
            "");
  EXPECT_EQ(
      ErrorOf("experiments: {a: {}, b: {dataset.manifest: nowhere.csv}}", {manifest}, {{"a"}, {}}),
      "");
}

// What is in it counts, for the clips that a study sees; where it lies does not.
TEST_F(PlanTest, ATableOfFeaturesIsKnownByItsContent) {
  const std::string manifest = "dataset.manifest=" + Manifest();
  const auto table = [&](const std::string& name, const char* last) {
    return "features.table=" + Write(name, std::string("sample,x\na0,1\nb0,2\na1,3\nb1,4\na2,5\n"
                                                       "c0,") +
                                               last);
  };
  const auto plan = [&](const std::string& file) {
    return Plan("features.source: table", {manifest, file});
  };
  const PlanOutput output = plan(table("f.csv", "0\nb2,6\n"));
  const PlanOutput elsewhere = plan(table("g.csv", "9\nb2,6\n"));
  EXPECT_EQ(output.plan.sweep, elsewhere.plan.sweep);
  EXPECT_EQ(Keys(output), Keys(elsewhere));
  EXPECT_EQ(output.plan.jobs[0].spec.settings.features.table, "");
  const PlanOutput other = plan(table("h.csv", "0\nb2,7\n"));
  EXPECT_NE(output.plan.sweep, other.plan.sweep);
  EXPECT_NE(Keys(output), Keys(other));
  EXPECT_THAT(ErrorOf("features.source: table", {manifest, table("i.csv", "0\n")}),
              HasSubstr("clip 'b2' has no features"));
  EXPECT_EQ(ErrorOf("features.source: table", {manifest}),
            "unmask: error: features.source=table names no table (experiment 'main'): "
            "features.table=FILE.csv");
  EXPECT_EQ(ErrorOf("features.table: f.csv", {manifest}),
            "unmask: error: features.table has no effect (features.source): features.source=table");
  EXPECT_EQ(ErrorOf("features.table: " + (folder_ / "f.csv").string() +
                        "\nexperiments: {a: {}, b: {features.source: table}}",
                    {manifest}),
            "");
}

TEST_F(PlanTest, BanksDifferWhereTheirViewsDo) {
  const PlanOutput output = Plan(
      "dataset.synth: 3\nfeatures.source: vit\nweights.synth: 1\naugment.views: 2\n"
      "experiments: {a: {}, b: {augment.seed: 1}, c: {loss.alpha: 0}, d: {augment.views: 3}}",
      {});
  std::map<std::string, std::set<std::string>> banks;  // of trainings, by the bank
  std::map<std::string, std::int64_t> views;           // that are made, by the bank
  std::int64_t others = 0;                             // crops, the plain view
  for (const PlannedJob& job : output.plan.jobs) {
    if (job.spec.kind == JobKind::kTrain) {
      banks[job.view_set].insert(job.key);
    } else if (job.view >= 0) {
      EXPECT_EQ(job.view, views[job.view_set]++);
    } else {
      ++others;
    }
  }
  EXPECT_EQ(others, 2);
  ASSERT_EQ(banks.size(), 2U);
  for (const auto& [bank, jobs] : banks) {
    EXPECT_EQ(views.at(bank), jobs.size() == 3 ? 2 : 3) << bank;  // b alone, or a, c and d
  }
}

TEST_F(PlanTest, TrainingsWaitForThePlainViewOrForTheCrops) {
  const PlanOutput output = Plan(
      "dataset.synth: 3\nfeatures.source: vit\nweights.synth: 1\naugment.views: 2\n"
      "experiments: {a: {}, b: {features.bank: false, loss.alpha: 0}, c: {features.finetune: "
      "true}}",
      {});
  std::map<std::string, JobSpec> specs;
  for (const PlannedJob& job : output.plan.jobs) specs[job.key] = job.spec;
  for (const PlannedJob& job : output.plan.jobs) {
    if (job.spec.kind != JobKind::kTrain) continue;
    const bool banked = !job.spec.settings.features.finetune && job.spec.settings.loss.alpha > 0;
    ASSERT_EQ(job.dependencies.size(), 1U);
    EXPECT_EQ(specs.at(job.dependencies[0]).view, banked ? kPlainView : kCropsView);
    EXPECT_EQ(job.views, banked ? 2 : 0);
  }
}

TEST_F(PlanTest, ZeroShotReadsOneViewOfMany) {
  const PlanOutput output = Plan(
      "dataset.synth: 3\nfeatures.source: clip\nmodel.kind: clip-zero-shot\nweights.synth: 1\n"
      "augment.views: 7\n",
      {});
  std::int64_t views = 0;
  for (const PlannedJob& job : output.plan.jobs) {
    if (job.spec.kind == JobKind::kFeatures && job.view >= 0) ++views;
    if (job.spec.kind == JobKind::kTrain) {
      EXPECT_EQ(job.views, 1);
    }
  }
  EXPECT_EQ(views, 1);
}

TEST_F(PlanTest, AllFaultyModelsAreToldAtOnce) {
  const std::string error = ErrorOf(
      "dataset.synth: 3\nexperiments: {a: {features.source: vit}, b: {features.source: vit, "
      "loss.alpha: 0}, c: {features.source: clip}}",
      {"weights.vit=none", "weights.clip=neither"});
  EXPECT_THAT(error, HasSubstr("none"));
  EXPECT_THAT(error, HasSubstr("neither"));
  EXPECT_EQ(std::ranges::count(error, '\n'), 1) << error;  // a and b have one fault
}

TEST_F(PlanTest, AFolderIsNotTheDrawnModelThatItIsNamedLike) {
  const std::string error = ErrorOf(
      "dataset.synth: 3\nfeatures.source: vit\n"
      "experiments: {a: {weights.synth: 1}, b: {weights.vit: vit 1}}");
  EXPECT_THAT(error, HasSubstr("no model in 'vit 1'"));
}

TEST_F(PlanTest, EqualContentInTwoPlacesIsReadFromTheFirst) {
  for (const char* folder : {"here", "there"}) {
    fs::create_directory(folder_ / folder);
    for (const auto& [name, bytes] : SynthModelFiles({.seed = 1})) {
      Write(std::string(folder) + "/" + name, bytes);
    }
  }
  const fs::path drawn = folder_ / "drawn";
  ASSERT_TRUE(WriteSynthFaces({.subjects = 3, .seed = 0}, drawn).ok());
  const auto own = [&](const char* model) { return "weights.vit: " + (folder_ / model).string(); };
  const PlanOutput output = Plan(
      "features.source: vit\ndataset.synth: 3\nexperiments:\n  a: {" + own("here") + "}\n  b: {" +
      own("there") + ", dataset.manifest: " + (drawn / "manifest.csv").string() + "}\n");
  ASSERT_EQ(output.models.size(), 1U);
  const auto& [sha256, model] = *output.models.begin();
  EXPECT_EQ(model.folder, folder_ / "here");
  EXPECT_EQ(output.files.at("paths/" + sha256), PathText(model.folder));
  // Those of `a`, which the store keeps.
  EXPECT_EQ(output.files.size(), 2U);
  EXPECT_TRUE(output.frames.empty());
}

TEST_F(PlanTest, ADetectorIsReadOnce) {
  Settings::Faces faces;
  faces.detector = FaceDetector::kYunet;
  faces.yunet = Write("yunet.onnx", "one");
  ModelSource models;
  EXPECT_EQ(*models.Detector(faces), Sha256Hex("one"));
  Write("yunet.onnx", "two");
  EXPECT_EQ(*models.Detector(faces), Sha256Hex("one"));
  EXPECT_EQ(models.detectors().size(), 1U);
}

TEST_F(PlanTest, ASweepHasTwoMillionFoldsAtMost) {
  std::string numbers = "0";
  for (int i = 1; i < 1000; ++i) numbers += "," + std::to_string(i);
  const std::string text = "grid: {alpha: [" + numbers + "]}";
  PlanOptions only_check;
  only_check.only_check = true;
  const std::string manifest = "dataset.manifest=" + Manifest();
  EXPECT_EQ(ErrorOf(text, {manifest}, only_check), "");
  EXPECT_THAT(ErrorOf(text, {manifest, "seeds=" + numbers}, only_check),
              HasSubstr("the sweep has 3000000 folds (s): at most 2000000"));
}

TEST_F(PlanTest, DataErrors) {
  EXPECT_EQ(ErrorOf("{}"),
            "unmask: error: no data set is named (dataset.manifest): dataset.manifest=FILE");
  const auto missing = MakePlan(Parse("{}", {"dataset.manifest=/nonexistent.csv"}), {});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(ExitCode(missing.error().code), 3);
  const std::string two = "dataset.manifest=" + Manifest("two.csv", 2);
  EXPECT_THAT(ErrorOf("{}", {two}), HasSubstr("2 subject(s) in the selected clips"));
  EXPECT_EQ(ErrorOf("{}", {two, "train.validation=inner-split"}), "");
  const std::string one = "dataset.manifest=" + Manifest("one.csv", 1);
  EXPECT_THAT(ErrorOf("{}", {one, "train.validation=none"}), HasSubstr("1 subject(s)"));
}

}  // namespace
}  // namespace unmask

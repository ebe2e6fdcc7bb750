// The configurations that come with the program, and overrides reaching what they should.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "common/config/schema.h"
#include "common/config/study.h"
#include "common/jobs/job.h"
#include "coordinator/plan/plan.h"

namespace unmask {
namespace {

using ::testing::ElementsAre;
using Json = nlohmann::ordered_json;

const std::string kPaper = UNMASK_SOURCE_DIR "/configs/mfed-action-units.yaml";
const std::string kImages = UNMASK_SOURCE_DIR "/configs/paper.yaml";
const std::string kLeak = UNMASK_SOURCE_DIR "/configs/leak.yaml";
const std::string kSeeds = UNMASK_SOURCE_DIR "/configs/seeds.yaml";
const std::string kDemo = UNMASK_SOURCE_DIR "/configs/demo.yaml";

Study Load(const std::string& path, const std::vector<std::string>& overrides = {}) {
  auto study = LoadStudy(path, overrides);
  if (!study.ok()) ADD_FAILURE() << FormatError(study.error());
  return *std::move(study);
}

std::vector<std::string> Points(const Study& study, std::size_t experiment) {
  std::vector<std::string> points;
  for (const GridPoint& point : PointsOf(study, study.experiments[experiment])) {
    points.push_back(PointJson(point));
  }
  return points;
}

TEST(PaperConfigTest, IsThePapersStudy) {
  const Study study = Load(kPaper);
  EXPECT_EQ(study.settings, Settings{});  // the defaults are the paper's
  std::vector<std::string> names;
  for (const Experiment& experiment : study.experiments) names.push_back(experiment.name);
  EXPECT_THAT(names, ElementsAre("dsid", "dsid-no-hsic", "single-task-ter", "single-task-der"));
  const std::vector<std::string> points = Points(study, 0);
  EXPECT_EQ(points.size(), 11U);  // two lines of six that cross in (0.5, 1)
  EXPECT_EQ(std::count(points.begin(), points.end(), R"({"loss.alpha":0.5,"loss.beta":1})"), 1);
  for (std::size_t e = 1; e < 4; ++e) EXPECT_THAT(Points(study, e), ElementsAre("{}"));
  EXPECT_EQ(study.experiments[1].settings.loss.alpha, 0);
  EXPECT_EQ(study.experiments[3].settings.model.task, Task::kDer);
}

TEST(PaperConfigTest, NeedsOnlyItsManifest) {
  const Study study = Load(kPaper, {"dataset.synth=22"});
  const auto plan = MakePlan(study, {});
  ASSERT_TRUE(plan.ok()) << FormatError(plan.error());
  EXPECT_EQ(plan->plan.jobs.size(), 22U * 14);
}

TEST(PaperConfigTest, TablesAreTestedAgainstTheirBaselines) {
  const Json tables = Json::parse(Load(kPaper).tables_json);
  EXPECT_EQ(tables["II"]["reference"], "Single-task");
  EXPECT_EQ(tables["III"]["reference"], "0.5");
  EXPECT_EQ(tables["IV"]["reference"], "1");
}

// What a cell of a table is trained with, as text.
std::string TrainedWith(const Study& study, const Json& cell) {
  const auto at =
      std::ranges::find(study.experiments, std::string(cell["experiment"]), &Experiment::name);
  UNMASK_CHECK(at != study.experiments.end());
  for (const GridPoint& point : PointsOf(study, *at)) {
    if (Json::parse(PointJson(point)) != cell["point"]) continue;
    return NamingSettingsJson(Reduce(SettingsAt(*at, point))).dump();
  }
  return "";
}

TEST(ImagesConfigTest, TheTablesShowEighteenConfigurationsAndNoOther) {
  const Study study = Load(kImages);
  std::set<std::string> trained;
  for (const Experiment& experiment : study.experiments) {
    for (const GridPoint& point : PointsOf(study, experiment)) {
      trained.insert(NamingSettingsJson(Reduce(SettingsAt(experiment, point))).dump());
    }
  }
  EXPECT_EQ(trained.size(), 18U);  // x 22 folds = 396 runs
  const Json tables = Json::parse(study.tables_json);
  const std::map<std::string, std::size_t> rows = {
      {"I", 2}, {"II", 3}, {"III", 6}, {"IV", 6}, {"V", 4}};
  std::set<std::string> shown;
  for (const auto& [id, count] : rows) {
    ASSERT_EQ(tables[id]["rows"].size(), count) << id;
    for (const Json& row : tables[id]["rows"]) {
      const Json& cell = row["cells"][0];
      for (const char* task : {"ter", "der"}) {
        if (id == "V" && task == std::string("der")) continue;
        shown.insert(TrainedWith(study, cell[task]));
        EXPECT_TRUE(cell["published"][task].contains("macro_f1")) << id << " " << row["label"];
      }
    }
  }
  EXPECT_EQ(shown, trained);
}

TEST(ImagesConfigTest, DiffersFromTheActionUnitsInItsPicturesAlone) {
  Settings settings = Load(kImages).settings;
  EXPECT_EQ(settings.features.source, FeatureSource::kClip);
  EXPECT_EQ(settings.features.normalize, Normalization::kImagenet);
  settings.features = {};
  EXPECT_EQ(settings, Settings{});
}

TEST(ImagesConfigTest, NamesTheModelsWhoseFoldersAreMissing) {
  const auto plan = MakePlan(Load(kImages, {"dataset.synth=3"}), {});
  ASSERT_FALSE(plan.ok());
  const std::string errors = FormatError(plan.error());
  for (const char* expected :
       {"weights.clip=FOLDER with the files of huggingface.co/openai/clip-vit-base-patch16",
        "weights.vit=FOLDER with the files of huggingface.co/google/vit-base-patch16-224-in21k",
        "weights.resnet18=FOLDER with the files of huggingface.co/microsoft/resnet-18"}) {
    EXPECT_NE(errors.find(expected), std::string::npos) << errors;
  }
}

TEST(ImagesConfigTest, PromptsAreOfClipAndOfLibtorch) {
  const auto refused = [](const std::vector<std::string>& overrides) {
    const auto plan = MakePlan(Load(kImages, overrides), {});
    return plan.ok() ? "" : FormatError(plan.error());
  };
  EXPECT_NE(refused({"experiments.clip.features.source=vit"})
                .find("features.source=vit with model.kind=clip-prompt"),
            std::string::npos);
  EXPECT_NE(refused({"experiments.clip.train.engine=core"})
                .find("train.engine=core with model.kind=clip-prompt"),
            std::string::npos);
}

// Two tables of four rows whose cells differ in the validation alone.
TEST(LeakConfigTest, PutsTheFourPoliciesSideBySide) {
  const Study study = Load(kLeak, {"dataset.synth=22"});
  const std::vector<Validation> policies = {Validation::kInnerSubject, Validation::kInnerSplit,
                                            Validation::kNone, Validation::kLeaky};
  const Json tables = Json::parse(study.tables_json);
  for (const char* table : {"dsid", "single-task"}) {
    ASSERT_EQ(tables[table]["rows"].size(), policies.size());
    for (const char* task : {"ter", "der"}) {
      for (std::size_t row = 0; row < policies.size(); ++row) {
        const std::string name = tables[table]["rows"][row]["cells"][0][task]["experiment"];
        const auto at = std::ranges::find(study.experiments, name, &Experiment::name);
        ASSERT_NE(at, study.experiments.end());
        Settings settings = at->settings;
        EXPECT_EQ(settings.train.validation, policies[row]) << name;
        settings.train.validation = {};
        settings.model = {};
        EXPECT_EQ(settings, [&] {
          Settings plain = study.settings;
          plain.train.validation = {};
          return plain;
        }());
        EXPECT_EQ(at->settings.model.kind == ModelKind::kSingleTask,
                  std::string(table) == "single-task");
      }
    }
  }
  const auto plan = MakePlan(study, {});
  ASSERT_TRUE(plan.ok()) << FormatError(plan.error());
  EXPECT_EQ(plan->plan.jobs.size(), 22U * 12);
}

TEST(SeedsConfigTest, RunsTheAblationSeveralTimes) {
  const Study study = Load(kSeeds, {"dataset.synth=22"});
  EXPECT_GE(study.seeds.size(), 3U);
  EXPECT_EQ(study.settings.loss, Settings{}.loss);
  const auto plan = MakePlan(study, {});
  ASSERT_TRUE(plan.ok()) << FormatError(plan.error());
  EXPECT_EQ(plan->plan.jobs.size(), 22U * 4 * study.seeds.size());
}

TEST(PaperConfigTest, OverridesReachEveryExperiment) {
  for (const Experiment& experiment : Load(kPaper, {"train.max_epochs=20"}).experiments) {
    EXPECT_EQ(experiment.settings.train.max_epochs, 20) << experiment.name;
  }
  const Study biased = Load(kPaper, {"loss.hsic=biased"});
  for (const Experiment& experiment : biased.experiments) {
    EXPECT_EQ(experiment.settings.loss.hsic, HsicKind::kBiased) << experiment.name;
  }
  EXPECT_TRUE(biased.notes.empty());
}

TEST(PaperConfigTest, TheGridCanBeReplaced) {
  const Study study = Load(kPaper, {"grid.alpha=0,50", "grid.beta=1"});
  EXPECT_THAT(Points(study, 0),
              ElementsAre(R"({"loss.alpha":0,"loss.beta":1})", R"({"loss.alpha":50,"loss.beta":1})",
                          R"({"loss.alpha":0.5,"loss.beta":1})"));
  // The experiment without HSIC is the same work as alpha 0.
  const Study synthetic = Load(kPaper, {"grid.alpha=0,50", "dataset.synth=4"});
  const auto plan = MakePlan(synthetic, {{"dsid", "dsid-no-hsic"}, {}});
  ASSERT_TRUE(plan.ok());
  std::set<std::string> plain;
  std::set<std::string> zero;
  for (const JobUse& use : plan->plan.uses) {
    if (use.experiment == "dsid-no-hsic") plain.insert(use.job_key);
    if (use.experiment == "dsid" && use.alpha == 0) zero.insert(use.job_key);
  }
  EXPECT_EQ(plain.size(), 4U);
  EXPECT_EQ(plain, zero);
}

TEST(PaperConfigTest, AlphaAsAnOverrideSaysWhereItDoesNotReach) {
  const Study study = Load(kPaper, {"loss.alpha=50"});
  ASSERT_EQ(study.notes.size(), 2U);
  EXPECT_NE(study.notes[0].find("'dsid-no-hsic'"), std::string::npos);
  EXPECT_NE(study.notes[1].find("lines of loss.beta"), std::string::npos);
}

TEST(PaperConfigTest, PublishedValuesStandBesideTheirPoints) {
  const Json tables = Json::parse(Load(kPaper).tables_json);
  ASSERT_EQ(tables.size(), 3U);
  EXPECT_EQ(tables["II"]["published_label"], "paper (images)");
  const Json& ablation = tables["II"]["rows"];
  ASSERT_EQ(ablation.size(), 3U);
  EXPECT_EQ(ablation[0]["cells"][0]["der"]["experiment"], "single-task-der");
  EXPECT_EQ(ablation[2]["cells"][0]["published"]["ter"]["accuracy"], 0.3920);
  const Json& alpha = tables["III"]["rows"];
  ASSERT_EQ(alpha.size(), 6U);
  EXPECT_EQ(alpha[0]["label"], "0.1");
  EXPECT_EQ(alpha[0]["cells"][0]["ter"]["point"],
            Json::parse(R"({"loss.alpha":0.1,"loss.beta":1})"));
  EXPECT_EQ(alpha[0]["cells"][0]["published"]["der"]["accuracy"], 0.5432);
  const Json& beta = tables["IV"]["rows"];
  ASSERT_EQ(beta.size(), 6U);
  EXPECT_EQ(beta[5]["cells"][0]["der"]["point"],
            Json::parse(R"({"loss.alpha":0.5,"loss.beta":1})"));
  EXPECT_EQ(beta[5]["cells"][0]["published"]["der"]["macro_f1"], 0.5166);
  // Every row is a cell of the run.
  const Study study = Load(kPaper);
  const std::vector<std::string> points = Points(study, 0);
  for (const char* table : {"III", "IV"}) {
    for (const Json& row : tables[table]["rows"]) {
      const std::string point = row["cells"][0]["ter"]["point"].dump();
      EXPECT_EQ(std::count(points.begin(), points.end(), point), 1) << point;
    }
  }
}

TEST(DemoConfigTest, NeedsNothing) {
  const auto plan = MakePlan(Load(kDemo), {});
  ASSERT_TRUE(plan.ok()) << FormatError(plan.error());
  // Faces cut out, the plain view and four augmented ones, and the trainings.
  EXPECT_EQ(plan->plan.jobs.size(), 6 + 22U * 6);
  EXPECT_EQ(plan->plan.uses.size(), 22U * 6);
  EXPECT_EQ(Json::parse(plan->plan.tables_json).size(), 2U);
}

}  // namespace
}  // namespace unmask

#include "common/config/study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmask {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Study Load(std::string_view text, const std::vector<std::string>& overrides = {}) {
  auto study = ParseStudy(text, "s.yaml", overrides);
  if (!study.ok()) {
    ADD_FAILURE() << FormatError(study.error());
    return {};
  }
  return *std::move(study);
}

std::string ErrorOf(std::string_view text, const std::vector<std::string>& overrides = {}) {
  const auto study = ParseStudy(text, "s.yaml", overrides);
  if (study.ok()) return "";
  EXPECT_EQ(ExitCode(study.error().code), 2);
  return FormatError(study.error());
}

const Experiment& Named(const Study& study, const std::string& name) {
  for (const Experiment& experiment : study.experiments) {
    if (experiment.name == name) return experiment;
  }
  ADD_FAILURE() << "no experiment " << name;
  return study.experiments.front();
}

std::vector<std::string> Points(const Study& study, const std::string& name) {
  std::vector<std::string> points;
  for (const GridPoint& point : PointsOf(study, Named(study, name))) {
    points.push_back(PointJson(point));
  }
  return points;
}

constexpr std::string_view kThree = R"(name: three
loss: {alpha: 0.5, beta: 1}
grid:
  shape: lines
  alpha: [0.1, 0.5]
  beta: [0.5, 1]
experiments:
  dsid:
  no-hsic:
    grid: false
    loss.alpha: 0
  "one: ter":
    grid: false
    model: {kind: single-task}
)";

TEST(StudyTest, AnEmptyMapIsAStudyOfDefaults) {
  const Study study = Load("{}");
  EXPECT_EQ(study.name, "s");
  EXPECT_EQ(study.settings, Settings{});
  EXPECT_THAT(study.seeds, ElementsAre(0));
  ASSERT_EQ(study.experiments.size(), 1U);
  EXPECT_EQ(study.experiments[0].name, "main");
  EXPECT_EQ(study.tables_json, "{}");
  EXPECT_THAT(Points(study, "main"), ElementsAre("{}"));
}

TEST(StudyTest, NestedAndDottedKeysAreTheSame) {
  const Study nested = Load("loss: {alpha: 2, hsic: biased}\ntrain:\n  batch: 8\n");
  const Study dotted = Load("loss.alpha: 2\nloss.hsic: biased\ntrain.batch: 8\n");
  EXPECT_EQ(nested.settings, dotted.settings);
  EXPECT_EQ(nested.settings.loss.alpha, 2);
  EXPECT_EQ(nested.settings.loss.hsic, HsicKind::kBiased);
  EXPECT_EQ(nested.settings.train.batch, 8);
}

TEST(StudyTest, ExperimentsComeInTheOrderOfTheFile) {
  const Study study = Load(kThree);
  ASSERT_EQ(study.experiments.size(), 3U);
  EXPECT_EQ(study.experiments[0].name, "dsid");
  EXPECT_EQ(study.experiments[1].name, "no-hsic");
  EXPECT_EQ(study.experiments[2].name, "one: ter");
  EXPECT_TRUE(study.experiments[0].grid);
  EXPECT_FALSE(study.experiments[1].grid);
  EXPECT_EQ(study.experiments[1].settings.loss.alpha, 0);
  EXPECT_EQ(study.experiments[2].settings.model.kind, ModelKind::kSingleTask);
}

TEST(StudyTest, PrecedenceHasFourLayers) {
  const std::string text = "train.batch: 10\nexperiments:\n  e: {train.batch: 30}\n  f: {}\n";
  EXPECT_EQ(Named(Load(text), "f").settings.train.batch, 10);
  EXPECT_EQ(Named(Load(text, {"train.batch=20"}), "f").settings.train.batch, 20);
  EXPECT_EQ(Named(Load(text, {"train.batch=20"}), "e").settings.train.batch, 30);
  const Study all = Load(text, {"experiments.e.train.batch=40", "train.batch=20"});
  EXPECT_EQ(Named(all, "e").settings.train.batch, 40);
  EXPECT_EQ(Named(all, "f").settings.train.batch, 20);
  EXPECT_EQ(all.settings.train.batch, 20);
}

TEST(StudyTest, TheLastArgumentForAKeyWins) {
  EXPECT_EQ(Load("{}", {"train.batch=20", "train.batch=21"}).settings.train.batch, 21);
}

TEST(StudyTest, AnOverrideReachesExperimentsWithAnyName) {
  const Study study = Load("experiments: {a: {}, a.b: {}, 'c=d': {}}",
                           {"experiments.a.b.loss.alpha=3", "experiments.c=d.loss.alpha=4"});
  EXPECT_EQ(Named(study, "a").settings.loss.alpha, 0.5);
  EXPECT_EQ(Named(study, "a.b").settings.loss.alpha, 3);
  EXPECT_EQ(Named(study, "c=d").settings.loss.alpha, 4);
}

TEST(StudyTest, ExperimentsTakeOrLeaveTheGridByArgument) {
  const Study study = Load(kThree, {"experiments.dsid.grid=false"});
  EXPECT_THAT(Points(study, "dsid"), ElementsAre("{}"));
}

TEST(StudyTest, LinesGoThroughTheStudysOwnPoint) {
  const Study study = Load(kThree);
  EXPECT_THAT(Points(study, "dsid"),
              ElementsAre(R"({"loss.alpha":0.1,"loss.beta":1})",  // alpha's line
                          R"({"loss.alpha":0.5,"loss.beta":1})",  // in both
                          R"({"loss.alpha":0.5,"loss.beta":0.5})"));
  EXPECT_THAT(Points(study, "no-hsic"), ElementsAre("{}"));
}

TEST(StudyTest, LinesGoThroughTheExperimentsPointWhereItHasOne) {
  const Study study = Load(
      "grid: {shape: lines, alpha: [0.1], beta: [2]}\n"
      "experiments: {e: {loss.beta: 7}}");
  EXPECT_THAT(Points(study, "e"), ElementsAre(R"({"loss.alpha":0.1,"loss.beta":7})",
                                              R"({"loss.alpha":0.5,"loss.beta":2})"));
}

TEST(StudyTest, AProductHasTheLastKeyFastest) {
  const Study study = Load("grid: {loss.hsic: [paper, biased], alpha: [1, 2]}");
  EXPECT_THAT(Points(study, "main"), ElementsAre(R"({"loss.alpha":1,"loss.hsic":"paper"})",
                                                 R"({"loss.alpha":2,"loss.hsic":"paper"})",
                                                 R"({"loss.alpha":1,"loss.hsic":"biased"})",
                                                 R"({"loss.alpha":2,"loss.hsic":"biased"})"));
}

// The sweep's name does not depend on the order of keys either.
TEST(StudyTest, APointIsTheSameWhicheverWayRoundItsAxesStand) {
  EXPECT_EQ(Points(Load("grid: {beta: [3], alpha: [1]}"), "main"),
            Points(Load("grid: {alpha: [1], beta: [3]}"), "main"));
}

TEST(StudyTest, EqualValuesAreOnePoint) {
  EXPECT_THAT(Points(Load("grid: {alpha: [0.5, 5e-1, .5, 1]}"), "main"),
              ElementsAre(R"({"loss.alpha":0.5})", R"({"loss.alpha":1})"));
}

// The sweep's name does not depend on them, so a second spelling would be further points of it.
TEST(StudyTest, APointIsTheSameHoweverItsPathIsWritten) {
  EXPECT_THAT(Points(Load("grid: {dataset.manifest: [s.csv, ./s.csv, b.csv]}"), "main"),
              ElementsAre(R"({"dataset.manifest":"s.csv"})", R"({"dataset.manifest":"b.csv"})"));
}

TEST(StudyTest, ListsOnTheCommandLine) {
  for (const char* list : {"grid.alpha=0,50", "grid.alpha=[0,50]", "grid.loss.alpha=[ 0, 50 ]"}) {
    EXPECT_THAT(Points(Load("grid.alpha: [1, 2, 3]", {list}), "main"),
                ElementsAre(R"({"loss.alpha":0})", R"({"loss.alpha":50})"))
        << list;
  }
  EXPECT_THAT(Points(Load("{}", {"grid.train.dropout=0.25"}), "main"),
              ElementsAre(R"({"train.dropout":0.25})"));
  EXPECT_THAT(Load("seeds: 7", {}).seeds, ElementsAre(7));
  EXPECT_THAT(Load("{}", {"seeds=1,2,3"}).seeds, ElementsAre(1, 2, 3));
  EXPECT_THAT(Load("{}", {"seeds=5"}).seeds, ElementsAre(5));
}

TEST(StudyTest, AGridIsTypedAndSetsTheSettings) {
  const Study study = Load("grid: {train.validation: [none, leaky], train.batch: [4]}");
  const auto points = PointsOf(study, study.experiments[0]);
  ASSERT_EQ(points.size(), 2U);
  const Settings settings = SettingsAt(study.experiments[0], points[1]);
  EXPECT_EQ(settings.train.validation, Validation::kLeaky);
  EXPECT_EQ(settings.train.batch, 4);
}

TEST(StudyNotesTest, AShadowedOverrideIsReported) {
  EXPECT_THAT(Load(kThree, {"train.batch=8"}).notes, ElementsAre());
  EXPECT_THAT(Load("seeds: 3").notes, ElementsAre(HasSubstr("3 is one seed")));
  EXPECT_THAT(Load("seeds: [3]", {"seeds=4"}).notes, ElementsAre());
  EXPECT_THAT(Load("experiments: {e: {loss.alpha: 0}, f: {}}", {"loss.alpha=50"}).notes,
              ElementsAre("loss.alpha=50 does not reach experiment 'e', whose own setting is 0 "
                          "(experiments.e.loss.alpha=50 would)"));
  EXPECT_THAT(Load("experiments: {e: {loss.alpha: 0}}", {"loss.alpha=0"}).notes, ElementsAre());
  EXPECT_THAT(
      Load("experiments: {e: {}, f: {}}", {"loss.alpha=50", "experiments.e.loss.alpha=0"}).notes,
      ElementsAre("loss.alpha=50 does not reach experiment 'e', whose own setting is 0"));
}

TEST(StudyNotesTest, AGridShadowsToo) {
  EXPECT_THAT(Load("grid.alpha: [1, 2]", {"loss.alpha=50"}).notes,
              ElementsAre("loss.alpha=50 has no effect where the grid applies: the values of "
                          "grid.loss.alpha stand (grid.loss.alpha=... sets them)"));
  // Advice that would not help is not given: an own setting is in vain there too.
  EXPECT_THAT(
      Load("grid.alpha: [1, 2]\nexperiments: {e: {loss.alpha: 0.3}}", {"loss.alpha=50"}).notes,
      testing::Each(HasSubstr("has no effect where the grid applies")));
  const Study lines = Load(kThree, {"loss.alpha=50"});
  EXPECT_THAT(lines.notes,
              ElementsAre(HasSubstr("does not reach experiment 'no-hsic'"),
                          "loss.alpha=50 holds on the grid's lines of loss.beta; along loss.alpha "
                          "itself the grid's values stand (grid.loss.alpha=... sets them)"));
  EXPECT_THAT(
      Points(lines, "dsid"),
      ElementsAre(R"({"loss.alpha":0.1,"loss.beta":1})", R"({"loss.alpha":0.5,"loss.beta":1})",
                  R"({"loss.alpha":50,"loss.beta":0.5})", R"({"loss.alpha":50,"loss.beta":1})"));
  EXPECT_THAT(Load("grid.alpha: [1]\nexperiments: {e: {grid: false}}", {"loss.alpha=50"}).notes,
              ElementsAre());
  EXPECT_THAT(Load("grid.alpha: [1]\nexperiments: {e: {loss.alpha: 0}, f: {}}").notes,
              ElementsAre(HasSubstr("experiments.e.loss.alpha=0 has no effect where the grid")));
  EXPECT_THAT(Load("grid.alpha: [1]\nexperiments: {e: {loss.alpha: 0, grid: false}}").notes,
              ElementsAre());
  EXPECT_THAT(Load("grid.alpha: [1]\nexperiments: {e: {}}", {"experiments.e.loss.alpha=3"}).notes,
              ElementsAre(HasSubstr("experiments.e.loss.alpha=3 has no effect")));
}

TEST(StudyNotesTest, AGridThatNoExperimentTakesIsReported) {
  const std::string text = "grid: {alpha: [1], beta: [2]}\nexperiments: {e: {}, f: {grid: false}}";
  EXPECT_THAT(Load(text, {"grid.alpha=0,50"}).notes, ElementsAre());
  EXPECT_THAT(
      Load(text, {"grid.alpha=0,50", "grid.loss.alpha=1", "train.lr=1", "train.lr=1"}).notes,
      ElementsAre("grid.alpha=0,50 has no effect: grid.loss.alpha=1 comes later"));
  EXPECT_THAT(
      Load(text, {"grid.alpha=7", "grid.loss.alpha=0,50", "experiments.e.grid=false"}).notes,
      ElementsAre("grid.alpha=7 has no effect: grid.loss.alpha=0,50 comes later",
                  "grid.loss.alpha=0,50 has no effect: the grid applies to no experiment "
                  "(experiments.NAME.grid=true would)"));
  EXPECT_THAT(Load(text, {"grid.shape=lines", "experiments.e.grid=false"}).notes,
              ElementsAre(HasSubstr("grid.shape=lines has no effect")));
}

TEST(StudyNotesTest, WhatIsSyntheticYieldsToWhatIsNamed) {
  const std::string manifest = "dataset.manifest: m.csv\n";
  EXPECT_THAT(Load(manifest).notes, ElementsAre());
  EXPECT_THAT(Load("{}", {"dataset.synth=5", "weights.synth=1"}).notes, ElementsAre());
  EXPECT_THAT(Load(manifest, {"dataset.synth=5"}).notes,
              ElementsAre("dataset.manifest stands; dataset.synth=5 has no effect"));
  EXPECT_THAT(
      Load("experiments: {e: {dataset.manifest: m.csv}, f: {}}", {"dataset.synth=5"}).notes,
      ElementsAre("dataset.manifest stands; dataset.synth=5 has no effect in experiment 'e'"));
  const std::string vit = "{features.source: vit, weights: {vit: a-folder, synth: 3}}";
  EXPECT_THAT(Load(vit).notes, ElementsAre());  // nobody asked for it on the command line
  EXPECT_THAT(Load(vit, {"weights.synth=4"}).notes,
              ElementsAre("weights.vit stands; weights.synth=4 has no effect"));
  EXPECT_THAT(Load(vit, {"weights.synth=4", "features.source=clip"}).notes, ElementsAre());
}

// One wrong input, its one line.
struct Wrong {
  const char* text;
  std::vector<std::string> overrides;
  const char* error;
};

TEST(StudyErrorTest, EveryWrongInputHasItsLine) {
  const std::vector<Wrong> all{
      {"", {}, "not a study (s.yaml:1): a map of keys, such as 'name: my-study'"},
      {"- a", {}, "not a study (s.yaml:1): a map of keys, such as 'name: my-study'"},
      {"train:\n  bach: 3", {}, "unknown key 'train.bach' (s.yaml:2): did you mean 'train.batch'?"},
      {"max_epochs: 3",
       {},
       "unknown key 'max_epochs' (s.yaml:1): did you mean 'train.max_epochs'?"},
      {"trian: {batch: 3}",
       {},
       "unknown key 'trian.batch' (s.yaml:1): did you mean 'train.batch'?"},
      {"nonsense: {}",
       {},
       "unknown key 'nonsense' (s.yaml:1): a key of the configuration (docs/formats.md)"},
      {"{}",
       {"train.bath=2"},
       "unknown key 'train.bath' (command line): did you mean 'train.batch'?"},
      {"loss: 5", {}, "wrong type for 'loss' (s.yaml:1): a map of keys"},
      {"train.batch: many",
       {},
       "wrong type for 'train.batch': 'many' (s.yaml:1): a whole number from 2 to 1000000"},
      {"train.batch: '8'",
       {},
       "wrong type for 'train.batch': text '8' (s.yaml:1): a whole number from 2 to 1000000"},
      {"train.batch: [8]",
       {},
       "wrong type for 'train.batch': a list (s.yaml:1): a whole number from 2 to 1000000"},
      {"train.batch:",
       {},
       "wrong type for 'train.batch': nothing (s.yaml:1): a whole number from 2 to 1000000"},
      {"train: {batch: {x: 1}}",
       {},
       "unknown key 'train.batch.x' (s.yaml:1): did you mean 'train.batch'?"},
      {"train.batch: 1",
       {},
       "impossible value for 'train.batch': '1' (s.yaml:1): a whole number from 2 to 1000000"},
      {"train.batch: 2.5",
       {},
       "impossible value for 'train.batch': '2.5' (s.yaml:1): a whole number from 2 to 1000000"},
      {"{}",
       {"loss.alpha=-1"},
       "impossible value for 'loss.alpha': '-1' (command line): a finite number of at least 0"},
      {"loss.alpha: .inf",
       {},
       "wrong type for 'loss.alpha': '.inf' (s.yaml:1): a finite number of at least 0"},
      {"features.finetune: yes",
       {},
       "wrong type for 'features.finetune': 'yes' (s.yaml:1): true or false"},
      {"train.validation: leeky",
       {},
       "impossible value for 'train.validation': 'leeky' (s.yaml:1): one of inner-subject, "
       "inner-split, none, leaky; did you mean 'leaky'?"},
      {"name: a b",
       {},
       "impossible value for 'name': 'a b' (s.yaml:1): at most 64 letters, digits, '.', '_' or "
       "'-', the first a letter or digit"},
      {"a: 1\na: 2", {}, "unknown key 'a'"},
      {"loss: {alpha: 1}\nloss.alpha: 2",
       {},
       "duplicate key 'loss.alpha' (s.yaml:2): each key once"},
      {"loss.alpha: 1\nloss.alpha: 1", {}, "duplicate key 'loss.alpha' (s.yaml:2): each key once"},
      {"grid: {alpha: [1], loss.alpha: [2]}",
       {},
       "duplicate key 'grid.loss.alpha' (s.yaml:1): each key once"},
      {"grid: {alpha: []}", {}, "empty list for 'grid.alpha' (s.yaml:1): at least one value"},
      {"grid: {alpha: [1, x]}",
       {},
       "wrong type for 'grid.alpha': 'x' (s.yaml:1): a finite number of at least 0"},
      {"grid: {loss.hsic: [papr]}",
       {},
       "impossible value for 'grid.loss.hsic': 'papr' (s.yaml:1): one of paper, biased, unbiased; "
       "did you mean 'paper'?"},
      {"grid: {alhpa: [1]}", {}, "unknown key 'grid.alhpa' (s.yaml:1): did you mean 'grid.alpha'?"},
      {"grid: {shape: line}",
       {},
       "impossible value for 'grid.shape': 'line' (s.yaml:1): one of product, lines; did you mean "
       "'lines'?"},
      {"{}", {"grid.alpha="}, "empty list for 'grid.alpha' (command line): at least one value"},
      {"seeds: [-1]",
       {},
       "impossible value for 'seeds': '-1' (s.yaml:1): a whole number of at least 0"},
      {"{}",
       {"seeds=1,x"},
       "wrong type for 'seeds': 'x' (command line): a whole number of at least 0"},
      {"{}", {"fast"}, "not an override: 'fast' (command line): KEY=VALUE"},
      {"{}",
       {"tables.II=1"},
       "'tables.II' cannot be set by KEY=VALUE (command line): an entry in the file"},
      {"experiments: {dsid: {}}",
       {"experiments.dsit.loss.alpha=1"},
       "unknown experiment 'dsit' (command line): did you mean 'dsid'?"},
      {"experiments: {dsid: {}}",
       {"experiments.dsid=3"},
       "wrong type for experiment 'dsid' (command line): a map of its settings: "
       "experiments.dsid.KEY=VALUE"},
      {"experiments: {dsid: {}, 'c=d': {}}",
       {"experiments.c=d"},
       "wrong type for experiment 'c=d' (command line): a map of its settings: "
       "experiments.c=d.KEY=VALUE"},
      {"experiments: {dsid: {}}",
       {"experiments.dsid.loss.alpha"},
       "not an override: 'experiments.dsid.loss.alpha' (command line): experiments.NAME.KEY=VALUE"},
      {"experiments: 5",
       {},
       "wrong type for 'experiments' (s.yaml:1): a map from names to settings"},
      {"experiments: {e: 5}",
       {},
       "wrong type for experiment 'e' (s.yaml:1): a map of its settings"},
      {"experiments: {e: {los.alpha: 1}}",
       {},
       "unknown key 'los.alpha' in experiment 'e' (s.yaml:1): did you mean 'loss.alpha'?"},
      {"experiments: {e: {grid: 1}}",
       {},
       "wrong type for 'experiments.e.grid': '1' (s.yaml:1): true or false"},
      {"experiments: {e: {loss.beta: -1}}",
       {},
       "impossible value for 'experiments.e.loss.beta': '-1' (s.yaml:1): a finite number of at "
       "least 0"},
      {"experiments: {e: {}}",
       {"experiments.e.train.lr=x"},
       "wrong type for 'experiments.e.train.lr': 'x' (command line): a finite number above 0"},
      {"experiments: {\"a\\nb\": {}}",
       {},
       "impossible name of an experiment: 'a\\nb' (s.yaml:1): text without control characters"},
  };
  for (const Wrong& wrong : all) {
    const std::string error = ErrorOf(wrong.text, wrong.overrides);
    EXPECT_THAT(error, HasSubstr(std::string("unmask: error: ") + wrong.error)) << wrong.text;
  }
}

TEST(StudyErrorTest, EverythingWrongIsReportedAtOnce) {
  EXPECT_EQ(ErrorOf("train:\n  batch: 1\n  lr: fast\nlos.alpha: 2\n", {"loss.beta=-1"}),
            "unmask: error: impossible value for 'train.batch': '1' (s.yaml:2): a whole number "
            "from 2 to 1000000\n"
            "unmask: error: wrong type for 'train.lr': 'fast' (s.yaml:3): a finite number above 0\n"
            "unmask: error: unknown key 'los.alpha' (s.yaml:4): did you mean 'loss.alpha'?\n"
            "unmask: error: impossible value for 'loss.beta': '-1' (command line): a finite "
            "number of at least 0");
}

TEST(StudyErrorTest, AGridMayNotExplode) {
  std::string text = "grid:\n";
  for (const char* key : {"loss.alpha", "loss.beta", "loss.sigma", "train.lr", "train.patience"}) {
    text += std::string("  ") + key + ": [1,2,3,4,5,6,7,8,9,10,11]\n";
  }
  EXPECT_EQ(ErrorOf(text),
            "unmask: error: the grid has too many points (s.yaml:1): at most 100000");
}

TEST(StudyErrorTest, AMissingFileIsAUsageError) {
  const auto study = LoadStudy("/nonexistent/study.yaml", {});
  ASSERT_FALSE(study.ok());
  EXPECT_EQ(ExitCode(study.error().code), 2);
  EXPECT_EQ(
      FormatError(study.error()),
      "unmask: error: cannot read: No such file or directory (/nonexistent/study.yaml): a file "
      "that can be read");
}

}  // namespace
}  // namespace unmask

#include "common/jobs/job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/config/schema.h"

namespace unmask {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kDataset(64, 'a');

JobSpec SpecOf(const Settings& settings) {
  JobSpec spec;
  spec.settings = Reduce(settings);
  spec.dataset = kDataset;
  spec.held_out = "7";
  return spec;
}

// Whether a change of this one setting changes what is trained.
bool Matters(Settings base, const std::string& key, const Value& value) {
  const std::string before = JobKey(SpecOf(base));
  SetSetting(base, key, value);
  return JobKey(SpecOf(base)) != before;
}

Settings Dsid(double alpha) {
  Settings settings;
  settings.loss.alpha = alpha;
  return settings;
}

Settings SingleTask() {
  Settings settings;
  settings.model.kind = ModelKind::kSingleTask;
  return settings;
}

TEST(CanonicalJsonTest, SortedCompactAndShortest) {
  const auto json = nlohmann::json::parse(
      R"({"b": [1, 2.50, true, null], "a": {"z": "x\"\n", "y": 5e-4}, "c": 1.0, "é": "é"})");
  EXPECT_EQ(CanonicalJson(json),
            R"({"a":{"y":0.0005,"z":"x\"\n"},"b":[1,2.5,true,null],"c":1,"é":"é"})");
}

// The literal hashes were made with sha256sum from the texts beside them. They are the promise that
// no release changes an old key: mend the code, never the hash.
TEST(JobKeyTest, GoldenKeys) {
  JobSpec spec = SpecOf(Settings{});
  EXPECT_EQ(CanonicalText(spec),
            R"({"dataset":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",)"
            R"("held_out":"7","kind":"train","numerics":1,"seed":0,)"
            R"("settings":{"train.engine":"core"}})");
  EXPECT_EQ(JobKey(spec), "e187f267cb783b62f133932dcc5a9ebcb104e4288df3f9eb8ee0ec63c183e122");

  spec.settings.train.engine = EngineKind::kReference;
  EXPECT_EQ(CanonicalText(spec),
            R"({"dataset":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",)"
            R"("held_out":"7","kind":"train","numerics":1,"seed":0,)"
            R"("settings":{"train.engine":"reference"}})");
  EXPECT_EQ(JobKey(spec), "a86bfb64f26317c0c381232b4851471c2ab93df66270ff3ce7cb46bfa0c5beaf");

  Settings settings = SingleTask();
  settings.train.engine = EngineKind::kReference;
  settings.model.task = Task::kDer;
  settings.train.validation = Validation::kInnerSplit;
  spec = SpecOf(settings);
  spec.seed = 3;
  spec.held_out = "Ä\"1";
  EXPECT_EQ(CanonicalText(spec),
            R"({"dataset":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",)"
            R"("held_out":"Ä\"1","kind":"train","numerics":1,"seed":3,)"
            R"("settings":{"model.kind":"single-task","model.task":"der",)"
            R"("train.engine":"reference","train.validation":"inner-split"}})");
  EXPECT_EQ(JobKey(spec), "ce51fada0092573990011704f74e07052e1939155b3690deb33a6ed114555a7d");

  settings = Dsid(50);
  settings.train.engine = EngineKind::kReference;
  settings.loss.hsic = HsicKind::kBiased;
  settings.loss.sigma = 0.1;
  settings.train.lr = 1e-3;
  settings.train.max_epochs = 20;
  spec = SpecOf(settings);
  EXPECT_EQ(CanonicalText(spec),
            R"({"dataset":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",)"
            R"("held_out":"7","kind":"train","numerics":1,"seed":0,)"
            R"("settings":{"loss.alpha":50,"loss.hsic":"biased","loss.sigma":0.1,)"
            R"("train.engine":"reference","train.lr":0.001,"train.max_epochs":20}})");
  EXPECT_EQ(JobKey(spec), "0ba1139c64782ae4dad93e80b3a01f9c8fdb0d6b70b53b6ac6cfe58ada7aaf72");

  settings = Settings{};
  settings.loss.class_weights = ClassWeights::kBalanced;
  spec = SpecOf(settings);
  EXPECT_EQ(CanonicalText(spec),
            R"({"dataset":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",)"
            R"("held_out":"7","kind":"train","numerics":1,"seed":0,)"
            R"("settings":{"loss.class_weights":"balanced","train.engine":"core"}})");
  EXPECT_EQ(JobKey(spec), "e4d19f5593b028d238ea4a4caa1d0de2e1c650f490f21a7cc42d796b219575f0");
}

TEST(CanonicalTextTest, IsTheCanonicalJsonOfTheSpec) {
  JobSpec spec = SpecOf(Dsid(0.25));
  const auto check = [&] { EXPECT_EQ(CanonicalText(spec), CanonicalJson(ToJson(spec))); };
  check();
  for (const char* name : {"", "a \"b\"", "back\\slash", "tab\t", "\x7f", "é 日本"}) {
    spec.held_out = name;
    check();
  }
  spec.seed = -5;
  spec.pictures = std::string(64, 'b');
  spec.weights = std::string(64, 'c');
  check();
  spec.detector = std::string(64, 'd');
  spec.kind = JobKind::kFeatures;
  spec.view = -1;
  spec.settings.loss.alpha = 0.75;  // other settings than the last
  check();
}

TEST(JobKeyTest, EverythingThatCanChangeABitIsInIt) {
  const JobSpec base = SpecOf(Settings{});
  JobSpec other = base;
  other.seed = 1;
  EXPECT_NE(JobKey(other), JobKey(base));
  other = base;
  other.held_out = "8";
  EXPECT_NE(JobKey(other), JobKey(base));
  other = base;
  other.dataset = std::string(64, 'b');
  EXPECT_NE(JobKey(other), JobKey(base));
  other = base;
  other.numerics_version = kNumericsVersion + 1;
  EXPECT_NE(JobKey(other), JobKey(base));

  for (const auto& [key, value] :
       std::vector<std::pair<std::string, Value>>{{"model.adapter", std::int64_t{64}},
                                                  {"model.stream", std::int64_t{64}},
                                                  {"loss.alpha", 0.25},
                                                  {"loss.beta", 0.25},
                                                  {"loss.hsic", "biased"},
                                                  {"loss.kernel", "linear"},
                                                  {"loss.sigma", 2.0},
                                                  {"loss.class_weights", "balanced"},
                                                  {"train.max_epochs", std::int64_t{20}},
                                                  {"train.batch", std::int64_t{16}},
                                                  {"train.lr", 0.001},
                                                  {"train.weight_decay", 0.0},
                                                  {"train.dropout", 0.0},
                                                  {"train.patience", std::int64_t{5}},
                                                  {"train.validation", "leaky"},
                                                  {"train.monitor", "der"},
                                                  {"features.source", "vit"}}) {
    EXPECT_TRUE(Matters(Dsid(0.5), key, value)) << key;
  }
}

TEST(JobKeyTest, WhatCannotChangeABitIsNot) {
  for (const auto& [key, value] : std::vector<std::pair<std::string, Value>>{
           {"dataset.manifest", "elsewhere.csv"},
           {"dataset.root", "/data"},
           {"dataset.synth", std::int64_t{22}},
           {"dataset.clips", "all"},  // the data set's fingerprint says it
           {"train.device", "cpu"},
           {"train.checkpoint_seconds", 0.0},
           {"train.engine", "core"},  // what auto is
           {"store.keep", "none"},
           {"weights.vit", "/models/vit"},
           {"model.task", "der"}}) {
    EXPECT_FALSE(Matters(Dsid(0.5), key, value)) << key;
  }
  // Only a backbone that is trained is shared by several devices.
  EXPECT_FALSE(Matters(Dsid(0.5), "train.devices", std::int64_t{2}));
  Settings tuned;
  tuned.features.source = FeatureSource::kVit;
  tuned.features.finetune = true;
  EXPECT_TRUE(Matters(tuned, "train.devices", std::int64_t{2}));
  for (const char* key : {"dataset.frame", "augment.views", "augment.seed", "features.finetune"}) {
    const Value other = std::string(key) == "dataset.frame"       ? Value("onset")
                        : std::string(key) == "features.finetune" ? Value(true)
                                                                  : Value(std::int64_t{7});
    EXPECT_FALSE(Matters(Dsid(0.5), key, other)) << key;
    Settings images;
    images.features.source = FeatureSource::kVit;
    EXPECT_TRUE(Matters(images, key, other)) << key;
  }
}

TEST(JobKeyTest, OfPicturesWhatIsNotReadIsNotInIt) {
  Settings vit;
  vit.features.source = FeatureSource::kVit;
  EXPECT_FALSE(Matters(vit, "features.bank", false));  // the same views either way
  EXPECT_FALSE(Matters(vit, "features.clip", "projected"));
  EXPECT_FALSE(Matters(vit, "features.table", "f.csv"));
  EXPECT_FALSE(Matters(vit, "faces.yunet", "f.onnx"));  // the detector's fingerprint says it
  EXPECT_TRUE(Matters(vit, "faces.margin", 0.5));
  Settings clip = vit;
  clip.features.source = FeatureSource::kClip;
  EXPECT_TRUE(Matters(clip, "features.clip", "projected"));
  Settings whole = vit;
  whole.faces.detector = FaceDetector::kNone;
  EXPECT_FALSE(Matters(whole, "faces.margin", 0.5));
  Settings zero_shot = clip;
  zero_shot.model.kind = ModelKind::kClipZeroShot;
  EXPECT_TRUE(Matters(zero_shot, "train.validation", "leaky"));  // which marks its number
}

TEST(JobKeyTest, AlphaZeroDropsTheIndependenceLoss) {
  EXPECT_FALSE(Matters(Dsid(0), "loss.hsic", "biased"));
  EXPECT_FALSE(Matters(Dsid(0), "loss.kernel", "linear"));
  EXPECT_FALSE(Matters(Dsid(0), "loss.sigma", 3.0));
  EXPECT_TRUE(Matters(Dsid(0), "loss.beta", 3.0));
}

TEST(JobKeyTest, ALinearKernelHasNoSigma) {
  Settings linear = Dsid(1);
  linear.loss.kernel = KernelKind::kLinear;
  EXPECT_FALSE(Matters(linear, "loss.sigma", 3.0));
  EXPECT_TRUE(Matters(linear, "loss.hsic", "biased"));
}

TEST(JobKeyTest, ASingleTaskHasNoSecondStream) {
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, Value>>{{"loss.alpha", 3.0},
                                                  {"loss.beta", 3.0},
                                                  {"loss.hsic", "biased"},
                                                  {"loss.kernel", "linear"},
                                                  {"loss.sigma", 3.0},
                                                  {"train.monitor", "der"}}) {
    EXPECT_FALSE(Matters(SingleTask(), key, value)) << key;
  }
  EXPECT_TRUE(Matters(SingleTask(), "model.task", "der"));
  EXPECT_TRUE(Matters(SingleTask(), "model.stream", std::int64_t{64}));
}

TEST(JobKeyTest, WhoeverLearnsMayWeighClasses) {
  EXPECT_TRUE(Matters(SingleTask(), "loss.class_weights", "balanced"));
  Settings text;
  text.features.source = FeatureSource::kClip;
  text.model.kind = ModelKind::kClipPrompt;
  EXPECT_TRUE(Matters(text, "loss.class_weights", "balanced"));
  text.model.kind = ModelKind::kClipZeroShot;
  EXPECT_FALSE(Matters(text, "loss.class_weights", "balanced"));
}

TEST(JobKeyTest, WithoutValidationNothingIsWatched) {
  Settings settings = Dsid(0.5);
  settings.train.validation = Validation::kNone;
  EXPECT_FALSE(Matters(settings, "train.patience", std::int64_t{5}));
  EXPECT_FALSE(Matters(settings, "train.monitor", "ter"));
  EXPECT_TRUE(Matters(settings, "train.max_epochs", std::int64_t{5}));
}

TEST(ReduceTest, IsIdempotent) {
  Settings settings = Dsid(0);
  settings.dataset.manifest = "x.csv";
  settings.loss.sigma = 3;
  settings.train.device = DeviceKind::kCpu;
  const Settings reduced = Reduce(settings);
  EXPECT_EQ(Reduce(reduced), reduced);
  EXPECT_EQ(reduced.train.engine, EngineKind::kCore);
  settings.train.device = DeviceKind::kCuda;
  EXPECT_EQ(Reduce(settings).train.engine, EngineKind::kLanes);
  EXPECT_EQ(Reduce(Reduce(settings)), Reduce(settings));
  settings.train.engine = EngineKind::kLanes;  // on whatever device: the same job
  const Settings lanes = Reduce(settings);
  settings.train.device = DeviceKind::kAuto;
  EXPECT_EQ(Reduce(settings), lanes);
}

TEST(JobSpecJsonTest, ReadsBackWhatItWrites) {
  Settings settings = Dsid(0.3);
  settings.loss.kernel = KernelKind::kLinear;
  settings.train.lr = 1.0 / 3;
  JobSpec spec = SpecOf(settings);
  spec.seed = 12;
  spec.held_out = "a, \"b\"\n<script>";
  const auto read = JobSpecFromJson(nlohmann::json::parse(CanonicalText(spec)));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, spec);
  EXPECT_EQ(JobKey(*read), JobKey(spec));
}

TEST(JobSpecJsonTest, IsStrict) {
  const nlohmann::json good = ToJson(SpecOf(Settings{}));
  const auto error_with = [&](const char* pointer, const nlohmann::json& value) {
    nlohmann::json bad = good;
    bad[nlohmann::json::json_pointer(pointer)] = value;
    const auto read = JobSpecFromJson(bad);
    if (read.ok()) return std::string();
    EXPECT_EQ(ExitCode(read.error().code), 3);
    return read.error().problems[0].what;
  };
  EXPECT_EQ(error_with("/extra", 1), "bad job spec: unknown field 'extra'");
  EXPECT_EQ(error_with("/kind", "bake"), "bad job spec: unknown kind 'bake'");
  EXPECT_EQ(error_with("/seed", "0"), "bad job spec: seed is not a whole number");
  EXPECT_EQ(error_with("/seed", 18446744073709551615U), "bad job spec: seed is not a whole number");
  EXPECT_EQ(error_with("/numerics", (std::int64_t{1} << 32) + 1),
            "bad job spec: numerics is not a whole number");
  EXPECT_EQ(error_with("/dataset", "abc"), "bad job spec: dataset is not a SHA-256");
  EXPECT_EQ(error_with("/held_out", 7), "bad job spec: held_out is missing");
  EXPECT_EQ(error_with("/settings", 7), "bad job spec: settings is not an object");
  EXPECT_EQ(error_with("/settings/loss.alpa", 1), "bad job spec: unknown setting 'loss.alpa'");
  EXPECT_EQ(error_with("/settings/train.batch", "32"),
            "bad job spec: setting 'train.batch' is not a whole number from 2 to 1000000");
  EXPECT_EQ(error_with("/settings/loss.alpha", -1),
            "bad job spec: setting 'loss.alpha' is not a finite number of at least 0");
  EXPECT_EQ(JobSpecFromJson(nlohmann::json::array()).error().problems[0].what,
            "bad job spec: not an object");
}

TEST(TasksOfTest, SingleTaskLearnsItsOwn) {
  EXPECT_THAT(TasksOf(Settings{}), ElementsAre(Task::kTer, Task::kDer));
  Settings settings = SingleTask();
  settings.model.task = Task::kDer;
  EXPECT_THAT(TasksOf(settings), ElementsAre(Task::kDer));
}

TEST(Reduce, ModelsOfClipsTextSideKeepWhatTheyUse) {
  Settings settings;
  settings.features.source = FeatureSource::kClip;
  settings.loss.alpha = 0.3;
  settings.loss.beta = 0.7;
  settings.model.adapter = 64;
  settings.train.dropout = 0.1;
  settings.train.lr = 0.01;
  settings.train.max_epochs = 7;
  settings.model.kind = ModelKind::kClipPrompt;
  Settings prompt = Reduce(settings);
  EXPECT_EQ(prompt.loss, Settings{}.loss);
  EXPECT_EQ(prompt.model.adapter, 512);
  EXPECT_EQ(prompt.train.dropout, 0.5);
  EXPECT_EQ(prompt.train.lr, 0.01);
  EXPECT_EQ(prompt.train.max_epochs, 7);
  EXPECT_EQ(prompt.train.engine, EngineKind::kReference);
  EXPECT_EQ(prompt.features.clip, ClipFeature::kProjected);
  settings.model.kind = ModelKind::kClipZeroShot;
  const Settings zero_shot = Reduce(settings);
  EXPECT_EQ(zero_shot.train.max_epochs, 1);
  EXPECT_EQ(zero_shot.train.lr, Settings{}.train.lr);
  settings.train.batch = 8;
  EXPECT_EQ(Reduce(settings), zero_shot);
}

}  // namespace
}  // namespace unmask

#include "common/config/schema.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "common/config/names.h"

namespace unmask {
namespace {

std::variant<Value, ValueFault> Parse(std::string_view key, std::string_view text) {
  return FindField(key)->type.parse(text);
}

bool Takes(std::string_view key, std::string_view text) {
  return std::holds_alternative<Value>(Parse(key, text));
}

TEST(SchemaTest, APathIsWrittenInOneWay) {
  const std::vector<std::pair<const char*, std::string>> paths = {
      {"./m.csv", "m.csv"}, {"a/.//b", "a/b"}, {"link/../m.csv", "link/../m.csv"},
      {"/./d/m", "/d/m"},   {".", "."},        {"./", "."},
      {"..", ".."},         {"", ""},          {".hidden/m.csv", ".hidden/m.csv"}};
  for (const auto& [text, plain] : paths) {
    EXPECT_EQ(std::get<Value>(Parse("dataset.manifest", text)), Value(plain)) << text;
  }
}

TEST(SchemaTest, NumbersMayHaveAPlus) {
  EXPECT_EQ(Parse("train.lr", "+0.1"), Parse("train.lr", "0.1"));
  EXPECT_EQ(Parse("train.lr", "+.1e+1"), Parse("train.lr", "1"));
  EXPECT_EQ(Parse("train.batch", "+8"), Parse("train.batch", "8"));
  for (const char* text : {"+", "+-1", "++1", "-+1", "+ 1", "+inf", "+nan"}) {
    EXPECT_FALSE(Takes("loss.alpha", text)) << text;
    EXPECT_FALSE(Takes("augment.seed", text)) << text;
  }
}

TEST(SchemaTest, NamesEverySettingOfTheContractOnce) {
  const std::vector<std::string> keys = FieldKeys();
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), keys.size());
  for (const char* key :
       {"dataset.manifest",   "dataset.root",       "dataset.clips",     "dataset.frame",
        "features.source",    "features.finetune",  "features.bank",     "weights.synth",
        "features.normalize", "features.clip",      "faces.detector",    "faces.yunet",
        "faces.margin",       "faces.size",         "weights.vit",       "weights.clip",
        "weights.resnet18",   "augment.views",      "augment.seed",      "model.kind",
        "model.task",         "model.adapter",      "model.stream",      "loss.alpha",
        "loss.beta",          "loss.hsic",          "loss.kernel",       "loss.sigma",
        "train.max_epochs",   "train.batch",        "train.lr",          "train.weight_decay",
        "train.dropout",      "train.patience",     "train.validation",  "train.monitor",
        "train.engine",       "train.device",       "train.devices",     "train.checkpoint_seconds",
        "store.keep",         "features.precision", "loss.class_weights"}) {
    EXPECT_NE(FindField(key), nullptr) << key;
  }
}

// A sweep's name is the hash of this.
TEST(SchemaTest, AYoungSettingIsNamedWhereItIsNotAtItsDefault) {
  Settings settings;
  settings.dataset.manifest = "m.csv";
  EXPECT_EQ(SettingsJson(settings)["loss"]["class_weights"], "none");
  EXPECT_EQ(SettingsJson(settings)["dataset"]["manifest"], "m.csv");
  EXPECT_EQ(NamingSettingsJson(settings)["loss"],
            nlohmann::json::parse(R"({"alpha": 0.5, "beta": 1.0, "hsic": "paper",
                                      "kernel": "rbf", "sigma": 1.0})"));
  EXPECT_FALSE(NamingSettingsJson(settings)["dataset"].contains("manifest"));
  settings.loss.class_weights = ClassWeights::kBalanced;
  EXPECT_EQ(NamingSettingsJson(settings)["loss"]["class_weights"], "balanced");
}

// A field bound to its neighbour's place would change two values at once, or none.
TEST(SchemaTest, EveryFieldChangesItselfAlone) {
  for (const Field& field : Fields()) {
    Value other;
    const Value own = field.get(Settings{});
    if (!field.type.choices.empty()) {
      other = field.type.choices.back();
    } else if (const bool* flag = std::get_if<bool>(&own)) {
      other = !*flag;
    } else if (std::holds_alternative<std::int64_t>(own)) {
      other = std::int64_t{777};
    } else if (std::holds_alternative<double>(own)) {
      other = 0.125;
    } else {
      other = std::string("elsewhere");
    }
    ASSERT_NE(own, other) << field.key;
    Settings settings;
    field.set(settings, other);
    for (const Field& each : Fields()) {
      const Value expected = each.key == field.key ? other : each.get(Settings{});
      EXPECT_EQ(each.get(settings), expected) << each.key << " after " << field.key;
    }
  }
}

TEST(SchemaTest, DefaultsAreAcceptable) {
  for (const Field& field : Fields()) {
    const std::string text = ToText(field.get(Settings{}));
    const auto parsed = field.type.parse(text);
    ASSERT_TRUE(std::holds_alternative<Value>(parsed)) << field.key << "=" << text;
    EXPECT_EQ(std::get<Value>(parsed), field.get(Settings{})) << field.key;
  }
}

TEST(SchemaTest, RangesAreThoseOfTheContract) {
  EXPECT_TRUE(Takes("loss.alpha", "0"));
  EXPECT_FALSE(Takes("loss.alpha", "-0.1"));
  EXPECT_FALSE(Takes("loss.alpha", "inf"));
  EXPECT_FALSE(Takes("loss.alpha", "nan"));
  EXPECT_FALSE(Takes("loss.alpha", "1e400"));
  EXPECT_FALSE(Takes("loss.beta", "-1"));
  EXPECT_FALSE(Takes("loss.sigma", "0"));
  EXPECT_FALSE(Takes("train.lr", "0"));
  EXPECT_TRUE(Takes("train.lr", "5e-4"));
  EXPECT_TRUE(Takes("train.dropout", "0"));
  EXPECT_TRUE(Takes("train.dropout", ".5"));
  EXPECT_FALSE(Takes("train.dropout", "1"));
  EXPECT_TRUE(Takes("train.batch", "2"));
  EXPECT_FALSE(Takes("train.batch", "1"));
  EXPECT_FALSE(Takes("train.batch", "99999999999999999999"));
  EXPECT_FALSE(Takes("train.max_epochs", "0"));
  EXPECT_FALSE(Takes("train.patience", "0"));
  EXPECT_TRUE(Takes("train.checkpoint_seconds", "0"));
  EXPECT_TRUE(Takes("features.finetune", "True"));
  EXPECT_FALSE(Takes("features.finetune", "yes"));
  EXPECT_FALSE(Takes("dataset.manifest", "a\nb"));
  EXPECT_FALSE(Takes("dataset.manifest", "a\xff"));
}

TEST(SchemaTest, TellsAWrongTypeFromAnImpossibleValue) {
  EXPECT_EQ(std::get<ValueFault>(Parse("train.batch", "many")), ValueFault::kWrongType);
  EXPECT_EQ(std::get<ValueFault>(Parse("train.batch", "2.5")), ValueFault::kImpossible);
  EXPECT_EQ(std::get<ValueFault>(Parse("train.lr", "fast")), ValueFault::kWrongType);
  EXPECT_EQ(std::get<ValueFault>(Parse("train.lr", "-1")), ValueFault::kImpossible);
}

TEST(SchemaTest, NegativeZeroIsZero) {
  const Value value = std::get<Value>(Parse("loss.alpha", "-0"));
  EXPECT_FALSE(std::signbit(std::get<double>(value)));
}

TEST(SchemaTest, JsonIsStrictAboutTypes) {
  const Field& batch = *FindField("train.batch");
  EXPECT_EQ(FromJson(batch, 32), Value(std::int64_t{32}));
  EXPECT_EQ(FromJson(batch, "32"), std::nullopt);
  EXPECT_EQ(FromJson(batch, 32.0), std::nullopt);
  EXPECT_EQ(FromJson(batch, 1), std::nullopt);
  EXPECT_EQ(FromJson(*FindField("loss.alpha"), 1), Value(1.0));
  EXPECT_EQ(FromJson(*FindField("features.finetune"), 1), std::nullopt);
  EXPECT_EQ(FromJson(*FindField("loss.hsic"), "gretton"), std::nullopt);
}

TEST(SchemaTest, HintsFindAKeyByItsLastPart) {
  const std::string none = "a key of the configuration (docs/formats.md)";
  EXPECT_EQ(KeyHint("train.bach", FieldKeys()), "did you mean 'train.batch'?");
  EXPECT_EQ(KeyHint("max_epochs", FieldKeys()), "did you mean 'train.max_epochs'?");
  EXPECT_EQ(KeyHint("lr", FieldKeys()), "did you mean 'train.lr'?");
  EXPECT_EQ(KeyHint("train.ephocs", FieldKeys()), "did you mean 'train.max_epochs'?");
  EXPECT_EQ(KeyHint("train.decay", FieldKeys()), "did you mean 'train.weight_decay'?");
  EXPECT_EQ(KeyHint("train.alpha", FieldKeys()), "did you mean 'loss.alpha'?");
  EXPECT_EQ(KeyHint("trian.lr", FieldKeys()), "did you mean 'train.lr'?");
  EXPECT_EQ(KeyHint("ephocs", FieldKeys()), "did you mean 'train.max_epochs'?");
  EXPECT_EQ(KeyHint("trian", FieldKeys()), "did you mean 'train'?");
  for (const char* key :
       {"k0", "train.foo", "train.bar", "train.x", "train.learning_rate", "train.", "", "."}) {
    EXPECT_EQ(KeyHint(key, FieldKeys()), none) << key;
  }
}

TEST(NamesTest, EveryNameReadsBack) {
  for (const std::string_view name : kNames<Validation>) {
    EXPECT_EQ(Name(FromName<Validation>(name).value()), name);
  }
  EXPECT_EQ(Name(Validation::kInnerSplit), "inner-split");
  EXPECT_EQ(Name(ModelKind::kClipPrompt), "clip-prompt");
  EXPECT_EQ(Name(FeatureSource::kResnet18), "resnet18");
  EXPECT_EQ(FromName<Task>("TER"), std::nullopt);
}

}  // namespace
}  // namespace unmask

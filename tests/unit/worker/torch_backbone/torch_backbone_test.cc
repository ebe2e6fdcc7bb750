// Backbones against transformers and torchvision (transformers_values.json, made by
// transformers_values.py).
#include "worker/torch_backbone/torch_backbone.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>

#include "worker/backbone/embed.h"

namespace unmask {
namespace {

using nlohmann::json;

const json& Cases() {
  static const json cases = json::parse(
      ReadFile(UNMASK_SOURCE_DIR "/tests/unit/worker/torch_backbone/transformers_values.json")
          .value());
  return cases;
}

Pixels FormulaPixels(int side, int number = 0) {
  Pixels pixels{{side, side}, {}};
  for (int i = 0; i < 3 * side * side; ++i) {
    pixels.values.push_back(static_cast<float>(std::sin(0.11 * i + number)));
  }
  return pixels;
}

std::vector<float> FormulaWeights(const WantedTensor& wanted) {
  const int number = std::accumulate(wanted.name.begin(), wanted.name.end(), 0);
  std::int64_t count = 1;
  for (const std::int64_t extent : wanted.shape) count *= extent;
  std::vector<float> values;
  values.reserve(count);
  for (std::int64_t i = 0; i < count; ++i) {
    const double value = 0.4 * std::sin(0.7 * static_cast<double>(i) + number);
    values.push_back(static_cast<float>(wanted.name.ends_with("running_var") ? 1 + value : value));
  }
  return values;
}

std::unique_ptr<Backbone> MakeFromFormula(const json& config, std::size_t layout,
                                          ClipFeature feature,
                                          std::map<std::string, std::vector<float>>& storage,
                                          Precision precision = Precision::kFloat32) {
  BackboneParts parts;
  parts.config = ReadBackboneConfig(config.dump(), "config.json").value();
  parts.feature = feature;
  parts.precision = precision;
  const std::vector<Layout> layouts = LayoutsOf(parts.config);
  for (const WantedTensor& wanted : layouts[layout]) {
    const std::vector<float>& values = storage[wanted.role] = FormulaWeights(wanted);
    const std::string_view bytes(reinterpret_cast<const char*>(values.data()),
                                 values.size() * sizeof(float));
    parts.weights[wanted.role] = StoredTensor{{DType::kF32, wanted.shape, bytes}, "formula"};
  }
  return MakeBackbone(std::move(parts)).value();
}

Result<std::vector<float>> FeaturesOf(const Backbone& backbone,
                                      const std::vector<Pixels>& pictures) {
  return backbone.FeaturesOfBlock(pictures);
}

double RelativeError(const std::vector<float>& values, const std::vector<float>& expected) {
  double difference = 0;
  double norm = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    difference += std::pow(values[i] - expected[i], 2);
    norm += std::pow(expected[i], 2);
  }
  return std::sqrt(difference / norm);
}

// Those that this processor has.
std::vector<Precision> Precisions() {
  if (!__builtin_cpu_supports("avx512bf16")) return {Precision::kFloat32};
  return {Precision::kFloat32, Precision::kBfloat16};
}

class AgainstTransformers : public testing::TestWithParam<int> {};

TEST_P(AgainstTransformers, SameFeatures) {
  const json& one = Cases()[GetParam()];
  const std::string name = one["name"];
  SCOPED_TRACE(name);
  std::map<std::string, std::vector<float>> storage;
  const auto backbone = MakeFromFormula(
      one["config"], name.ends_with("torchvision") ? 1 : 0,
      name.ends_with("projected") ? ClipFeature::kProjected : ClipFeature::kPooled, storage);
  const auto features = FeaturesOf(*backbone, {FormulaPixels(one["image_size"])});
  ASSERT_TRUE(features.ok()) << FormatError(features.error());
  const auto expected = one["features"].get<std::vector<float>>();
  EXPECT_LT(RelativeError(*features, expected), 1e-5);
}

// A picture's bits are the same alone and at every place of a block, whatever stands beside it.
TEST_P(AgainstTransformers, SameBitsInAnyCompany) {
  const json& one = Cases()[GetParam()];
  const std::string name = one["name"];
  SCOPED_TRACE(name);
  for (const Precision precision : Precisions()) {
    std::map<std::string, std::vector<float>> storage;
    const auto backbone = MakeFromFormula(
        one["config"], name.ends_with("torchvision") ? 1 : 0,
        name.ends_with("projected") ? ClipFeature::kProjected : ClipFeature::kPooled, storage,
        precision);
    std::vector<Pixels> pictures;
    std::vector<std::vector<float>> alone;
    for (int i = 0; i < static_cast<int>(Backbone::kBlockPictures); ++i) {
      pictures.push_back(FormulaPixels(one["image_size"], i));
      alone.push_back(FeaturesOf(*backbone, {pictures.back()}).value());
    }
    for (std::size_t turn = 0; turn < pictures.size(); ++turn) {
      const auto together = FeaturesOf(*backbone, pictures).value();
      const std::size_t width = together.size() / pictures.size();
      for (std::size_t i = 0; i < pictures.size(); ++i) {
        const auto* row = together.data() + i * width;
        EXPECT_EQ(std::vector<float>(row, row + width), alone[i]) << turn << " " << i;
      }
      std::rotate(pictures.begin(), pictures.begin() + 1, pictures.end());
      std::rotate(alone.begin(), alone.begin() + 1, alone.end());
    }
  }
}

TEST_P(AgainstTransformers, BFloat16IsNear) {
  const json& one = Cases()[GetParam()];
  const std::string name = one["name"];
  SCOPED_TRACE(name);
  if (Precisions().size() < 2) GTEST_SKIP() << "no avx512_bf16";
  std::map<std::string, std::vector<float>> storage;
  const auto backbone =
      MakeFromFormula(one["config"], name.ends_with("torchvision") ? 1 : 0,
                      name.ends_with("projected") ? ClipFeature::kProjected : ClipFeature::kPooled,
                      storage, Precision::kBfloat16);
  const auto features = FeaturesOf(*backbone, {FormulaPixels(one["image_size"])}).value();
  const double error = RelativeError(features, one["features"].get<std::vector<float>>());
  EXPECT_LT(error, 0.05);
  EXPECT_GT(error, 1e-5);  // it is not float32
}

INSTANTIATE_TEST_SUITE_P(All, AgainstTransformers, testing::Range(0, 6));

TEST(TorchBackbone, ConvertsHalfPrecision) {
  const std::string two_halves("\x00\x3c\x00\xc0", 4);  // 1, -2
  const auto weights = MakeTorchWeights({{"w", {{DType::kF16, {2}, two_halves}, "f"}}});
  ASSERT_TRUE(weights.ok());
  const float* values = weights->at("w").const_data_ptr<float>();
  EXPECT_EQ(values[0], 1);
  EXPECT_EQ(values[1], -2);
}

TEST(TorchBackbone, SaysWhatLibtorchSays) {
  std::map<std::string, std::vector<float>> storage;
  const auto backbone = MakeFromFormula(Cases()[0]["config"], 0, ClipFeature::kPooled, storage);
  const auto features = FeaturesOf(*backbone, {FormulaPixels(9)});  // the model takes 7
  ASSERT_FALSE(features.ok());
  const std::string said = features.error().problems.front().what;
  EXPECT_EQ(said, "libtorch: a picture is not of the model's size");  // without its stack
}

// A backbone whose features are its picture's first values, so that order shows.
class FirstValues : public Backbone {
 public:
  Result<std::vector<float>> FeaturesOfBlock(std::span<const Pixels> pictures) const override {
    std::vector<float> features;
    for (const Pixels& pixels : pictures) {
      features.insert(features.end(), {pixels.values[0], static_cast<float>(pixels.size.width)});
    }
    return features;
  }
};

TEST(EmbedImages, ReportsEveryBadImage) {
  const auto bytes = EmbedImages(FirstValues(), Preprocessing{}, {"/nowhere/a", "/nowhere/b"}, 2);
  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(bytes.error().problems.size(), 2U);
  EXPECT_EQ(bytes.error().problems[1].where, "/nowhere/b");
}

}  // namespace
}  // namespace unmask

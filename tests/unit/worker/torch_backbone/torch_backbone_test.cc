// Backbones against transformers and torchvision (transformers_values.json, made by
// transformers_values.py).
#include "worker/torch_backbone/torch_backbone.h"

#include <gtest/gtest.h>

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

Pixels FormulaPixels(int side) {
  Pixels pixels{{side, side}, {}};
  for (int i = 0; i < 3 * side * side; ++i) {
    pixels.values.push_back(static_cast<float>(std::sin(0.11 * i)));
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
                                          FeatureKind feature,
                                          std::map<std::string, std::vector<float>>& storage) {
  BackboneParts parts{ReadBackboneConfig(config.dump(), "config.json").value(), feature, {}, {}};
  const std::vector<Layout> layouts = LayoutsOf(parts.config);
  for (const WantedTensor& wanted : layouts[layout]) {
    const std::vector<float>& values = storage[wanted.role] = FormulaWeights(wanted);
    const std::string_view bytes(reinterpret_cast<const char*>(values.data()),
                                 values.size() * sizeof(float));
    parts.weights[wanted.role] = StoredTensor{{DType::kF32, wanted.shape, bytes}, "formula"};
  }
  return MakeBackbone(std::move(parts)).value();
}

class AgainstTransformers : public testing::TestWithParam<int> {};

TEST_P(AgainstTransformers, SameFeatures) {
  const json& one = Cases()[GetParam()];
  const std::string name = one["name"];
  SCOPED_TRACE(name);
  std::map<std::string, std::vector<float>> storage;
  const auto backbone = MakeFromFormula(
      one["config"], name.ends_with("torchvision") ? 1 : 0,
      name.ends_with("projected") ? FeatureKind::kProjected : FeatureKind::kPooled, storage);
  const auto features = backbone->Features(FormulaPixels(one["image_size"]));
  ASSERT_TRUE(features.ok()) << FormatError(features.error());
  const auto expected = one["features"].get<std::vector<float>>();
  ASSERT_EQ(features->size(), expected.size());
  double difference = 0;
  double norm = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    difference += std::pow((*features)[i] - expected[i], 2);
    norm += std::pow(expected[i], 2);
  }
  EXPECT_LT(std::sqrt(difference / norm), 1e-5);
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
  const auto backbone = MakeFromFormula(Cases()[0]["config"], 0, FeatureKind::kPooled, storage);
  const auto features = backbone->Features(FormulaPixels(9));  // the model takes 7
  EXPECT_FALSE(features.ok());
}

// A backbone whose features are its picture's first values, so that order shows.
class FirstValues : public Backbone {
 public:
  Result<std::vector<float>> Features(const Pixels& pixels) const override {
    return std::vector<float>{pixels.values[0], static_cast<float>(pixels.size.width)};
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

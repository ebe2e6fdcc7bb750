// CLIP's text side against transformers (text_values.json, made by text_values.py).
#include "worker/torch_backbone/text_transformer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

namespace unmask {
namespace {

using nlohmann::json;

const json& Cases() {
  static const json cases = json::parse(
      ReadFile(UNMASK_SOURCE_DIR "/tests/unit/worker/torch_backbone/text_values.json").value());
  return cases;
}

struct FormulaModel {
  explicit FormulaModel(const json& config) {
    parts.config = ReadTextConfig(config.dump(), "config.json").value();
    for (const WantedTensor& wanted : TextLayout(parts.config)) {
      std::vector<float>& values = storage[wanted.role];
      const int number = std::accumulate(wanted.name.begin(), wanted.name.end(), 0);
      const std::int64_t count = std::accumulate(wanted.shape.begin(), wanted.shape.end(),
                                                 std::int64_t{1}, std::multiplies<>());
      for (std::int64_t i = 0; i < count; ++i) {
        values.push_back(static_cast<float>(0.4 * std::sin(0.7 * static_cast<double>(i) + number)));
      }
      const std::string_view bytes(reinterpret_cast<const char*>(values.data()),
                                   values.size() * sizeof(float));
      parts.weights[wanted.role] = StoredTensor{{DType::kF32, wanted.shape, bytes}, "formula"};
    }
  }
  std::map<std::string, std::vector<float>> storage;
  TextParts parts;
};

double RelativeError(const std::vector<float>& values, const std::vector<float>& expected) {
  double difference = 0;
  double norm = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    difference += std::pow(values.at(i) - expected[i], 2);
    norm += std::pow(expected[i], 2);
  }
  return std::sqrt(difference / norm);
}

class TextAgainstTransformers : public testing::TestWithParam<int> {};

TEST_P(TextAgainstTransformers, SameFeatures) {
  const json& one = Cases()[GetParam()];
  const FormulaModel formula(one["config"]);
  const auto model = MakeTextModel(formula.parts).value();
  for (std::size_t i = 0; i < one["tokens"].size(); ++i) {
    const auto features = model->Features(one["tokens"][i].get<std::vector<std::int32_t>>());
    ASSERT_TRUE(features.ok()) << FormatError(features.error());
    const auto expected = one["features"][i].get<std::vector<float>>();
    ASSERT_EQ(features->size(), expected.size());
    EXPECT_LT(RelativeError(*features, expected), 1e-5) << one["tokens"][i];
  }
}

INSTANTIATE_TEST_SUITE_P(All, TextAgainstTransformers, testing::Range(0, 3));

// What prompts learnt in one batch rest on.
TEST(TextTransformer, WhatFollowsTheEndChangesNothing) {
  const FormulaModel formula(Cases()[0]["config"]);
  const TorchWeights weights = MakeTorchWeights(formula.parts.weights).value();
  const std::vector<std::int32_t> shorter = {17, 3, 18, 18, 18, 18};
  const std::vector<std::int32_t> longer = {17, 5, 4, 2, 9, 18};
  const at::Tensor batch =
      at::stack({TokenEmbeddings(weights, shorter), TokenEmbeddings(weights, longer)});
  const at::Tensor both = TextFeatures(formula.parts.config, weights, batch,
                                       at::tensor(std::vector<std::int64_t>{2, 5}));
  const at::Tensor alone =
      TextFeatures(formula.parts.config, weights,
                   TokenEmbeddings(weights, std::span(shorter).first(3)).unsqueeze(0),
                   at::tensor(std::vector<std::int64_t>{2}));
  EXPECT_TRUE(at::allclose(both[0], alone[0], 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(both[1], alone[0], 1e-3, 1e-3));
}

TEST(TextTransformer, RefusesTokensThatItHasNot) {
  const FormulaModel formula(Cases()[0]["config"]);
  const auto model = MakeTextModel(formula.parts).value();
  const auto refusal = [&](const std::vector<std::int32_t>& tokens) {
    const auto features = model->Features(tokens);
    return features.ok() ? "" : FormatError(features.error());
  };
  EXPECT_NE(refusal({17, 19}).find("token 19"), std::string::npos);
  EXPECT_NE(refusal({17, 3}).find("no end token 18"), std::string::npos);
  EXPECT_NE(refusal(std::vector<std::int32_t>(8, 18)).find("8 tokens"), std::string::npos);
}

}  // namespace
}  // namespace unmask

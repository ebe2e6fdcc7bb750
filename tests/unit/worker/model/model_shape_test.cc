#include "worker/model/model_shape.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "common/random/philox_fill.h"

namespace unmask {
namespace {

const ModelShape kShape{90, 512, 256, {{Task::kTer, 6}, {Task::kDer, 6}}};

TEST(InitialWeights, AreWithinPyTorchsBoundsAndFillThem) {
  const NamedTensors weights = InitialWeights(kShape, 3, "22");
  EXPECT_EQ(weights.size(), 22U);
  const auto expect_uniform = [&](const std::string& name, double fan_in) {
    const std::vector<float>& values = weights.at(name).values;
    const double bound = 1 / std::sqrt(fan_in);
    double squares = 0;
    for (const float value : values) {
      ASSERT_LE(std::abs(value), bound);
      squares += value * static_cast<double>(value);
    }
    if (values.size() < 1000) return;
    EXPECT_NEAR(squares / static_cast<double>(values.size()), bound * bound / 3,
                bound * bound * 0.05);
  };
  expect_uniform("adapter.linear.weight", 90);
  expect_uniform("adapter.linear.bias", 90);
  expect_uniform("ter.linear.weight", 512);
  expect_uniform("der.linear.bias", 512);
  expect_uniform("der.classifier.weight", 256);
  EXPECT_EQ(weights.at("ter.linear.weight").shape, (std::vector<std::int64_t>{256, 512}));
  for (const char* ones : {"adapter.norm.weight", "ter.norm.running_var"}) {
    for (const float value : weights.at(ones).values) EXPECT_EQ(value, 1);
  }
  for (const char* zeros : {"adapter.norm.bias", "ter.norm.running_mean"}) {
    for (const float value : weights.at(zeros).values) EXPECT_EQ(value, 0);
  }
  EXPECT_NE(weights.at("ter.linear.weight"), weights.at("der.linear.weight"));
}

TEST(InitialWeights, OfASingleTaskAreThoseOfItsStream) {
  ModelShape single = kShape;
  single.heads = {{Task::kDer, 6}};
  const NamedTensors both = InitialWeights(kShape, 0, "22");
  for (const auto& [name, tensor] : InitialWeights(single, 0, "22")) {
    EXPECT_EQ(tensor, both.at(name)) << name;
  }
  EXPECT_NE(both, InitialWeights(kShape, 1, "22"));
  EXPECT_NE(both, InitialWeights(kShape, 0, "23"));
}

TEST(InitialWeights, OfAPromptAreAsCoOpHasThem) {
  ModelShape shape{0, 0, 0, {{Task::kTer, 6}, {Task::kDer, 6}}};
  shape.prompt = {16, 512};
  const NamedTensors weights = InitialWeights(shape, 0, "22");
  ASSERT_EQ(weights.size(), 2U);
  const FloatTensor& context = weights.at("ter.context");
  EXPECT_EQ(context.shape, (std::vector<std::int64_t>{16, 512}));
  double squares = 0;
  for (const float value : context.values) squares += value * static_cast<double>(value);
  EXPECT_NEAR(std::sqrt(squares / (16 * 512)), 0.02, 0.0005);
  EXPECT_NE(context, weights.at("der.context"));
  shape.prompt = {0, 512};  // zero-shot
  EXPECT_TRUE(InitialWeights(shape, 0, "22").empty());
}

TEST(IsBuffer, KnowsBatchNormsOfTheModelAndOfABackbone) {
  for (const char* name : {"ter.norm.running_mean", "adapter.norm.running_var",
                           "backbone/stem.norm.mean", "backbone/stem.norm.variance"}) {
    EXPECT_TRUE(IsBuffer(name)) << name;
  }
  for (const char* name : {"ter.norm.weight", "adapter.linear.bias", "backbone/stem.norm.bias"}) {
    EXPECT_FALSE(IsBuffer(name)) << name;
  }
}

TEST(MaskMaker, KeepsTheRightShareAtTheRightScale) {
  MaskMaker maker(kShape, 0.2, 0, "22");
  const DropoutMasks masks = maker.Make(0, 0, 32);
  ASSERT_EQ(masks.adapter.size(), 32U * 512);
  ASSERT_EQ(masks.streams.size(), 2U);
  ASSERT_EQ(masks.streams[0].size(), 32U * 256);
  EXPECT_NE(masks.streams[0], masks.streams[1]);
  const auto dropped = std::count(masks.adapter.begin(), masks.adapter.end(), 0.0F);
  const auto kept = std::count(masks.adapter.begin(), masks.adapter.end(), 1.25F);
  EXPECT_EQ(dropped + kept, 32 * 512);
  EXPECT_NEAR(static_cast<double>(dropped), 0.2 * 32 * 512, 260);  // five standard deviations
  EXPECT_NE(maker.Make(0, 1, 32).adapter, masks.adapter);
  EXPECT_NE(maker.Make(1, 0, 32).adapter, masks.adapter);
  EXPECT_EQ(maker.Make(0, 0, 32).adapter, masks.adapter);
  EXPECT_NE(MaskMaker(kShape, 0.2, 1, "22").Make(0, 0, 32).adapter, masks.adapter);
  EXPECT_NE(MaskMaker(kShape, 0.2, 0, "23").Make(0, 0, 32).adapter, masks.adapter);
  const std::vector<float> all_ones(32U * 512, 1.0F);
  EXPECT_EQ(MaskMaker(kShape, 0, 0, "22").Make(0, 0, 32).adapter, all_ones);
}

// For an engine that draws them itself.
TEST(MaskMaker, TheNumbersAreThoseOfTheMasks) {
  MaskMaker maker(kShape, 0.2, 0, "22");
  const DropoutMasks masks = maker.Make(3, 5, 32);
  const DropoutNumbers& numbers = masks.numbers;
  const auto drawn = [&](PhiloxKey key, std::size_t size) {
    std::vector<float> mask(size);
    FillMask(key, numbers.epoch, numbers.step, numbers.least, KeptScale(0.2), mask);
    return mask;
  };
  EXPECT_EQ(drawn(numbers.adapter, masks.adapter.size()), masks.adapter);
  ASSERT_EQ(numbers.streams.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(drawn(numbers.streams[i], masks.streams[i].size()), masks.streams[i]);
  }
  EXPECT_EQ(maker.Numbers(1, 2).numbers.epoch, 1U);
  EXPECT_EQ(maker.Numbers(1, 2).numbers.step, 2U);
}

}  // namespace
}  // namespace unmask

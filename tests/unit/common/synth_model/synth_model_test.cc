#include "common/synth_model/synth_model.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>

#include "tests/testing/temp_folder.h"
#include "worker/backbone/backbone.h"

namespace unmask {
namespace {

class SynthModelFolderTest : public testing::TestWithParam<SynthModelKind> {
 protected:
  const TempFolder temp_;
  const fs::path folder_ = temp_.path();
};

SynthModelOptions Small(SynthModelKind kind, std::int64_t seed = 5) {
  return {.kind = kind, .seed = seed, .vocabulary = 300};
}

TEST_P(SynthModelFolderTest, IsAFolderThatBackbonesAreReadFrom) {
  for (const auto& [name, bytes] : SynthModelFiles(Small(GetParam()))) {
    ASSERT_TRUE(WriteFileDurably(folder_ / name, bytes).ok());
  }
  const auto model = OpenModelFolder(folder_, ClipFeature::kPooled);
  ASSERT_TRUE(model.ok()) << FormatError(model.error());
  EXPECT_EQ(OutputSize(model->preprocessing), (Size{kSynthModelSide, kSynthModelSide}));
  const bool clip = GetParam() == SynthModelKind::kClip;
  EXPECT_EQ(OpenModelFolder(folder_, ClipFeature::kProjected).ok(), clip);
}

TEST_P(SynthModelFolderTest, IsAFunctionOfItsSeed) {
  const auto files = SynthModelFiles(Small(GetParam()));
  EXPECT_EQ(files, SynthModelFiles(Small(GetParam())));
  const auto others = SynthModelFiles(Small(GetParam(), 6));
  EXPECT_EQ(files.at("config.json"), others.at("config.json"));
  EXPECT_NE(files.at("model.safetensors"), others.at("model.safetensors"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, SynthModelFolderTest,
                         testing::Values(SynthModelKind::kVit, SynthModelKind::kClip,
                                         SynthModelKind::kResnet18));

Safetensors Parsed(const std::string& bytes) {
  auto parsed = ParseSafetensors(bytes, "model");
  UNMASK_CHECK(parsed.ok());
  return std::move(parsed).value();
}

std::vector<float> Values(const TensorView& tensor) {
  std::vector<float> values(tensor.bytes.size() / sizeof(float));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

TEST(SynthModelTest, ClipHasItsTextSide) {
  const auto files = SynthModelFiles(Small(SynthModelKind::kClip));
  const Safetensors model = Parsed(files.at("model.safetensors"));
  EXPECT_EQ(model.tensors.at("text_model.embeddings.token_embedding.weight").shape[0], 300);
  EXPECT_TRUE(model.tensors.contains("text_model.encoder.layers.1.self_attn.k_proj.bias"));
  EXPECT_TRUE(model.tensors.contains("text_projection.weight"));
  EXPECT_TRUE(model.tensors.at("logit_scale").shape.empty());
  EXPECT_NEAR(Values(model.tensors.at("logit_scale"))[0], 2.6592, 1e-6);
  EXPECT_THAT(files.at("config.json"), testing::HasSubstr("\"eos_token_id\": 299"));
}

TEST(SynthModelTest, WeightsOfDifferentTensorsAreDifferentAndCentred) {
  const auto files = SynthModelFiles(Small(SynthModelKind::kVit));
  const Safetensors model = Parsed(files.at("model.safetensors"));
  const auto q = Values(model.tensors.at("vit.encoder.layer.0.attention.attention.query.weight"));
  const auto k = Values(model.tensors.at("vit.encoder.layer.0.attention.attention.key.weight"));
  double sum = 0, squares = 0, product = 0;
  for (std::size_t i = 0; i < q.size(); ++i) {
    sum += q[i];
    squares += double{q[i]} * q[i];
    product += double{q[i]} * k[i];
  }
  const auto count = static_cast<double>(q.size());
  const double deviation = std::sqrt(squares / count);
  EXPECT_NEAR(sum / count, 0, 5 * deviation / std::sqrt(count));
  EXPECT_NEAR(product / squares, 0, 5 / std::sqrt(count));
}

}  // namespace
}  // namespace unmask

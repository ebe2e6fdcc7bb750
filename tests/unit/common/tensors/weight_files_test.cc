#include "common/tensors/weight_files.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

template <typename Word>
std::string Bytes(const std::vector<Word>& words) {
  std::string bytes(words.size() * sizeof(Word), '\0');
  std::memcpy(bytes.data(), words.data(), bytes.size());
  return bytes;
}

class WeightFilesTest : public testing::Test {
 protected:
  void Put(const fs::path& name, const std::string& bytes) {
    ASSERT_TRUE(WriteFileDurably(folder_ / name, bytes).ok());
  }
  // One float32 tensor of one element.
  static std::string FileWith(const std::string& tensor, float value) {
    const std::string bytes = Bytes<float>({value});
    Safetensors file;
    file.tensors[tensor] = {DType::kF32, {1}, bytes};
    return WriteSafetensors(file);
  }
  std::string Refusal() const {
    const auto opened = OpenWeightFiles(folder_);
    return opened.ok() ? "" : FormatError(opened.error());
  }
  float Value(const WeightFiles& weights, const std::string& name) {
    const auto values = FloatsOf(weights.tensors.at(name), name);
    UNMASK_CHECK(values.ok() && values->size() == 1);
    return (*values)[0];
  }

  const TempFolder temp_;
  const fs::path folder_ = temp_.path();
};

TEST_F(WeightFilesTest, ReadsOneFileThroughTheLinksOfACache) {
  fs::create_directory(folder_ / "blobs");
  Put("blobs/0123", FileWith("a", 3));
  fs::create_symlink("blobs/0123", folder_ / "model.safetensors");
  const auto weights = OpenWeightFiles(folder_);
  ASSERT_TRUE(weights.ok()) << FormatError(weights.error());
  EXPECT_EQ(Value(*weights, "a"), 3);
}

// As `git clone` leaves without git-lfs.
TEST_F(WeightFilesTest, KnowsAPointerOfGitLfs) {
  Put("model.safetensors",
      "version https://git-lfs.github.com/spec/v1\n"
      "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n");
  EXPECT_NE(Refusal().find("a Git LFS pointer"), std::string::npos) << Refusal();
  EXPECT_NE(Refusal().find("git lfs pull"), std::string::npos) << Refusal();
}

TEST_F(WeightFilesTest, ReadsShards) {
  Put("one.safetensors", FileWith("a", 1));
  Put("two.safetensors", FileWith("b", 2));
  Put("model.safetensors.index.json",
      R"({"metadata":{"total_size":8},"weight_map":{"a":"one.safetensors","b":"two.safetensors"}})");
  const auto weights = OpenWeightFiles(folder_);
  ASSERT_TRUE(weights.ok()) << FormatError(weights.error());
  EXPECT_EQ(Value(*weights, "a"), 1);
  EXPECT_EQ(Value(*weights, "b"), 2);
}

TEST_F(WeightFilesTest, RefusesShardsThatAreNotWhatTheIndexSays) {
  const auto index = [&](const std::string& map) {
    Put("model.safetensors.index.json", R"({"weight_map":)" + map + "}");
    return Refusal();
  };
  Put("one.safetensors", FileWith("a", 1));
  Put("two.safetensors", FileWith("b", 2));
  Put("twice.safetensors", FileWith("a", 2));
  EXPECT_EQ(index(R"({"a":"one.safetensors"})"), "");
  EXPECT_NE(index(R"({"c":"one.safetensors"})").find("'c' is not there"), std::string::npos);
  EXPECT_NE(index(R"({"a":"one.safetensors","b":"one.safetensors"})"), "");
  EXPECT_NE(index(R"({"a":"one.safetensors","x":"twice.safetensors"})").find("in two shards"),
            std::string::npos);
  EXPECT_NE(index(R"({"a":"gone.safetensors"})").find("gone.safetensors"), std::string::npos);
  EXPECT_NE(index(R"({"a":"../one.safetensors"})").find("not a safetensors file"),
            std::string::npos);
  EXPECT_NE(index(R"({"a":1})"), "");
  EXPECT_NE(index("[]"), "");
  EXPECT_NE(index(std::string(1 << 20, '[')).find("nested deeper"), std::string::npos);
  EXPECT_LT(index(R"({"a":")" + std::string(1 << 20, '/') + R"("})").size(), 400U);
}

TEST_F(WeightFilesTest, NeverReadsPickle) {
  EXPECT_NE(Refusal().find("no weights"), std::string::npos);
  Put("pytorch_model.bin", "cos\nsystem\n");
  EXPECT_NE(Refusal().find("pickled"), std::string::npos);
  EXPECT_NE(Refusal().find("save_pretrained"), std::string::npos);
  EXPECT_EQ(Refusal().find('\n'), std::string::npos);
}

TEST_F(WeightFilesTest, WhatCannotBeLookedAtIsNoWeights) {
  fs::create_symlink("pytorch_model.bin", folder_ / "pytorch_model.bin");
  EXPECT_NE(Refusal().find("no weights"), std::string::npos);
}

TEST_F(WeightFilesTest, RefusesWhatIsNoFile) {
  EXPECT_FALSE(OpenWeightFiles(folder_ / "gone").ok());
  fs::create_directory(folder_ / "model.safetensors");
  EXPECT_NE(Refusal().find("not a regular file"), std::string::npos);
  fs::remove(folder_ / "model.safetensors");
  Put("model.safetensors", "");
  EXPECT_NE(Refusal().find("file is cut"), std::string::npos);
}

std::vector<float> Converted(DType dtype, const std::string& bytes) {
  const StoredTensor tensor{{dtype, {}, bytes}, "f"};
  const auto floats = FloatsOf(tensor, "t");
  UNMASK_CHECK(floats.ok());
  return *floats;
}

TEST(FloatsOf, ConvertsEveryFloat) {
  EXPECT_EQ(Converted(DType::kF32, Bytes<float>({1.5F, -2})), (std::vector<float>{1.5F, -2}));
  // 1, -2, 65504 (largest), 2^-14 (smallest normal), 2^-24 (smallest), -0 (IEEE 754 binary16).
  EXPECT_EQ(Converted(DType::kF16,
                      Bytes<std::uint16_t>({0x3C00, 0xC000, 0x7BFF, 0x0400, 0x0001, 0x8000})),
            (std::vector<float>{1, -2, 65504, 0x1p-14F, 0x1p-24F, 0}));
  EXPECT_TRUE(std::signbit(FloatOfHalf(0x8000)));
  EXPECT_EQ(FloatOfHalf(0xFC00), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(FloatOfHalf(0x7C01)));
  EXPECT_EQ(FloatOfHalf(0x3555), 0x1.554p-2F);
  EXPECT_EQ(Converted(DType::kBf16, Bytes<std::uint16_t>({0x3F80, 0xC0A0})),
            (std::vector<float>{1, -5}));
  EXPECT_FALSE(FloatsOf({{DType::kI64, {1}, "12345678"}, "f"}, "t").ok());
}

}  // namespace
}  // namespace unmask

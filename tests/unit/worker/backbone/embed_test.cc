#include "worker/backbone/embed.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <new>

#include "tests/testing/temp_folder.h"
#include "tests/unit/worker/images/encode.h"
#include "worker/backbone/extract.h"

namespace unmask {
namespace {

// Its features are the first pixel of each channel.
class FirstPixel final : public Backbone {
 public:
  Result<std::vector<float>> FeaturesOfBlock(std::span<const Pixels> pictures) const override {
    std::vector<float> features;
    for (const Pixels& picture : pictures) {
      const std::size_t plane = picture.values.size() / 3;
      for (std::size_t c = 0; c < 3; ++c) features.push_back(picture.values[c * plane]);
    }
    return features;
  }
};

TEST(EmbedImages, TreatsTransparencyAsTheModelDoes) {
  const TempFolder folder;
  const fs::path picture = folder.path() / "a.png";
  UNMASK_CHECK(
      WriteFileDurably(picture, testing::Png(1, 1, PNG_FORMAT_RGBA, {40, 50, 60, 128})).ok());
  for (const auto& [transparency, red] :
       {std::pair(Transparency::kDropped, 40.0F), std::pair(Transparency::kOverWhite, 147.0F)}) {
    Preprocessing preprocessing;
    preprocessing.transparency = transparency;
    preprocessing.rescale.reset();
    const auto file = EmbedImages(FirstPixel(), preprocessing, {picture}, 1);
    ASSERT_TRUE(file.ok());
    const Safetensors read = ParseSafetensors(*file, "features").value();
    float value = 0;
    std::memcpy(&value, read.tensors.at("features").bytes.data(), sizeof value);
    EXPECT_EQ(value, red);
  }
}

TEST(EmbedImages, NamesThePicturesForWhichThereIsNoMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers end a program that asks for that much";
#endif
  const TempFolder folder;
  std::vector<fs::path> pictures;
  for (int i = 0; i < 40; ++i) {
    pictures.push_back(folder.path() / (std::to_string(i) + ".png"));
    UNMASK_CHECK(WriteFileDurably(pictures.back(), testing::Png(1, 1, PNG_FORMAT_GRAY, {9})).ok());
  }
  Preprocessing preprocessing;
  preprocessing.crop = Size{1 << 23, 1 << 23};  // more than an address space holds
  const auto file = EmbedImages(FirstPixel(), preprocessing, pictures, 4);
  ASSERT_FALSE(file.ok());
  ASSERT_EQ(file.error().problems.size(), pictures.size());
  EXPECT_EQ(file.error().problems[39].what, "no memory to decode the picture");
  EXPECT_EQ(file.error().problems[39].where, pictures[39].string());
}

TEST(ExtractFeatures, RefusesWhatIsNoFiniteNumber) {
  for (const float value : {NAN, INFINITY}) {
    std::vector<PictureMaker> makers(40, [] { return Pixels{{1, 1}, {0, 0, 0}}; });
    EXPECT_TRUE(ExtractFeatures(FirstPixel(), makers, 2).ok());
    makers[33] = [value] { return Pixels{{1, 1}, {0, value, 0}}; };
    const auto rows = ExtractFeatures(FirstPixel(), makers, 2);
    ASSERT_FALSE(rows.ok());
    EXPECT_EQ(rows.error().code, ErrorCode::kData);
  }
}

// A trainer tells want of memory from what is wrong with pictures.
TEST(ExtractFeatures, ThrowsWhatItsPicturesThrowOnAnyThread) {
  for (const unsigned threads : {1U, 4U}) {
    const PictureMaker fails = []() -> Result<Pixels> { throw std::bad_alloc(); };
    const std::vector<PictureMaker> makers(100, fails);
    EXPECT_THROW((void)ExtractFeatures(FirstPixel(), makers, threads), std::bad_alloc);
  }
}

}  // namespace
}  // namespace unmask

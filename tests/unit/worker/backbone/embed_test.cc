#include "worker/backbone/embed.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/testing/temp_folder.h"
#include "tests/unit/worker/images/encode.h"

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

}  // namespace
}  // namespace unmask

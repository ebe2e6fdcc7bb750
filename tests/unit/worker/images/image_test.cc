#include "worker/images/image.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "encode.h"

namespace unmask {
namespace {

using testing::Jpeg;
using testing::Png;
using Samples = std::vector<std::uint8_t>;

Samples Formula(std::size_t count) {
  Samples samples(count);
  for (std::size_t i = 0; i < count; ++i) samples[i] = static_cast<std::uint8_t>(i * 7 + i / 5);
  return samples;
}

Samples Decoded(const std::string& bytes) {
  const auto image = DecodeImage(bytes, "picture");
  UNMASK_CHECK(image.ok());
  return image->rgb;
}

std::string Refusal(const std::string& bytes) {
  const auto image = DecodeImage(bytes, "picture");
  return image.ok() ? "" : FormatError(image.error());
}

// A BMP of 3 x 2 pixels, bottom row first, rows of 12 bytes.
std::string Bmp() {
  std::string bytes(54 + 24, '\0');
  const auto put = [&](std::size_t at, std::uint32_t value) { std::memcpy(&bytes[at], &value, 4); };
  bytes[0] = 'B';
  bytes[1] = 'M';
  put(10, 54);
  put(14, 40);
  put(18, 3);
  put(22, 2);
  put(26, 1 | 24 << 16);
  for (int i = 0; i < 24; ++i) bytes[54 + i] = static_cast<char>(i);
  return bytes;
}

TEST(DecodeImage, ReadsPng) {
  const Samples rgb = Formula(std::size_t{5} * 4 * 3);
  const auto image = DecodeImage(Png(5, 4, PNG_FORMAT_RGB, rgb), "picture");
  ASSERT_TRUE(image.ok());
  EXPECT_EQ(image->width, 5);
  EXPECT_EQ(image->height, 4);
  EXPECT_EQ(image->rgb, rgb);
}

TEST(DecodeImage, DropsTransparencyAndRepeatsGrey) {
  EXPECT_EQ(Decoded(Png(2, 1, PNG_FORMAT_RGBA, {1, 2, 3, 0, 4, 5, 6, 255})),
            (Samples{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(Decoded(Png(2, 1, PNG_FORMAT_GRAY, {9, 200})), (Samples{9, 9, 9, 200, 200, 200}));
  EXPECT_EQ(Decoded(Png(2, 1, PNG_FORMAT_GA, {9, 0, 200, 255})), (Samples{9, 9, 9, 200, 200, 200}));
}

TEST(DecodeImage, ReadsJpeg) {
  const Samples flat(std::size_t{16} * 8, 120);
  for (const std::uint8_t value : Decoded(Jpeg(16, 8, 1, flat))) EXPECT_EQ(value, 120);
  Samples red;
  for (int i = 0; i < 16 * 8; ++i) red.insert(red.end(), {200, 40, 30});
  const Samples decoded = Decoded(Jpeg(16, 8, 3, red));
  ASSERT_EQ(decoded.size(), red.size());
  for (std::size_t i = 0; i < red.size(); ++i) EXPECT_NEAR(decoded[i], red[i], 2) << i;
}

// Adobe's convention: inks are stored inverted, so 255 is none.
TEST(DecodeImage, TurnsInkIntoLight) {
  Samples inks;
  for (int i = 0; i < 16 * 8; ++i) inks.insert(inks.end(), {255, 128, 0, 255});
  const Samples decoded = Decoded(Jpeg(16, 8, 4, inks));
  EXPECT_NEAR(decoded[0], 255, 2);
  EXPECT_NEAR(decoded[1], 128, 2);
  EXPECT_NEAR(decoded[2], 0, 2);
}

TEST(DecodeImage, ReadsBmp) {
  EXPECT_EQ(Decoded(Bmp()),
            (Samples{14, 13, 12, 17, 16, 15, 20, 19, 18, 2, 1, 0, 5, 4, 3, 8, 7, 6}));
}

TEST(DecodeImage, RefusesEveryTruncation) {
  const Samples rgb = Formula(std::size_t{16} * 16 * 3);
  for (const std::string& whole : {Png(16, 16, PNG_FORMAT_RGB, rgb), Jpeg(16, 16, 3, rgb), Bmp()}) {
    ASSERT_EQ(Refusal(whole), "");
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_NE(Refusal(whole.substr(0, size)).find("picture"), std::string::npos) << size;
    }
  }
}

TEST(DecodeImage, TreatsLibjpegsWarningsAsErrors) {
  std::string bytes = Jpeg(16, 16, 3, Formula(std::size_t{16} * 16 * 3));
  bytes.insert(bytes.size() - 40, "\xff\xd3");  // a marker in the middle of the scan
  EXPECT_NE(Refusal(bytes).find("Corrupt JPEG data"), std::string::npos) << Refusal(bytes);
}

TEST(DecodeImage, RefusesWhatIsNoImage) {
  EXPECT_NE(Refusal("").find("empty file"), std::string::npos);
  EXPECT_NE(Refusal("GIF89a......").find("not an image"), std::string::npos);
  EXPECT_NE(Refusal("#!/bin/sh\n").find("JPEG, PNG, WebP or BMP"), std::string::npos);
}

TEST(DecodeImage, CapsSizeBeforeDecoding) {
  std::string png = Png(2, 1, PNG_FORMAT_RGB, Formula(6));
  png[16] = 0x7f;  // the width's first byte: 2^31 - something, and the chunk's checksum is wrong
  EXPECT_NE(Refusal(png).find("2130706434 x 1 pixels"), std::string::npos) << Refusal(png);
  std::string jpeg = Jpeg(16, 16, 1, Samples(256, 0));
  const std::size_t frame = jpeg.find("\xff\xc0");
  jpeg.replace(frame + 5, 4, "\xff\x00\xff\x00", 4);  // 65280 x 65280
  EXPECT_NE(Refusal(jpeg).find("65280 x 65280 pixels"), std::string::npos) << Refusal(jpeg);
  std::string bmp = Bmp();
  bmp[21] = 0x7f;
  EXPECT_NE(Refusal(bmp).find("pixels"), std::string::npos);
}

TEST(DecodeImage, SurvivesDamageAnywhere) {
  const Samples rgb = Formula(std::size_t{16} * 16 * 3);
  const unsigned seed = 5;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (const std::string& whole : {Png(16, 16, PNG_FORMAT_RGB, rgb), Jpeg(16, 16, 3, rgb), Bmp()}) {
    for (int i = 0; i < 2000; ++i) {
      std::string damaged = whole;
      for (int hit = 0; hit < 3; ++hit) {
        damaged[random() % damaged.size()] = static_cast<char>(random());
      }
      const auto image = DecodeImage(damaged, "picture");  // an answer, whatever it is
      if (image.ok()) {
        EXPECT_EQ(image->rgb.size(), std::size_t{3} * image->width * image->height);
      }
    }
  }
}

TEST(ReadImage, NamesTheFile) {
  const auto image = ReadImage("/nowhere/face.jpg");
  ASSERT_FALSE(image.ok());
  EXPECT_NE(FormatError(image.error()).find("/nowhere/face.jpg"), std::string::npos);
}

}  // namespace
}  // namespace unmask

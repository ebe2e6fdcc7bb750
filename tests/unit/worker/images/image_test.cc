#include "worker/images/image.h"

#include <gtest/gtest.h>

#include <cmath>
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

Samples Decoded(const std::string& bytes, Transparency transparency = Transparency::kDropped) {
  const auto image = DecodeImage(bytes, "picture", transparency);
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

std::string Unhex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// With what all PNGs begin and end with.
std::string PngOf(std::string_view digits) {
  return Unhex("89504e470d0a1a0a0000000d49484452") + Unhex(digits) +
         Unhex("0000000049454e44ae426082");
}

struct Transparent {
  const char* name;
  std::string bytes;
  Samples dropped, over_white;
};

// Expected: Pillow 13.0.0, convert("RGB"), and alpha_composite of white and convert("RGBA") where
// the picture has alpha or states a transparent colour. Of 2 and 4 bits, and of 16, Pillow compares
// that colour, of which it takes the low byte, with the samples it has scaled to 8.
const std::vector<Transparent>& PillowsTransparency() {
  static const std::vector<Transparent> cases = {
      {"grey, 1 bit, white the key",
       PngOf("00000002000000010100000000dc5942270000000274524e5300010194fdae0000000a49444154789c637"
             "00000004200412937f4ef"),
       {0, 0, 0, 255, 255, 255},
       {0, 0, 0, 255, 255, 255}},
      {"grey, 2 bits",
       PngOf("0000000400000001020000000096e748b00000000274524e5300010194fdae0000000a49444154789c639"
             "00600001d001c8ef4f521"),
       {0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255},
       {0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255}},
      {"grey, 4 bits, black the key",
       PngOf("0000000200000001040000000014b9cd570000000274524e5300007693cd380000000a49444154789c63e"
             "0070000110010a96c43e0"),
       {0, 0, 0, 255, 255, 255},
       {255, 255, 255, 255, 255, 255}},
      {"grey, 8 bits",
       PngOf("00000002000000010800000000d14920560000000274524e53000506f939b70000000b49444154789c636"
             "06503000013000c0e96b8a7"),
       {5, 5, 5, 6, 6, 6},
       {255, 255, 255, 6, 6, 6}},
      {"grey, 16 bits",
       PngOf("000000030000000110000000006e1b972b0000000274524e53000506f939b70000000f49444154789c636"
             "0606564656003000039001288db0ddf"),
       {5, 5, 5, 255, 255, 255, 6, 6, 6},
       {255, 255, 255, 255, 255, 255, 6, 6, 6}},
      {"RGB",
       PngOf("000000020000000108020000007b40e8dd0000000674524e53000100020003c94babf50000000f4944415"
             "4789c636064626664620100002e000eefbd14a4"),
       {1, 2, 3, 1, 2, 4},
       {255, 255, 255, 1, 2, 4}},
      {"RGB, 16 bits",
       PngOf("000000020000000110020000002bd0349e0000000674524e530105020503059a9ff668000000114944415"
             "4789c636064656265666500430000f90025bf140619"),
       {1, 2, 3, 0, 0, 0},
       {1, 2, 3, 0, 0, 0}},
      {"RGB, 16 bits, the key's low bytes",
       PngOf("000000020000000110020000002bd0349e0000000674524e5301050206030776d7291d000000154944415"
             "4789c636065656363676464656263660700017700372fa0bef5"),
       {5, 6, 7, 1, 2, 3},
       {255, 255, 255, 1, 2, 3}},
      {"grey, 16 bits, the key's low byte",
       PngOf("000000040000000110000000008cc78c520000000274524e5301051fe208f60000001149444154789c636"
             "0606564fdff9f990100074a020d2875b836"),
       {5, 5, 5, 255, 255, 255, 255, 255, 255, 255, 255, 255},
       {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}},
      {"palette",
       PngOf("000000030000000108030000002c3ee48600000009504c5445000102030405060708d98bbe6c000000027"
             "4524e5300809b2b4e180000000c49444154789c6360606402000008000436e0b0a6"),
       {0, 1, 2, 3, 4, 5, 6, 7, 8},
       {255, 255, 255, 129, 129, 130, 6, 7, 8}},
      {"palette, 2 bits",
       PngOf("00000003000000010203000000668efc2700000009504c5445000102030405060708d98bbe6c000000027"
             "4524e530780d46ad8df0000000a49444154789c63900000001a00192d88f436"),
       {0, 1, 2, 3, 4, 5, 6, 7, 8},
       {248, 248, 248, 129, 129, 130, 6, 7, 8}},
      {"grey and alpha, 16 bits",
       PngOf("000000020000000110040000000ebb6b420000001149444154789c63103269f8cff0ff3f03000efb03c43"
             "51b4d93"),
       {18, 18, 18, 0, 0, 0},
       {136, 136, 136, 0, 0, 0}},
      {"RGB and alpha, 16 bits",
       PngOf("000000010000000110060000004f8518ca0000001149444154789c63103269f8cff0dfe13f000e7c04047"
             "476c979"),
       {18, 128, 0},
       {196, 223, 191}},
      {"RGB, opaque",
       PngOf("00000001000000010802000000907753de0000000c49444154789c636064620600000e0007d76fe478"),
       {1, 2, 3},
       {1, 2, 3}},
      {"WebP",
       Unhex("5249464626000000574542505650384c190000002f0200001017700a8f2b78d4434050f49ce9813f9424a"
             "2ff0100"),
       {10, 20, 30, 40, 50, 60, 70, 80, 90},
       {255, 255, 255, 147, 152, 157, 70, 80, 90}},
      {"WebP, opaque",
       Unhex("5249464620000000574542505650384c140000002f010000000f700a8f2b78d463fe83430522fa1f"),
       {10, 20, 30, 40, 50, 60},
       {10, 20, 30, 40, 50, 60}},
  };
  return cases;
}

TEST(DecodeImage, LaysTransparencyOnWhiteAsPillowDoes) {
  for (const Transparent& one : PillowsTransparency()) {
    EXPECT_EQ(Decoded(one.bytes), one.dropped) << one.name;
    EXPECT_EQ(Decoded(one.bytes, Transparency::kOverWhite), one.over_white) << one.name;
  }
}

// Every value with every alpha: Pillow 13.0.0 rounds to the nearest.
TEST(DecodeImage, RoundsAsPillowDoes) {
  Samples rgba;
  Samples expected;
  for (int i = 0; i < 256 * 256; ++i) {
    const int value = i % 256, alpha = i / 256;
    for (const int sample : {value, value, value, alpha}) {
      rgba.push_back(static_cast<std::uint8_t>(sample));
    }
    const double mixed = (value * alpha + 255.0 * (255 - alpha)) / 255;
    expected.insert(expected.end(), 3, static_cast<std::uint8_t>(std::lround(mixed)));
  }
  EXPECT_EQ(Decoded(Png(256, 256, PNG_FORMAT_RGBA, rgba), Transparency::kOverWhite), expected);
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

TEST(DecodeImage, SaysWhichBmpsAreRead) {
  std::string bmp = Bmp();
  bmp[28] = 16;
  EXPECT_NE(Refusal(bmp).find("an uncompressed BMP of 8, 24 or 32 bits"), std::string::npos)
      << Refusal(bmp);
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
  std::vector<std::string> files = {Png(16, 16, PNG_FORMAT_RGB, rgb), Jpeg(16, 16, 3, rgb), Bmp()};
  for (const Transparent& one : PillowsTransparency()) files.push_back(one.bytes);
  for (const std::string& whole : files) {
    for (int i = 0; i < 2000; ++i) {
      std::string damaged = whole;
      for (int hit = 0; hit < 3; ++hit) {
        damaged[random() % damaged.size()] = static_cast<char>(random());
      }
      for (const auto transparency : {Transparency::kDropped, Transparency::kOverWhite}) {
        const auto image = DecodeImage(damaged, "picture", transparency);  // any answer
        if (image.ok()) {
          EXPECT_EQ(image->rgb.size(), std::size_t{3} * image->width * image->height);
        }
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

#include "worker/images/exif.h"

#include <gtest/gtest.h>

#include "encode.h"

namespace unmask {
namespace {

using std::string_literals::operator""s;
using testing::Jpeg;

// A TIFF block of one entry, the orientation, in either byte order.
std::string Tiff(bool big, char orientation) {
  return big ? "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"s + orientation + "\0\0\0\0\0\0"s
             : "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"s + orientation + "\0\0\0\0\0\0\0"s;
}

std::string Segment(const std::string& body) {
  const std::size_t length = body.size() + 2;
  return "\xff\xe1"s + static_cast<char>(length >> 8) + static_cast<char>(length & 255) + body;
}

// A JPEG with a segment of EXIF behind its first two bytes.
std::string WithExif(const std::string& jpeg, const std::string& tiff) {
  return jpeg.substr(0, 2) + Segment("Exif\0\0"s + tiff) + jpeg.substr(2);
}

const std::string& Plain() {
  static const std::string jpeg = Jpeg(16, 8, 1, std::vector<std::uint8_t>(16 * 8, 120));
  return jpeg;
}

TEST(ExifOrientation, IsReadInBothByteOrders) {
  EXPECT_EQ(ExifOrientation(Plain()), 1);
  for (const bool big : {false, true}) {
    for (char value = 1; value <= 8; ++value) {
      const std::string jpeg = WithExif(Plain(), Tiff(big, value));
      EXPECT_EQ(ExifOrientation(jpeg), value) << big;
      EXPECT_TRUE(DecodeImage(jpeg, "picture").ok());
    }
    EXPECT_EQ(ExifOrientation(WithExif(Plain(), Tiff(big, 9))), 1);
    EXPECT_EQ(ExifOrientation(WithExif(Plain(), Tiff(big, 0))), 1);
  }
}

TEST(ExifOrientation, IsUprightWhereItIsCutOrBroken) {
  const std::string jpeg = WithExif(Plain(), Tiff(false, 6));
  for (std::size_t size = 0; size < 38; ++size) {
    EXPECT_EQ(ExifOrientation(jpeg.substr(0, size)), 1) << size;
  }
  for (std::size_t at = 0; at < 38; ++at) {  // whatever a byte says: no crash, a value in range
    for (const char byte : {'\0', '\x7f', '\xff'}) {
      std::string broken = jpeg;
      broken[at] = byte;
      const int orientation = ExifOrientation(broken);
      EXPECT_TRUE(orientation >= 1 && orientation <= 8);
    }
  }
  EXPECT_EQ(ExifOrientation("\x89PNG\r\n\x1a\n"), 1);
}

TEST(ExifOrientation, IsNotLookedForInThePicture) {
  const std::string hidden = Plain().substr(0, 2) + "\xff\xda" + Plain().substr(2);
  EXPECT_EQ(ExifOrientation(hidden + Segment("Exif\0\0"s + Tiff(false, 6))), 1);
}

// EXIF 2.3: which corner of the scene the first stored pixel is. A stored picture of 3 x 2 pixels
//   1 2 3
//   4 5 6
// as it is seen in each of the orientations.
TEST(Upright, TurnsAndFlips) {
  const auto grey = [](int width, int height, const std::vector<int>& values) {
    Image image{width, height, {}};
    for (const int v : values) image.rgb.insert(image.rgb.end(), 3, static_cast<std::uint8_t>(v));
    return image;
  };
  const Image stored = grey(3, 2, {1, 2, 3, 4, 5, 6});
  const std::vector<Image> seen = {grey(3, 2, {1, 2, 3, 4, 5, 6}), grey(3, 2, {3, 2, 1, 6, 5, 4}),
                                   grey(3, 2, {6, 5, 4, 3, 2, 1}), grey(3, 2, {4, 5, 6, 1, 2, 3}),
                                   grey(2, 3, {1, 4, 2, 5, 3, 6}), grey(2, 3, {4, 1, 5, 2, 6, 3}),
                                   grey(2, 3, {6, 3, 5, 2, 4, 1}), grey(2, 3, {3, 6, 2, 5, 1, 4})};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Image image = Upright(stored, orientation);
    EXPECT_EQ(image.width, seen[orientation - 1].width) << orientation;
    EXPECT_EQ(image.rgb, seen[orientation - 1].rgb) << orientation;
  }
}

}  // namespace
}  // namespace unmask

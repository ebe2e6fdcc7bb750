#include "worker/faces/picture.h"

#include <gmock/gmock.h>

#include "common/base/sha256.h"
#include "tests/testing/temp_folder.h"
#include "tests/unit/worker/images/encode.h"

namespace unmask {
namespace {

using ::testing::HasSubstr;
using std::string_literals::operator""s;

class PictureTest : public ::testing::Test {
 protected:
  FrameRef Write(const std::string& name, const std::string& bytes) {
    UNMASK_CHECK(WriteFileDurably(folder_ / name, bytes).ok());
    return {folder_ / name, -1};
  }

  const TempFolder temp_;
  const fs::path folder_ = temp_.path();
};

TEST_F(PictureTest, GreyBecomesColour) {
  const auto image = ReadPicture(Write("a.png", testing::Png(2, 1, PNG_FORMAT_GRAY, {9, 200})));
  ASSERT_TRUE(image.ok());
  EXPECT_EQ(image->rgb, (std::vector<std::uint8_t>{9, 9, 9, 200, 200, 200}));
}

TEST_F(PictureTest, IsTurnedUpright) {
  const std::string jpeg = testing::Jpeg(16, 8, 1, std::vector<std::uint8_t>(128, 120));
  const std::string exif =
      "\xff\xe1\0\x22"s
      "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"s;
  const auto image = ReadPicture(Write("a.jpg", jpeg.substr(0, 2) + exif + jpeg.substr(2)));
  ASSERT_TRUE(image.ok()) << FormatError(image.error());
  EXPECT_EQ(image->width, 8);
  EXPECT_EQ(image->height, 16);
}

TEST_F(PictureTest, IsTheOneThatWasLookedAt) {
  const std::string first = testing::Png(2, 1, PNG_FORMAT_GRAY, {9, 200});
  const FrameRef frame = Write("a.png", first);
  const std::string fingerprint = Sha256Hex(first);
  EXPECT_TRUE(PictureReader().Read(frame, fingerprint).ok());
  Write("a.png", testing::Png(2, 1, PNG_FORMAT_GRAY, {9, 201}));
  const auto changed = PictureReader().Read(frame, fingerprint);
  ASSERT_FALSE(changed.ok());
  EXPECT_THAT(FormatError(changed.error()), HasSubstr("has changed"));
  const FrameRef video{frame.path, 3};
  EXPECT_THAT(FormatError(PictureReader().Read(video, fingerprint + "#3").error()),
              HasSubstr("has changed"));
}

TEST_F(PictureTest, AVideoThatIsGoneIsSaidToBeOfEachFrame) {
  PictureReader reader;
  for (const std::int64_t frame : {1, 2}) {
    const auto image = reader.Read({folder_ / "gone.avi", frame}, "any");
    EXPECT_THAT(FormatError(image.error()), HasSubstr("No such file"));
  }
}

// Opens the library of videos, which says that this is none.
TEST_F(PictureTest, AVideoThatIsNoneIsNamed) {
  const std::string bytes = "RIFF....AVI ";
  FrameRef frame = Write("a.avi", bytes);
  frame.video_frame = 3;
  const auto image = PictureReader().Read(frame, Sha256Hex(bytes) + "#3");
  ASSERT_FALSE(image.ok());
  EXPECT_THAT(FormatError(image.error()), HasSubstr("a.avi"));
  EXPECT_THAT(FormatError(image.error()), HasSubstr("cannot be read"));
}

}  // namespace
}  // namespace unmask

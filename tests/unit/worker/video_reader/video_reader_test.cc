#include "worker/video_reader/video_reader.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <opencv2/videoio.hpp>

#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr int kFrames = 12;

// Frame i is a flat 10 + 20 * i, red higher by 5.
int LightOf(int frame) { return 10 + 20 * frame; }

class VideoReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    Write(video_, cv::CAP_OPENCV_MJPEG, cv::VideoWriter::fourcc('M', 'J', 'P', 'G'));
  }

  static void Write(const fs::path& video, int writer_kind, int codec) {
    cv::VideoWriter writer(video.string(), writer_kind, codec, 25, {64, 48});
    UNMASK_CHECK(writer.isOpened());
    for (int i = 0; i < kFrames; ++i) {
      const int light = LightOf(i);
      writer.write(cv::Mat(48, 64, CV_8UC3, cv::Scalar(light, light, light + 5)));
    }
  }

  std::string Failure(const fs::path& video, std::int64_t frame) {
    const auto image = ReadVideoFrame(video, frame);
    if (image.ok()) return "no error";
    EXPECT_EQ(image.error().code, ErrorCode::kData);
    return FormatError(image.error());
  }

  const TempFolder temp_;
  const fs::path folder_ = temp_.path();
  const fs::path video_ = folder_ / "clip %03d.avi";  // a pattern of names to some readers
};

TEST_F(VideoReaderTest, ReadsExactlyTheFrameOfThatNumber) {
  for (const int frame : {0, 1, 7, kFrames - 1, 3}) {
    const auto image = ReadVideoFrame(video_, frame);
    ASSERT_TRUE(image.ok()) << FormatError(image.error());
    EXPECT_EQ(image->width, 64);
    EXPECT_EQ(image->height, 48);
    ASSERT_EQ(image->rgb.size(), 64U * 48 * 3);
    EXPECT_NEAR(image->rgb[0], LightOf(frame) + 5, 4) << "red of frame " << frame;
    EXPECT_NEAR(image->rgb[2], LightOf(frame), 4) << "blue of frame " << frame;
  }
}

// Where most frames are differences from one before.
TEST_F(VideoReaderTest, ReadsExactFramesBetweenKeyFrames) {
  const fs::path video = folder_ / "clip.mp4";
  Write(video, cv::CAP_FFMPEG, cv::VideoWriter::fourcc('m', 'p', '4', 'v'));
  for (int frame = 0; frame < kFrames; ++frame) {
    const auto image = ReadVideoFrame(video, frame);
    ASSERT_TRUE(image.ok()) << FormatError(image.error());
    EXPECT_NEAR(image->rgb[1], LightOf(frame), 6) << "frame " << frame;
  }
}

// Phones store pictures as the sensor lies and say how to turn them (ISO 14496-12, "tkhd": a
// matrix of 16.16 numbers).
TEST_F(VideoReaderTest, TurnsPicturesAsTheVideoSays) {
  const fs::path video = folder_ / "clip.mp4";
  {
    cv::VideoWriter writer(video.string(), cv::CAP_FFMPEG,
                           cv::VideoWriter::fourcc('m', 'p', '4', 'v'), 25, {64, 48});
    cv::Mat picture(48, 64, CV_8UC3, cv::Scalar::all(20));
    picture(cv::Rect(0, 0, 32, 24)) = cv::Scalar::all(220);  // light above left
    for (int i = 0; i < 3; ++i) writer.write(picture);
  }
  const std::string plain = ReadFile(video).value();
  const std::size_t matrix = plain.find("tkhd") + 44;
  const std::string one("\0\1\0\0", 4), minus("\xff\xff\0\0", 4), zero(4, '\0');
  const auto corners = [&](const std::string& first_rows) {
    std::string bytes = plain;
    for (int row = 0; row < 2; ++row) {
      bytes.replace(matrix + static_cast<std::size_t>(row) * 12, 8,
                    first_rows.substr(static_cast<std::size_t>(row) * 8, 8));
    }
    UNMASK_CHECK(WriteFileDurably(video, bytes).ok());
    const Image image = ReadVideoFrame(video, 1).value();
    std::string light;
    for (const int y : {4, image.height - 5}) {
      for (const int x : {4, image.width - 5}) {
        light += image.rgb[static_cast<std::size_t>((y * image.width + x) * 3)] > 120 ? '#' : '.';
      }
    }
    return std::to_string(image.width) + " " + light;
  };
  EXPECT_EQ(corners(one + zero + zero + one), "64 #...");
  EXPECT_EQ(corners(zero + one + minus + zero), "48 .#..");  // by 90 degrees clockwise
  EXPECT_EQ(corners(minus + zero + zero + minus), "64 ...#");
  EXPECT_EQ(corners(zero + minus + one + zero), "48 ..#.");
}

TEST_F(VideoReaderTest, SaysWhereAShortVideoEnds) {
  EXPECT_THAT(Failure(video_, kFrames), AllOf(HasSubstr("no frame 12"), HasSubstr("0 to 11")));
  EXPECT_THAT(Failure(video_, std::int64_t{1} << 62), HasSubstr("0 to 11"));
}

TEST_F(VideoReaderTest, ACutVideoGivesItsWholeFramesAlone) {
  const auto bytes = ReadFile(video_);
  ASSERT_TRUE(bytes.ok());
  const fs::path cut = folder_ / "cut.avi";
  ASSERT_TRUE(WriteFileDurably(cut, std::string_view(*bytes).substr(0, bytes->size() / 2)).ok());
  EXPECT_TRUE(ReadVideoFrame(cut, 0).ok());
  EXPECT_THAT(Failure(cut, kFrames - 1), HasSubstr("no frame 11"));
}

TEST_F(VideoReaderTest, WhatIsNoVideoIsNamed) {
  ASSERT_TRUE(WriteFileDurably(folder_ / "text.avi", "RIFF....AVI and then nothing").ok());
  ASSERT_TRUE(WriteFileDurably(folder_ / "list.m3u8", "#EXTM3U\n#EXTINF:1,\nfile://" +
                                                          video_.string() + "\n#EXT-X-ENDLIST\n")
                  .ok());
  for (const char* name : {"text.avi", "list.m3u8", "none.avi"}) {
    EXPECT_THAT(Failure(folder_ / name, 0), AllOf(HasSubstr(name), HasSubstr("cannot be read")));
  }
}

}  // namespace
}  // namespace unmask

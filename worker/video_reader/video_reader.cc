#include "worker/video_reader/video_reader.h"

#include <fmt/format.h>

#include <cstdlib>
#include <mutex>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

#include "worker/images/codecs.h"

namespace unmask {
namespace {

// FFmpeg reads files alone (a playlist inside one could name others), stops at damage instead of
// painting over it, and leaves the telling to us.
void SetUpOnce() {
  static std::once_flag once;
  std::call_once(once, [] {
    setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", "protocol_whitelist;file|err_detect;explode|threads;1",
           1);
    setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", 1);
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    cv::setNumThreads(1);
  });
}

Error Unreadable(const fs::path& video) {
  return DataError("video cannot be read", video.string(), "one that FFmpeg decodes");
}

Result<Image> ToImage(const cv::Mat& bgr, const fs::path& video) {
  if (bgr.type() != CV_8UC3) return Unreadable(video);
  Image image{bgr.cols, bgr.rows, {}};
  image.rgb.resize(bgr.total() * 3);
  cv::Mat rgb(bgr.rows, bgr.cols, CV_8UC3, image.rgb.data());
  cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
  return image;
}

// OpenCV 4.6 turns a picture by 90 degrees the wrong way (its issue 22088), so there it is done
// here. Later versions turn it themselves.
constexpr bool kTurnsWrongly = CV_VERSION_MAJOR == 4 && CV_VERSION_MINOR == 6;

void Turn(int counterclockwise, cv::Mat& picture) {
  if (counterclockwise == 90) cv::rotate(picture, picture, cv::ROTATE_90_COUNTERCLOCKWISE);
  if (counterclockwise == 180) cv::rotate(picture, picture, cv::ROTATE_180);
  if (counterclockwise == 270) cv::rotate(picture, picture, cv::ROTATE_90_CLOCKWISE);
}

Result<Image> Read(const fs::path& video, std::int64_t frame) {
  cv::VideoCapture capture(video.string(), cv::CAP_FFMPEG);
  if (!capture.isOpened()) return Unreadable(video);
  if (kTurnsWrongly) capture.set(cv::CAP_PROP_ORIENTATION_AUTO, 0);
  UNMASK_TRY(CheckSize(static_cast<std::int64_t>(capture.get(cv::CAP_PROP_FRAME_WIDTH)),
                       static_cast<std::int64_t>(capture.get(cv::CAP_PROP_FRAME_HEIGHT)),
                       video.string()));
  for (std::int64_t i = 0; i <= frame; ++i) {
    if (capture.grab()) continue;
    if (i == 0) return Unreadable(video);
    return DataError(fmt::format("video has no frame {}", frame), video.string(),
                     fmt::format("0 to {}, which can be read", i - 1));
  }
  cv::Mat bgr;
  if (!capture.retrieve(bgr)) return Unreadable(video);
  if (kTurnsWrongly) Turn(static_cast<int>(capture.get(cv::CAP_PROP_ORIENTATION_META)), bgr);
  return ToImage(bgr, video);
}

}  // namespace

Result<Image> ReadVideoFrame(const fs::path& video, std::int64_t frame) {
  SetUpOnce();
  try {
    return Read(video, frame);
  } catch (const cv::Exception& error) {
    if (error.code == cv::Error::StsNoMem) throw std::bad_alloc();
    return DataError("OpenCV: " + error.err, video.string());
  }
}

}  // namespace unmask

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

Result<Image> Read(const fs::path& video, std::int64_t frame) {
  cv::VideoCapture capture(video.string(), cv::CAP_FFMPEG);
  if (!capture.isOpened()) return Unreadable(video);
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
  return ToImage(bgr, video);
}

}  // namespace

Result<Image> ReadVideoFrame(const fs::path& video, std::int64_t frame) {
  SetUpOnce();
  try {
    return Read(video, frame);
  } catch (const cv::Exception& error) {
    return DataError("OpenCV: " + error.err, video.string());
  }
}

}  // namespace unmask

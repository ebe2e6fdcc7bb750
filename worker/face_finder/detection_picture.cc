#include "worker/face_finder/detection_picture.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace unmask {

DetectionPicture MakeDetectionPicture(const Image& image) {
  // OpenCV wants a pointer to data that it could change, and does not.
  const cv::Mat whole(image.height, image.width, CV_8UC3,
                      const_cast<std::uint8_t*>(image.rgb.data()));
  const double scale =
      std::min(1.0, kDetectionSideMax / static_cast<double>(std::max(image.width, image.height)));
  if (scale == 1) return {whole, 1};
  const auto side = [scale](int length) {
    return std::max(1, static_cast<int>(std::lround(length * scale)));
  };
  DetectionPicture picture{{}, scale};
  cv::resize(whole, picture.rgb, {side(image.width), side(image.height)}, 0, 0, cv::INTER_AREA);
  return picture;
}

FaceBox Unscaled(double x, double y, double width, double height, double scale) {
  const auto pixels = [scale](double value) {
    return static_cast<int>(std::lround(value / scale));
  };
  return {pixels(x), pixels(y), pixels(width), pixels(height)};
}

}  // namespace unmask

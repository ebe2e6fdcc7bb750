// The picture as a detector sees it: no larger than need be, so that time does not grow with
// cameras.
#pragma once

#include <new>
#include <opencv2/core.hpp>

#include "worker/faces/face_finder.h"

namespace unmask {

constexpr int kDetectionSideMax = 640;  // pixels of the longer side

struct DetectionPicture {
  cv::Mat rgb;
  double scale = 1;  // of its pixels to the original's: 1 or less
};

DetectionPicture MakeDetectionPicture(const Image& image);

// Back to pixels of the original.
FaceBox Unscaled(double x, double y, double width, double height, double scale);

// Calls `work` and turns what OpenCV throws into an Error about `where`; want of memory, which is
// no fault of the picture, is std::bad_alloc.
template <typename Work>
auto CatchOpencv(const std::string& where, Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (const cv::Exception& error) {
    if (error.code == cv::Error::StsNoMem) throw std::bad_alloc();
    return DataError("OpenCV: " + error.err, where);
  }
}

}  // namespace unmask

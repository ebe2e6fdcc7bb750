#include "worker/face_finder/opencv_finders.h"

#include <opencv2/core.hpp>
#include <opencv2/core/ocl.hpp>
#include <opencv2/core/utils/logger.hpp>

namespace unmask {

Result<std::unique_ptr<FaceFinder>> MakeOpencvFinder(const Settings::Faces& faces) {
  cv::setNumThreads(1);
  cv::ocl::setUseOpenCL(false);
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);  // we report it ourselves
  UNMASK_CHECK(faces.detector != FaceDetector::kNone);
  return faces.detector == FaceDetector::kHaar ? MakeHaarFinder() : MakeYunetFinder(faces.yunet);
}

}  // namespace unmask

// unmask-faces.so: all that is ours and calls OpenCV's detectors.
#include "common/base/build_info.h"
#include "worker/face_finder/opencv_finders.h"
#include "worker/faces/face_module.h"

extern "C" __attribute__((visibility("default"))) const unmask::FaceModule* UnmaskFaceModule() {
  static const std::string build_id = unmask::BuildId();
  static const unmask::FaceModule module{build_id.c_str(), unmask::MakeOpencvFinder};
  return &module;
}

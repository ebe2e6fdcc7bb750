// What the shared library `unmask-faces.so` offers: all that needs OpenCV's detectors.
#pragma once

#include <memory>

#include "worker/faces/face_cropper.h"

namespace unmask {

struct FaceModule {
  const char* build_id;
  Result<std::unique_ptr<FaceFinder>> (*make_finder)(const Settings::Faces& faces);
};

inline constexpr const char* kFaceModuleFile = "unmask-faces.so";
inline constexpr const char* kFaceModuleSymbol = "UnmaskFaceModule";

}  // namespace unmask

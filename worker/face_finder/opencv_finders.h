// Face detectors of OpenCV. One thread each and no GPU, so that a picture always has the same
// boxes.
#pragma once

#include <memory>

#include "worker/faces/face_cropper.h"

namespace unmask {

// Viola & Jones 2001, with OpenCV's own cascade of frontal faces (package opencv-data). `cascade`:
// its file; empty: where it was when this was built, or where distributions put it.
Result<std::unique_ptr<FaceFinder>> MakeHaarFinder(const std::string& cascade = "");

// YuNet (Wu et al. 2023) from its ONNX file, in the layout of OpenCV's model zoo up to 2022.
Result<std::unique_ptr<FaceFinder>> MakeYunetFinder(const std::string& onnx);

Result<std::unique_ptr<FaceFinder>> MakeOpencvFinder(const Settings::Faces& faces);

}  // namespace unmask

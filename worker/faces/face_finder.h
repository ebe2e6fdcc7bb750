// Where faces are in a picture: an interface, so that nothing but its implementations
// (worker/face_finder) knows OpenCV.
#pragma once

#include <vector>

#include "common/base/result.h"
#include "worker/images/image.h"

namespace unmask {

struct FaceBox {  // in pixels of the picture; it may reach beyond its borders
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
  bool operator==(const FaceBox&) const = default;
};

// The same picture gives the same boxes. Not for several threads at once.
class FaceFinder {
 public:
  virtual ~FaceFinder() = default;
  virtual Result<std::vector<FaceBox>> Find(const Image& image) = 0;
};

}  // namespace unmask

// From a picture to its face: a square of a fixed size, which backbones take.
#pragma once

#include <memory>

#include "common/config/settings.h"
#include "worker/faces/face_finder.h"

namespace unmask {

// What was cut out, in pixels of the picture: never beyond its borders.
struct CropSquare {
  int x = 0;
  int y = 0;
  int side = 0;
  bool operator==(const CropSquare&) const = default;
};

struct FaceCrop {
  Image image;    // [size, size]
  int found = 0;  // faces; 0: none, or not looked for, and the centre square was taken
  CropSquare square;
};

// The square about `face`, with its margin. Where it reaches beyond the picture it is shifted, and
// where it is larger than the picture's shorter side it is that: every pixel of a crop is one of
// the picture, and a face at the border is not in the middle.
CropSquare SquareAbout(const FaceBox& face, double margin, int width, int height);

CropSquare CentreSquare(int width, int height);

// The largest; of equally large ones that nearest the picture's middle. Not for none.
const FaceBox& MainFace(const std::vector<FaceBox>& faces, int width, int height);

// Finds the main face, cuts it out and resizes it with Pillow's bicubic filter. Not for several
// threads at once: make one for each.
class FaceCropper {
 public:
  // `finder` is null for FaceDetector::kNone.
  FaceCropper(const Settings::Faces& options, std::unique_ptr<FaceFinder> finder);
  Result<FaceCrop> Crop(const Image& image) const;

 private:
  Settings::Faces options_;
  std::unique_ptr<FaceFinder> finder_;
};

// With the finder that the options name, from `unmask-faces.so` beside this program. A DataError
// where the cascade or YuNet's file is missing or no such thing; InternalError where the library
// cannot be opened.
Result<FaceCropper> MakeFaceCropper(const Settings::Faces& options);

}  // namespace unmask

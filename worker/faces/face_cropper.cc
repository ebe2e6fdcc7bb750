#include "worker/faces/face_cropper.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "common/base/shared_module.h"
#include "worker/faces/face_module.h"
#include "worker/images/resize.h"

namespace unmask {
namespace {

std::int64_t Area(const FaceBox& face) { return std::int64_t{face.width} * face.height; }

// Twice the distance of the middles along both axes, so that it is whole.
std::int64_t FromMiddle(const FaceBox& face, int width, int height) {
  return std::abs(std::int64_t{2} * face.x + face.width - width) +
         std::abs(std::int64_t{2} * face.y + face.height - height);
}

Image Cut(const Image& image, const CropSquare& square) {
  Image result{square.side, square.side, {}};
  const std::size_t row_bytes = static_cast<std::size_t>(square.side) * 3;
  result.rgb.reserve(row_bytes * square.side);
  for (int y = square.y; y < square.y + square.side; ++y) {
    const std::uint8_t* row =
        &image.rgb[(static_cast<std::size_t>(y) * image.width + square.x) * 3];
    result.rgb.insert(result.rgb.end(), row, row + row_bytes);
  }
  return result;
}

}  // namespace

CropSquare SquareAbout(const FaceBox& face, double margin, int width, int height) {
  const double wanted = std::max(face.width, face.height) * (1 + 2 * margin);
  const int shorter = std::min(width, height);
  const int side = wanted < shorter ? std::max(1, static_cast<int>(std::lround(wanted))) : shorter;
  const auto corner = [side](int at, int length, int limit) {
    const double middle = at + length / 2.0;
    return std::clamp(static_cast<int>(std::lround(middle - side / 2.0)), 0, limit - side);
  };
  return {corner(face.x, face.width, width), corner(face.y, face.height, height), side};
}

CropSquare CentreSquare(int width, int height) {
  const int side = std::min(width, height);
  return {(width - side) / 2, (height - side) / 2, side};
}

const FaceBox& MainFace(const std::vector<FaceBox>& faces, int width, int height) {
  UNMASK_CHECK(!faces.empty());
  return *std::ranges::min_element(faces, {}, [&](const FaceBox& face) {
    return std::pair(-Area(face), FromMiddle(face, width, height));
  });
}

FaceCropper::FaceCropper(const Settings::Faces& options, std::unique_ptr<FaceFinder> finder)
    : options_(options), finder_(std::move(finder)) {
  UNMASK_CHECK(options_.size > 0 && options_.margin >= 0);
}

Result<FaceCrop> FaceCropper::Crop(const Image& image) const {
  std::vector<FaceBox> faces;
  if (finder_) {
    UNMASK_ASSIGN(faces, finder_->Find(image));
  }
  const CropSquare square = faces.empty() ? CentreSquare(image.width, image.height)
                                          : SquareAbout(MainFace(faces, image.width, image.height),
                                                        options_.margin, image.width, image.height);
  const int size = static_cast<int>(options_.size);
  return FaceCrop{Resize(Cut(image, square), size, size, Filter::kBicubic),
                  static_cast<int>(faces.size()), square};
}

Result<FaceCropper> MakeFaceCropper(const Settings::Faces& options) {
  if (options.detector == FaceDetector::kNone) return FaceCropper(options, nullptr);
  UNMASK_ASSIGN(const FaceModule* module,
                OpenModuleTable<FaceModule>(kFaceModuleFile, kFaceModuleSymbol));
  UNMASK_ASSIGN(std::unique_ptr<FaceFinder> finder, module->make_finder(options));
  return FaceCropper(options, std::move(finder));
}

}  // namespace unmask

#include <algorithm>
#include <array>
#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>

#include "worker/face_finder/detection_picture.h"
#include "worker/face_finder/opencv_finders.h"

namespace unmask {
namespace {

// Of OpenCV's frontal cascades the one that misses fewest and errs least; each window is normalised
// by the cascade itself, and equalising the picture before made it miss more.
constexpr const char* kCascadeFile = "haarcascade_frontalface_alt2.xml";
constexpr std::array kCascadeFolders = {
    "/usr/share/opencv4/haarcascades", "/usr/local/share/opencv4/haarcascades",
    "/usr/share/opencv/haarcascades", "/usr/share/OpenCV/haarcascades"};

constexpr double kScaleStep = 1.1;
constexpr double kFineStep = 1.05;  // where the first look finds nothing: a face between two sizes
constexpr int kNeighbours = 3;      // overlapping hits that make a face
constexpr int kSmallestFaceShare = 8;  // a face is at least an eighth of the picture's shorter side

Result<fs::path> FindCascade() {
  std::error_code ignored;
  if (fs::exists(UNMASK_FACE_CASCADE, ignored)) return fs::path(UNMASK_FACE_CASCADE);
  for (const char* folder : kCascadeFolders) {
    if (fs::exists(fs::path(folder) / kCascadeFile, ignored))
      return fs::path(folder) / kCascadeFile;
  }
  return DataError("Haar cascade of faces is missing", UNMASK_FACE_CASCADE,
                   "the package opencv-data on every host, or faces.detector=none");
}

class HaarFinder final : public FaceFinder {
 public:
  explicit HaarFinder(const cv::CascadeClassifier& cascade) : cascade_(cascade) {}

  Result<std::vector<FaceBox>> Find(const Image& image) override {
    return CatchOpencv("face detection", [&]() -> Result<std::vector<FaceBox>> {
      const DetectionPicture picture = MakeDetectionPicture(image);
      cv::Mat grey;
      cv::cvtColor(picture.rgb, grey, cv::COLOR_RGB2GRAY);
      const int least = std::min(grey.cols, grey.rows) / kSmallestFaceShare;
      std::vector<cv::Rect> found;
      for (const double step : {kScaleStep, kFineStep}) {
        cascade_.detectMultiScale(grey, found, step, kNeighbours, 0, {least, least});
        if (!found.empty()) break;
      }
      std::vector<FaceBox> boxes;
      boxes.reserve(found.size());
      for (const cv::Rect& face : found) {
        boxes.push_back(Unscaled(face.x, face.y, face.width, face.height, picture.scale));
      }
      return boxes;
    });
  }

 private:
  cv::CascadeClassifier cascade_;
};

}  // namespace

Result<std::unique_ptr<FaceFinder>> MakeHaarFinder(const std::string& cascade) {
  fs::path file = cascade;
  if (cascade.empty()) {
    UNMASK_ASSIGN(file, FindCascade());
  }
  return CatchOpencv(file.string(), [&]() -> Result<std::unique_ptr<FaceFinder>> {
    cv::CascadeClassifier loaded;
    if (loaded.load(file.string())) return std::unique_ptr<FaceFinder>(new HaarFinder(loaded));
    return DataError("not a Haar cascade", file.string(), kCascadeFile);
  });
}

}  // namespace unmask

#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect/face.hpp>

#include "worker/face_finder/detection_picture.h"
#include "worker/face_finder/opencv_finders.h"

namespace unmask {
namespace {

constexpr float kScoreMin = 0.8F;
constexpr float kOverlapMax = 0.3F;
constexpr int kCandidates = 1000;
const cv::Size kProbe(320, 320);

class YunetFinder final : public FaceFinder {
 public:
  explicit YunetFinder(cv::Ptr<cv::FaceDetectorYN> net) : net_(std::move(net)) {}

  Result<std::vector<FaceBox>> Find(const Image& image) override {
    return CatchOpencv("face detection", [&]() -> Result<std::vector<FaceBox>> {
      const DetectionPicture picture = MakeDetectionPicture(image);
      cv::Mat bgr, faces;  // faces: [n, 15] float32, each x, y, width, height, five points, score
      cv::cvtColor(picture.rgb, bgr, cv::COLOR_RGB2BGR);
      net_->setInputSize(bgr.size());
      net_->detect(bgr, faces);
      std::vector<FaceBox> boxes;
      boxes.reserve(static_cast<std::size_t>(faces.rows));
      for (int i = 0; i < faces.rows; ++i) {
        const auto* face = faces.ptr<float>(i);
        boxes.push_back(Unscaled(face[0], face[1], face[2], face[3], picture.scale));
      }
      return boxes;
    });
  }

 private:
  cv::Ptr<cv::FaceDetectorYN> net_;
};

}  // namespace

Result<std::unique_ptr<FaceFinder>> MakeYunetFinder(const std::string& onnx) {
  if (onnx.empty()) {
    return DataError("faces.yunet is not set", "faces.detector=yunet", "the path of its ONNX file");
  }
  std::error_code ignored;
  if (!fs::is_regular_file(onnx, ignored)) {
    return DataError("YuNet's file is missing", onnx, "an ONNX file, or faces.detector=haar");
  }
  try {
    auto net = cv::FaceDetectorYN::create(onnx, "", kProbe, kScoreMin, kOverlapMax, kCandidates);
    cv::Mat faces;
    net->detect(cv::Mat(kProbe, CV_8UC3, cv::Scalar::all(0)), faces);  // has it YuNet's outputs?
    return std::unique_ptr<FaceFinder>(new YunetFinder(std::move(net)));
  } catch (const cv::Exception& error) {
    if (error.code == cv::Error::StsNoMem) throw std::bad_alloc();
    return DataError("OpenCV cannot use it as YuNet: " + error.err, onnx,
                     "face_detection_yunet_2022mar.onnx; those of 2023 need OpenCV 4.8");
  }
}

}  // namespace unmask

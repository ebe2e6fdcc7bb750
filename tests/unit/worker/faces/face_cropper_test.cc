#include "worker/faces/face_cropper.h"

#include <gmock/gmock.h>

#include "tests/testing/limit_memory.h"
#include "worker/images/resize.h"

namespace unmask {
namespace {

using ::testing::HasSubstr;

// Every pixel says where it is.
Image Ramp(int width, int height) {
  Image image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.rgb.insert(image.rgb.end(),
                       {static_cast<std::uint8_t>(x), static_cast<std::uint8_t>(y), 7});
    }
  }
  return image;
}

Settings::Faces Faces(double margin, int size, FaceDetector detector = FaceDetector::kHaar) {
  return {detector, "", margin, size};
}

// Says what it was told to say.
class FakeFinder final : public FaceFinder {
 public:
  explicit FakeFinder(std::vector<FaceBox> faces) : faces_(std::move(faces)) {}
  Result<std::vector<FaceBox>> Find(const Image&) override { return faces_; }

 private:
  std::vector<FaceBox> faces_;
};

FaceCrop Crop(const Image& image, std::vector<FaceBox> faces, const Settings::Faces& options) {
  const FaceCropper cropper(options, std::make_unique<FakeFinder>(std::move(faces)));
  auto crop = cropper.Crop(image);
  UNMASK_CHECK(crop.ok());
  return *std::move(crop);
}

TEST(SquareAbout, AddsTheMarginOnEachSide) {
  EXPECT_EQ(SquareAbout({100, 80, 50, 50}, 0.2, 400, 300), (CropSquare{90, 70, 70}));
  EXPECT_EQ(SquareAbout({100, 80, 50, 50}, 0, 400, 300), (CropSquare{100, 80, 50}));
  EXPECT_EQ(SquareAbout({100, 80, 20, 50}, 0, 400, 300), (CropSquare{85, 80, 50})) << "a tall box";
}

TEST(SquareAbout, IsShiftedInsideThePicture) {
  EXPECT_EQ(SquareAbout({0, 0, 50, 50}, 0.2, 400, 300), (CropSquare{0, 0, 70}));
  EXPECT_EQ(SquareAbout({350, 250, 50, 50}, 0.2, 400, 300), (CropSquare{330, 230, 70}));
  EXPECT_EQ(SquareAbout({-10, 40, 50, 50}, 0, 400, 300), (CropSquare{0, 40, 50}));
}

TEST(SquareAbout, IsAtMostThePicturesShorterSide) {
  EXPECT_EQ(SquareAbout({100, 20, 250, 250}, 0.2, 400, 300), (CropSquare{75, 0, 300}));
  EXPECT_EQ(SquareAbout({0, 0, 9, 9}, 1e300, 5, 3), (CropSquare{2, 0, 3}));
  EXPECT_EQ(SquareAbout({0, 0, 1, 1}, 0, 1, 1), (CropSquare{0, 0, 1}));
}

TEST(CentreSquare, IsTheWholeShorterSide) {
  EXPECT_EQ(CentreSquare(400, 300), (CropSquare{50, 0, 300}));
  EXPECT_EQ(CentreSquare(3, 8), (CropSquare{0, 2, 3}));
}

TEST(MainFace, IsTheLargestThenTheMostCentral) {
  const FaceBox small{190, 140, 20, 20}, large{0, 0, 60, 60}, central{150, 120, 60, 60};
  EXPECT_EQ(MainFace({small, large}, 400, 300), large);
  EXPECT_EQ(MainFace({large, central, small}, 400, 300), central);
  EXPECT_EQ(MainFace({central, large, small}, 400, 300), central);
}

TEST(FaceCropper, CutsTheFaceOut) {
  const FaceCrop crop = Crop(Ramp(200, 100), {{60, 20, 40, 40}}, Faces(0, 40));
  EXPECT_EQ(crop.found, 1);
  EXPECT_EQ(crop.square, (CropSquare{60, 20, 40}));
  ASSERT_EQ(crop.image.rgb.size(), 40U * 40 * 3);
  for (int y = 0; y < 40; ++y) {
    for (int x = 0; x < 40; ++x) {
      const auto* pixel = &crop.image.rgb[(y * 40 + x) * 3];
      ASSERT_EQ(pixel[0], 60 + x);
      ASSERT_EQ(pixel[1], 20 + y);
    }
  }
}

TEST(FaceCropper, ResizesAsPillowDoes) {
  const Image image = Ramp(200, 100);
  const FaceCrop crop = Crop(image, {}, Faces(0.2, 32));
  Image middle{100, 100, {}};
  for (int y = 0; y < 100; ++y) {
    const auto row = image.rgb.begin() + (y * 200 + 50) * 3;
    middle.rgb.insert(middle.rgb.end(), row, row + 300);
  }
  EXPECT_EQ(crop.found, 0);
  EXPECT_EQ(crop.square, (CropSquare{50, 0, 100}));
  EXPECT_EQ(crop.image.rgb, Resize(middle, 32, 32, Filter::kBicubic).rgb);
}

TEST(FaceCropper, TellsHowManyItFound) {
  const FaceCrop crop = Crop(Ramp(200, 100), {{0, 0, 30, 30}, {60, 20, 40, 40}}, Faces(0, 8));
  EXPECT_EQ(crop.found, 2);
  EXPECT_EQ(crop.square, (CropSquare{60, 20, 40}));
}

TEST(FaceCropper, TakesTheTiniestPicture) {
  const FaceCrop crop = Crop(Ramp(1, 1), {}, Faces(0.2, 224));
  EXPECT_EQ(crop.square, (CropSquare{0, 0, 1}));
  EXPECT_EQ(crop.image.rgb.size(), 224U * 224 * 3);
}

TEST(MakeFaceCropper, NeedsNothingForTheCentreSquare) {
  const auto cropper = MakeFaceCropper(Faces(0.2, 10, FaceDetector::kNone));
  ASSERT_TRUE(cropper.ok());
  EXPECT_EQ(cropper->Crop(Ramp(30, 20))->square, (CropSquare{5, 0, 20}));
}

TEST(MakeFaceCropper, OpensTheDetectorsOfItsBuild) {
  const auto cropper = MakeFaceCropper({});
  ASSERT_TRUE(cropper.ok()) << FormatError(cropper.error());
  const auto crop = cropper->Crop(Ramp(120, 100));
  ASSERT_TRUE(crop.ok()) << FormatError(crop.error());
  EXPECT_EQ(crop->found, 0);
  EXPECT_EQ(crop->image.width, 224);
}

// What it lacks is memory, which is no fault of the pictures: told by the loader's words.
TEST(MakeFaceCropperDeathTest, WantOfMemoryIsToldFromAMissingLibrary) {
  const auto make = [] {
    testing::LimitMemory(1 << 20);
    const auto cropper = MakeFaceCropper({});
    if (cropper.ok() || cropper.error().code != ErrorCode::kInternal) _exit(1);
    std::fprintf(stderr, "%s\n", OneLine(cropper.error()).c_str());
    _exit(0);
  };
  EXPECT_EXIT(make(), ::testing::ExitedWithCode(0),
              "cannot load: .*(failed to map segment|annot allocate memory)");
}

TEST(MakeFaceCropper, NamesYunetsMissingFile) {
  const auto missing = MakeFaceCropper({FaceDetector::kYunet, "none.onnx"});
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(FormatError(missing.error()), HasSubstr("none.onnx"));
  const auto unset = MakeFaceCropper({FaceDetector::kYunet, ""});
  ASSERT_FALSE(unset.ok());
  EXPECT_THAT(FormatError(unset.error()), HasSubstr("faces.yunet"));
}

}  // namespace
}  // namespace unmask

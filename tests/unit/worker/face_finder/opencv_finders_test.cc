#include "worker/face_finder/opencv_finders.h"

#include <gmock/gmock.h>

#include "tests/testing/temp_folder.h"
#include "tests/unit/worker/face_finder/tiny_yunet.h"
#include "tests/unit/worker/faces/drawn_face.h"

namespace unmask {
namespace {

using testing::DrawFaces;
using testing::DrawnFace;
using ::testing::HasSubstr;

std::unique_ptr<FaceFinder> Haar() {
  auto finder = MakeOpencvFinder({});
  UNMASK_CHECK(finder.ok());
  return *std::move(finder);
}

std::vector<FaceBox> Found(const Image& image) {
  auto boxes = Haar()->Find(image);
  UNMASK_CHECK(boxes.ok());
  return *std::move(boxes);
}

void ExpectAbout(const FaceBox& box, const DrawnFace& face) {
  EXPECT_NEAR(box.x + box.width / 2.0, face.x, face.radius * .3);
  EXPECT_NEAR(box.y + box.height / 2.0, face.y, face.radius * .3);
  EXPECT_GT(box.width, 1.6 * face.radius);
  EXPECT_LT(box.width, 2.8 * face.radius);
}

TEST(HaarFinder, FindsAFace) {
  for (const auto& [width, height, face] : {std::tuple{320, 240, DrawnFace{160, 120, 80}},
                                            {640, 480, DrawnFace{200, 260, 120}},
                                            {100, 100, DrawnFace{50, 50, 30}}}) {
    const auto boxes = Found(DrawFaces(width, height, {face}));
    ASSERT_EQ(boxes.size(), 1U) << width;
    ExpectAbout(boxes[0], face);
  }
}

// Looked for in a smaller copy; the box is the large picture's.
TEST(HaarFinder, FindsAFaceInALargePicture) {
  const DrawnFace face{900, 1100, 480};
  const auto boxes = Found(DrawFaces(2400, 2000, {face}));
  ASSERT_EQ(boxes.size(), 1U);
  ExpectAbout(boxes[0], face);
}

TEST(HaarFinder, FindsSeveral) {
  const auto boxes = Found(DrawFaces(640, 320, {{160, 160, 90}, {480, 160, 100}}));
  EXPECT_EQ(boxes.size(), 2U);
}

TEST(HaarFinder, FindsNoneWhereThereIsNone) {
  EXPECT_TRUE(Found(DrawFaces(320, 240, {})).empty());
  for (const int side : {1, 2, 23, 24, 25}) {  // the cascade's window is 24
    EXPECT_TRUE(Found(DrawFaces(side, side, {})).empty()) << side;
    EXPECT_TRUE(Found(DrawFaces(side, 300, {})).empty()) << side;
  }
  EXPECT_TRUE(Found(DrawFaces(20'000, 1, {})).empty());
}

TEST(HaarFinder, FindsTheSameAgain) {
  const Image image = DrawFaces(640, 320, {{160, 160, 90}, {480, 160, 100}});
  const auto finder = Haar();
  const auto first = finder->Find(image);
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(finder->Find(DrawFaces(320, 240, {{160, 120, 80}})).ok());
  EXPECT_EQ(*finder->Find(image), *first);
  EXPECT_EQ(Found(image), *first);
}

TEST(HaarFinder, AFileThatIsNoCascadeIsNamed) {
  for (const std::string file : {"/nonexistent/cascade.xml", "/dev/null", __FILE__}) {
    const auto finder = MakeHaarFinder(file);
    ASSERT_FALSE(finder.ok()) << file;
    EXPECT_EQ(finder.error().code, ErrorCode::kData);
    EXPECT_THAT(FormatError(finder.error()), HasSubstr(file));
  }
}

// A finder by YuNet from a file with these bytes.
Result<std::unique_ptr<FaceFinder>> Yunet(const std::string& bytes, std::string* path = nullptr) {
  const TempFolder folder;
  const fs::path file = folder.path() / "yunet.onnx";
  UNMASK_CHECK(WriteFileDurably(file, bytes).ok());
  if (path) *path = file.string();
  return MakeOpencvFinder({FaceDetector::kYunet, file.string()});
}

TEST(YunetFinder, FindsWhatTheNetSees) {
  const auto finder = Yunet(testing::TinyYunet());
  ASSERT_TRUE(finder.ok()) << FormatError(finder.error());
  Image picture{320, 320, std::vector<std::uint8_t>(320 * 320 * 3, 0)};
  const auto none = (*finder)->Find(picture);
  ASSERT_TRUE(none.ok()) << FormatError(none.error());
  EXPECT_TRUE(none->empty());
  // The smaller of the two boxes, 64 pixels wide, in the middle of cell (5, 4) of 32 pixels.
  testing::ShowTinyYunet(picture, 40 * 40 * 3 + 20 * 20 * 2 + (4 * 10 + 5) * 2);
  const auto boxes = (*finder)->Find(picture);
  ASSERT_TRUE(boxes.ok()) << FormatError(boxes.error());
  EXPECT_EQ(*boxes, (std::vector<FaceBox>{{176 - 32, 144 - 32, 64, 64}}));
}

TEST(YunetFinder, AFileThatIsNoNetIsNamed) {
  const std::string net = testing::TinyYunet();
  std::string other = net;  // a net, but without the outputs of YuNet
  for (std::size_t at = 0; (at = other.find("iou", at)) != std::string::npos;) other[at] = 'x';
  for (const std::string& bytes : {std::string(), std::string("no protocol buffer at all"),
                                   net.substr(0, net.size() / 2), other}) {
    std::string path;
    const auto finder = Yunet(bytes, &path);
    ASSERT_FALSE(finder.ok()) << bytes.size();
    EXPECT_EQ(finder.error().code, ErrorCode::kData);
    EXPECT_THAT(FormatError(finder.error()), HasSubstr(path));
  }
}

}  // namespace
}  // namespace unmask

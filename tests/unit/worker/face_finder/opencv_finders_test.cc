#include "worker/face_finder/opencv_finders.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>

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

TEST(YunetFinder, AFileThatIsNoNetIsNamed) {
  std::string pattern = ::testing::TempDir() + "yunet-XXXXXX";
  const int file = mkstemp(pattern.data());
  ASSERT_GE(file, 0);
  const std::string bytes = "no protocol buffer at all";
  ASSERT_EQ(write(file, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  close(file);
  const auto finder = MakeOpencvFinder({FaceDetector::kYunet, pattern});
  unlink(pattern.c_str());
  ASSERT_FALSE(finder.ok());
  EXPECT_EQ(finder.error().code, ErrorCode::kData);
  EXPECT_THAT(FormatError(finder.error()), HasSubstr(pattern));
}

}  // namespace
}  // namespace unmask

#include "worker/faces/check_pictures.h"

#include <gmock/gmock.h>

#include "tests/testing/temp_folder.h"
#include "tests/unit/worker/images/encode.h"

namespace unmask {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CheckPicturesTest : public ::testing::Test {
 protected:
  void Write(const fs::path& file, const std::string& bytes) {
    ASSERT_TRUE(MakeFolders((root_ / file).parent_path()).ok());
    ASSERT_TRUE(WriteFileDurably(root_ / file, bytes).ok());
  }

  // Rows of "onset,apex,frames"; problems as "WHERE WHAT".
  std::vector<std::string> Problems(const std::vector<std::string>& rows, std::size_t* pictures,
                                    std::size_t* without_apex = nullptr) {
    std::string text = "sample,subject,true,disguised,offset,action_units,onset,apex,frames\n";
    for (std::size_t i = 0; i < rows.size(); ++i) {
      text += "c" + std::to_string(i) + ",s,an,ha,,," + rows[i] + "\n";
    }
    const auto manifest = ParseManifest(text, "m.csv", root_);
    UNMASK_CHECK(manifest.ok());
    const PictureCheck check = CheckPictures(*manifest, root_, 3);
    if (pictures) *pictures = check.pictures;
    if (without_apex) *without_apex = check.without_apex;
    std::vector<std::string> problems;
    problems.reserve(check.problems.size());
    for (const Problem& p : check.problems) problems.push_back(p.where + " " + p.what);
    return problems;
  }

  const std::string jpeg_ = testing::Jpeg(16, 8, 1, std::vector<std::uint8_t>(128, 120));
  const TempFolder temp_;
  const fs::path root_ = temp_.path();
};

TEST_F(CheckPicturesTest, CountsEveryPictureOnce) {
  for (int i = 1; i <= 3; ++i) Write("a/" + std::to_string(i) + ".jpg", jpeg_);
  Write("face.jpg", jpeg_);
  std::size_t pictures = 0;
  EXPECT_THAT(
      Problems({"1,2,a", "2,3,a", ",,face.jpg", "1,2,face.jpg", "1,2,", ",3,a", "1,,a"}, &pictures),
      IsEmpty());
  EXPECT_EQ(pictures, 4U);
}

// A study on pictures takes the apex, unless told otherwise.
TEST_F(CheckPicturesTest, CountsClipsThatHaveAnOnsetAlone) {
  Write("a/1.jpg", jpeg_);
  Write("a/2.jpg", jpeg_);
  std::size_t without_apex = 0;
  EXPECT_THAT(Problems({"1,2,a", "1,,a", "1,,a/2.jpg", "1,,", "2,,a"}, nullptr, &without_apex),
              IsEmpty());
  EXPECT_EQ(without_apex, 2U);
}

TEST_F(CheckPicturesTest, TellsEveryProblemWithItsCell) {
  Write("a/1.jpg", jpeg_);
  Write("a/2.jpg", jpeg_.substr(0, jpeg_.size() - 20));
  Write("a/3.jpg", "no picture");
  std::size_t pictures = 0;
  const auto problems =
      Problems({"1,2,a", "1,3,a", "7,8,a", "1,2,none", ",,a", "2,3,a", ",,a/2.jpg"}, &pictures);
  EXPECT_EQ(pictures, 1U);
  EXPECT_THAT(
      problems,
      ElementsAre(AllOf(HasSubstr("m.csv:2:18 frames of clip 'c0'"), HasSubstr("2.jpg")),
                  AllOf(HasSubstr("m.csv:3:18"), HasSubstr("not an image"), HasSubstr("3.jpg")),
                  AllOf(HasSubstr("m.csv:4:18"), HasSubstr("no frame 8")),
                  AllOf(HasSubstr("m.csv:4:18"), HasSubstr("no frame 7")),
                  AllOf(HasSubstr("m.csv:5:18"), HasSubstr("No such file")),
                  AllOf(HasSubstr("m.csv:6:15"), HasSubstr("no apex frame")),
                  AllOf(HasSubstr("m.csv:7:18"), HasSubstr("3.jpg"))));
}

}  // namespace
}  // namespace unmask

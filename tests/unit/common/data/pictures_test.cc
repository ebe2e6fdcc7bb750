#include "common/data/pictures.h"

#include <gtest/gtest.h>

#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

TEST(PicturesTest, BlobsComeBack) {
  const std::vector<Picture> pictures = {{"1_an1_di", "abc"}, {"clip \"2\"\n", "def#17"}};
  const auto read = ParsePicturesBlob(PicturesBlob(pictures));
  ASSERT_TRUE(read.ok()) << FormatError(read.error());
  ASSERT_EQ(read->size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ((*read)[i].sample, pictures[i].sample);
    EXPECT_EQ((*read)[i].fingerprint, pictures[i].fingerprint);
  }
}

TEST(PicturesTest, OtherTextsAreErrors) {
  for (const char* text :
       {"", "[]", "{}", R"({"pictures":3})", R"({"pictures":[{"sample":"a"}]})"}) {
    EXPECT_FALSE(ParsePicturesBlob(text).ok()) << text;
  }
}

TEST(PicturesTest, PathsAreBeneathTheStoreUnlessAbsolute) {
  const TempFolder store;
  const fs::path& folder = store.path();
  ASSERT_TRUE(MakeFolders(folder / "paths").ok());
  const std::string text = FramePathsText({{"/far/a.mp4", 12}, {"blobs/b", -1}});
  ASSERT_TRUE(WriteFileDurably(folder / "paths" / "frames", text).ok());
  ASSERT_TRUE(WriteFileDurably(folder / "paths" / "model", PathText("models/m")).ok());
  const auto frames = ReadFramePaths(folder, "frames");
  ASSERT_TRUE(frames.ok()) << FormatError(frames.error());
  EXPECT_EQ((*frames)[0], (FrameRef{"/far/a.mp4", 12}));
  EXPECT_EQ((*frames)[1], (FrameRef{folder / "blobs/b", -1}));
  EXPECT_EQ(ReadPath(folder, "model").value(), folder / "models/m");
  EXPECT_FALSE(ReadPath(folder, "frames").ok());
  EXPECT_FALSE(ReadPath(folder, "absent").ok());
}

TEST(PicturesTest, APathThatIsNoTextIsRefusedByName) {
  EXPECT_TRUE(CheckPath("/data/caf\u00e9/a.png").ok());
  const Status refused = CheckPath("/data/caf\xe9/a.png");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().problems[0].where, "/data/caf\\xe9/a.png");
}

}  // namespace
}  // namespace unmask

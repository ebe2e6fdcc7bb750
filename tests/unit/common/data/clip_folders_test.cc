#include "common/data/clip_folders.h"

#include <gtest/gtest.h>

#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

class ClipFoldersTest : public testing::Test {
 protected:
  void Make(const fs::path& folder) { ASSERT_TRUE(MakeFolders(root_ / folder).ok()); }

  void Write(const fs::path& file, const std::string& bytes) {
    ASSERT_TRUE(WriteFileDurably(root_ / file, bytes).ok());
  }

  std::string Find(const std::string& subject, const std::string& sample) const {
    return ClipFolders(root_, {sample, "another"}).Find(subject, sample).value_or("nothing");
  }

  const TempFolder temp_;
  const fs::path root_ = temp_.path();
};

TEST_F(ClipFoldersTest, TakesTheSubjectsFolderOrTheRoots) {
  Make("02/02_an_ha");
  Make("02_an_sa");
  Make("05/02_an_sa");
  EXPECT_EQ(Find("02", "02_an_ha"), "02/02_an_ha");
  EXPECT_EQ(Find("02", "02_an_sa"), "02_an_sa");
  EXPECT_EQ(Find("02", "02_an_di"), "nothing");
  EXPECT_EQ(ClipFolders(root_ / "gone", {"a"}).Find("02", "a"), std::nullopt);
}

TEST_F(ClipFoldersTest, LooksDeeperAndWhateverTheCase) {
  Make("frames/Subject_2/micro/02_AN_ha");
  Make("a/b/c/d/e/f/g/h/deep");
  EXPECT_EQ(Find("02", "02_an_ha"), "frames/Subject_2/micro/02_AN_ha");
  EXPECT_EQ(Find("02", "deep"), "nothing");
}

TEST_F(ClipFoldersTest, OfSeveralTakesTheSubjectsOwn) {
  Make("sub02/an_ha");
  Make("sub12/an_ha");
  Make("x/sub12/su_ha");
  Make("y/sub12/su_ha");
  EXPECT_EQ(Find("02", "an_ha"), "sub02/an_ha");
  EXPECT_EQ(Find("12", "an_ha"), "sub12/an_ha");
  EXPECT_EQ(Find("7", "an_ha"), "nothing");
  EXPECT_EQ(Find("12", "su_ha"), "nothing") << "two are as good";
}

TEST_F(ClipFoldersTest, TakesAVideoOrImageWhereThereIsNoFolder) {
  Make("02");
  Write("02/clip.avi", "RIFF....AVI LIST");
  Write("02/clip.txt", "notes");
  Write("02/other.txt", "notes");
  EXPECT_EQ(Find("02", "clip"), "02/clip.avi");
  EXPECT_EQ(Find("02", "other"), "nothing");
}

// A manifest that names them would be refused.
TEST_F(ClipFoldersTest, WhatALinkTakesOutOfTheRootDoesNotCount) {
  Make("elsewhere/clip");
  Make("elsewhere/both");
  Write("elsewhere/film.avi", "RIFF....AVI LIST");
  Make("root/x");
  Make("root/y/both");
  fs::create_directory_symlink(root_ / "elsewhere/clip", root_ / "root/clip");
  fs::create_directory_symlink(root_ / "elsewhere/both", root_ / "root/x/both");
  fs::create_directory_symlink(root_ / "root/y/both", root_ / "root/inside");
  fs::create_symlink(root_ / "elsewhere/film.avi", root_ / "root/x/film.avi");
  const ClipFolders folders(root_ / "root", {"clip", "both", "film", "inside"});
  EXPECT_EQ(folders.Find("02", "clip"), std::nullopt);
  EXPECT_EQ(folders.Find("02", "film"), std::nullopt);
  EXPECT_EQ(folders.Find("02", "both"), "y/both") << "the other is none";
  EXPECT_EQ(folders.Find("02", "inside"), "inside");
}

TEST_F(ClipFoldersTest, NamesThatArePathsFindNothing) {
  Make("02/a");
  for (const char* sample : {"..", ".", "../02", "a/..", "/", "", "/etc"}) {
    EXPECT_EQ(Find("02", sample), "nothing") << sample;
  }
  EXPECT_EQ(Find("..", "02"), "02");
}

}  // namespace
}  // namespace unmask

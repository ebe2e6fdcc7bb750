#include "common/base/group_share.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

class GroupShare : public testing::Test {
 protected:
  ~GroupShare() override { umask(before_); }
  mode_t ModeAfter(mode_t folder, mode_t mask) {
    EXPECT_EQ(chmod(folder_.path().c_str(), folder), 0);
    umask(mask);
    ShareWithGroupOf(folder_.path());
    const fs::path file = folder_.path() / "file";
    fs::remove(file);
    EXPECT_TRUE(WriteFileDurably(file, "x").ok());
    struct stat info{};
    EXPECT_EQ(stat(file.c_str(), &info), 0);
    return info.st_mode & 0777;
  }

 private:
  const mode_t before_ = umask(0022);
  TempFolder folder_;
};

TEST_F(GroupShare, WhatIsMadeInASharedFolderIsTheGroups) {
  EXPECT_EQ(ModeAfter(02775, 0077), 0660U);
  EXPECT_EQ(ModeAfter(02770, 0022), 0664U);
  EXPECT_EQ(ModeAfter(02775, 0002), 0664U);
}

TEST_F(GroupShare, ElsewhereTheUmaskStands) {
  EXPECT_EQ(ModeAfter(0775, 0077), 0600U);   // of no one group
  EXPECT_EQ(ModeAfter(02755, 0022), 0644U);  // the group may not write
  ShareWithGroupOf("/nowhere");
}

}  // namespace
}  // namespace unmask

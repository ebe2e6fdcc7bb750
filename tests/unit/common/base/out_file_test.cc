#include "common/base/out_file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

using testing::HasSubstr;

class OutFileTest : public ::testing::Test {
 protected:
  std::size_t Files() const {
    return std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator());
  }
  fs::path At(const char* name) const { return folder_.path() / name; }

  const TempFolder folder_;
};

TEST_F(OutFileTest, ReplacesWholeFilesAndLeavesNothingElse) {
  ASSERT_TRUE(WriteOutFile(At("a"), "one").ok());
  {
    OutFile unfinished(At("a"));
    unfinished.Write("half");
  }
  EXPECT_EQ(*ReadFile(At("a")), "one");
  ASSERT_TRUE(WriteOutFile(At("a"), "two").ok());
  EXPECT_EQ(*ReadFile(At("a")), "two");
  EXPECT_EQ(Files(), 1U);
}

TEST_F(OutFileTest, KeepsLinksAndModes) {
  ASSERT_TRUE(WriteOutFile(At("a"), "one").ok());
  fs::permissions(At("a"), fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("a", At("link"));
  ASSERT_TRUE(WriteOutFile(At("link"), "two").ok());
  EXPECT_TRUE(fs::is_symlink(At("link")));
  EXPECT_EQ(*ReadFile(At("a")), "two");
  EXPECT_EQ(fs::status(At("a")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("b", At("dangling"));
  ASSERT_TRUE(WriteOutFile(At("dangling"), "three").ok());
  EXPECT_EQ(*ReadFile(At("b")), "three");
}

TEST_F(OutFileTest, WritesToWhatIsNoFile) {
  ASSERT_EQ(mkfifo(At("pipe").c_str(), 0600), 0);
  std::string read;
  std::thread reader([&] {
    std::ifstream pipe(At("pipe"));
    std::getline(pipe, read);
  });
  EXPECT_TRUE(WriteOutFile(At("pipe"), "through").ok());
  reader.join();
  EXPECT_EQ(read, "through");
  EXPECT_TRUE(fs::is_fifo(At("pipe")));
  EXPECT_TRUE(CheckOutFile("/dev/null").ok());
  EXPECT_TRUE(WriteOutFile("/dev/null", "x").ok());
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(OutFileTest, SaysWhatCouldNotBeWritten) {
  const Status full = WriteOutFile("/dev/full", "x");
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().code, ErrorCode::kData);
  EXPECT_TRUE(IsNoSpace(full.error()));
  const Status missing = WriteOutFile(At("missing") / "a", "x");
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(OneLine(missing.error()), HasSubstr("No such file"));
  EXPECT_TRUE(CheckOutFile(At("new")).ok());
  ASSERT_TRUE(WriteOutFile(At("file"), "x").ok());
  for (const Status& refused :
       {missing, CheckOutFile(At("missing") / "a"), CheckOutFile(At("file") / "a"),
        CheckOutFile(folder_.path()), PrepareOutFolder(At("file")),
        PrepareOutFolder(At("file") / "a"), PrepareOutFolder("/proc/a")}) {
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kData) << FormatError(refused.error());
    EXPECT_FALSE(refused.error().problems[0].where.empty());
  }
}

}  // namespace
}  // namespace unmask

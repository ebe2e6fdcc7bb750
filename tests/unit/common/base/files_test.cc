#include "common/base/files.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "common/base/sha256.h"
#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

class FilesTest : public ::testing::Test {
 protected:
  void Put(const fs::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }

  const TempFolder temp_;
  const fs::path folder_ = temp_.path();
};

TEST(Sha256, EqualsThePublishedValues) {  // FIPS 180-2, appendix B
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Sha256 hash;
  hash.Update("a");
  hash.Update("bc");
  EXPECT_EQ(hash.HexDigest(), Sha256Hex("abc"));
  EXPECT_FALSE(IsSha256Hex("ABC"));
}

TEST_F(FilesTest, WritesWholeFilesAndLeavesNothingElse) {
  const fs::path path = folder_ / "a";
  ASSERT_TRUE(WriteFileDurably(path, "one").ok());
  ASSERT_TRUE(WriteFileDurably(path, "two").ok());
  EXPECT_EQ(*ReadFile(path), "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
  EXPECT_FALSE(WriteFileDurably(folder_ / "missing" / "a", "x").ok());
  fs::create_directory(folder_ / "b");
  EXPECT_FALSE(WriteFileDurably(folder_ / "b", "x").ok());  // a file cannot take its place
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 2);
}

TEST_F(FilesTest, ReadsOnlyRegularFilesWithinTheBound) {
  Put(folder_ / "a", "12345");
  EXPECT_TRUE(ReadFile(folder_ / "a", 5).ok());
  EXPECT_FALSE(ReadFile(folder_ / "a", 4).ok());
  EXPECT_FALSE(ReadFile(folder_).ok());
  EXPECT_EQ(ReadFile(folder_ / "b").error().code, ErrorCode::kData);
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);  // nobody will ever write to it
  EXPECT_FALSE(ReadFile(folder_ / "pipe").ok());
}

TEST_F(FilesTest, ALinkThatLeadsNowhereIsThere) {
  const fs::path link = folder_ / "link";
  EXPECT_FALSE(IsThere(link));
  fs::create_symlink("gone", link);
  EXPECT_TRUE(IsThere(link));
  fs::create_symlink(folder_, folder_ / "folder");
  EXPECT_TRUE(IsThere(folder_ / "folder"));
  EXPECT_FALSE(IsThere(folder_ / "folder" / "gone"));
}

TEST_F(FilesTest, AFileHasTheHashOfItsBytesHoweverManyThereAre) {
  for (const std::size_t size : {0, 3, 65536, 200000}) {
    const std::string bytes(size, 'a');
    Put(folder_ / "a", bytes);
    EXPECT_EQ(*HashFile(folder_ / "a"), Sha256Hex(bytes)) << size;
  }
  EXPECT_FALSE(HashFile(folder_).ok());
}

TEST_F(FilesTest, AFailureNamesWhatWasAskedForAndWhatIsExpected) {
  const Status written = WriteFileDurably(folder_ / "missing" / "a", "x");
  const std::string name = (folder_ / "missing" / "a").string();
  EXPECT_EQ(written.error().problems.front().where, name);
  EXPECT_NE(written.error().problems.front().expected, "");
  EXPECT_NE(ReadFile(name).error().problems.front().expected, "");
}

TEST_F(FilesTest, ResolvesBeneathTheRootOnly) {
  fs::create_directories(folder_ / "root" / "in");
  fs::create_directory_symlink(folder_, folder_ / "root" / "out");
  const fs::path root = folder_ / "root";
  EXPECT_TRUE(ResolveBeneath(root, "in/clip").ok());
  EXPECT_TRUE(ResolveBeneath(root, "in/../in").ok());
  EXPECT_FALSE(ResolveBeneath(root, "../root2").ok());
  EXPECT_FALSE(ResolveBeneath(root, "in/../../x").ok());
  EXPECT_FALSE(ResolveBeneath(root, "/etc/passwd").ok());
  EXPECT_FALSE(ResolveBeneath(root, "out/x").ok());
  EXPECT_EQ(ResolveBeneath(root.string() + "/", "in").value(), fs::canonical(root / "in"));
  EXPECT_TRUE(ResolveBeneath(root, ".").ok());
  EXPECT_TRUE(ResolveBeneath("/", "etc").ok());
  // Nothing is there: that is for who reads it to say.
  EXPECT_TRUE(ResolveBeneath(folder_ / "missing", "x").ok());
  EXPECT_TRUE(ResolveBeneath((folder_ / "missing").string() + "/", "x").ok());
  EXPECT_FALSE(ResolveBeneath((folder_ / "missing").string() + "/", "../x").ok());
  fs::create_symlink("loop", folder_ / "loop");
  EXPECT_FALSE(ResolveBeneath(folder_ / "loop", "x").ok());
}

TEST_F(FilesTest, ABlobIsNamedByItsContentAndMendedWhereDamaged) {
  const BlobFolder blobs(folder_);
  const auto name = blobs.Write("content");
  ASSERT_TRUE(name.ok());
  EXPECT_EQ(*name, Sha256Hex("content"));
  Put(blobs.PathOf(*name), "CONTENT");  // the same size
  EXPECT_THAT(blobs.Read(*name).error().problems.front().what, ::testing::HasSubstr("damaged"));
  ASSERT_TRUE(blobs.Write("content").ok());
  EXPECT_EQ(*blobs.Read(*name), "content");
  EXPECT_FALSE(blobs.Read(Sha256Hex("another")).ok());
}

TEST(Result, PrintsOneLineAProblemAndKnowsTheExitCode) {
  EXPECT_EQ(FormatError(UsageError("unknown key 'a'", "x.yaml:3", "did you mean 'b'?")),
            "unmask: error: unknown key 'a' (x.yaml:3): did you mean 'b'?");
  EXPECT_EQ(FormatError(DataError("evil \x1b name")), "unmask: error: evil \\x1b name");
  const Error two(ErrorCode::kData, {{"one", "", ""}, {"two", "here", ""}});
  EXPECT_EQ(FormatError(two), "unmask: error: one\nunmask: error: two (here)");
  EXPECT_EQ(ExitCode(ErrorCode::kUsage), 2);
  EXPECT_EQ(ExitCode(ErrorCode::kData), 3);
  EXPECT_EQ(ExitCode(ErrorCode::kStopped), 75);
}

}  // namespace
}  // namespace unmask

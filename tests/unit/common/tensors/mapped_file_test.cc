#include "common/tensors/mapped_file.h"

#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

using ::testing::HasSubstr;

TEST(MappedFile, HasTheFilesBytes) {
  const TempFolder folder;
  for (const std::string bytes : {"", "weights"}) {
    UNMASK_CHECK(WriteFileDurably(folder.path() / "file", bytes).ok());
    const auto file = MappedFile::Open(folder.path() / "file");
    ASSERT_TRUE(file.ok()) << FormatError(file.error());
    EXPECT_EQ((*file)->bytes(), bytes);
  }
}

TEST(MappedFile, AFileThatCannotBeReadIsTheDatasFault) {
  for (const char* path : {"/nonexistent/weights", "/dev/null", "/tmp"}) {
    const auto file = MappedFile::Open(path);
    ASSERT_FALSE(file.ok()) << path;
    EXPECT_EQ(file.error().code, ErrorCode::kData);
    EXPECT_THAT(FormatError(file.error()), HasSubstr(path));
  }
}

// A file of holes that is larger than any process's memory.
TEST(MappedFile, WantOfMemoryIsNoFaultOfTheFile) {
  const int fd = memfd_create("unmask-large", MFD_CLOEXEC);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(ftruncate(fd, off_t{1} << 60), 0);
  const auto file = MappedFile::Open("/proc/self/fd/" + std::to_string(fd));
  close(fd);
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().code, ErrorCode::kInternal);
  EXPECT_THAT(FormatError(file.error()), HasSubstr("Cannot allocate memory"));
}

}  // namespace
}  // namespace unmask

#include "common/base/shared_module.h"

#include <gmock/gmock.h>

namespace unmask {
namespace {

using ::testing::HasSubstr;

TEST(OpenModule, ALibraryThatCannotBeOpenedIsNoFaultOfTheData) {
  for (const char* file : {"unmask-none.so", "/dev/null"}) {
    const auto table = OpenModule(file, "UnmaskNone");
    ASSERT_FALSE(table.ok()) << file;
    EXPECT_EQ(table.error().code, ErrorCode::kInternal);
    EXPECT_THAT(FormatError(table.error()), HasSubstr("cannot load: "));
    EXPECT_THAT(FormatError(table.error()), HasSubstr(file));
  }
}

}  // namespace
}  // namespace unmask

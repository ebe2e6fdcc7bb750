#include "common/base/unique_names.h"

#include <gtest/gtest.h>

namespace unmask {
namespace {

TEST(UniqueNames, TheSecondGetsANumber) {
  UniqueNames names;
  EXPECT_EQ(names.Take("a", "-"), "a");
  EXPECT_EQ(names.Take("b", "-"), "b");
  EXPECT_EQ(names.Take("a", "-"), "a-2");
  EXPECT_EQ(names.Take("a", "-"), "a-3");
}

TEST(UniqueNames, ANumberedNameMayBeTaken) {
  UniqueNames names({"a", "a_3"});
  EXPECT_EQ(names.Take("a", "_"), "a_2");
  EXPECT_EQ(names.Take("a_2", "_"), "a_2_2");
  EXPECT_EQ(names.Take("a", "_"), "a_4");
}

}  // namespace
}  // namespace unmask

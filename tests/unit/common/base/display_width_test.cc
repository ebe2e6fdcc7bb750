#include "common/base/display_width.h"

#include <gtest/gtest.h>

namespace unmask {
namespace {

TEST(DisplayWidth, CountsColumnsAndNotBytes) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("Müller"), 6);
  EXPECT_EQ(DisplayWidth("感情"), 4);
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1);     // a combining accent
  EXPECT_EQ(DisplayWidth("\xE2\x80\xAE"), 0);  // a direction mark
  EXPECT_EQ(DisplayWidth("😀"), 2);
  EXPECT_EQ(DisplayWidth("a\xFF"), 2);  // broken
}

TEST(DisplayWidth, CutsToColumns) {
  EXPECT_EQ(CutWidth("感情感情", 6, true), "感情…");
  EXPECT_EQ(CutWidth("abcdef", 4, false), "abc~");
  EXPECT_EQ(CutWidth("abcd", 4, false), "abcd");
  EXPECT_EQ(CutWidth("abc", 0, true), "");
}

TEST(DisplayWidth, CutsTheMiddle) {
  EXPECT_EQ(CutMiddle("experiment alpha 0.5 LEAKY", 17, true), "expe…ha 0.5 LEAKY");
  EXPECT_EQ(CutMiddle("感情感情感情", 9, false), "感~情感情");
  EXPECT_EQ(CutMiddle("aaaae\xCC\x81"
                      "bb",
                      3, false),
            "~bb");  // no accent on the mark
  EXPECT_EQ(CutMiddle("abcd", 4, false), "abcd");
  EXPECT_EQ(CutMiddle("abcd", 1, true), "…");
  EXPECT_EQ(CutMiddle("abcd", 0, true), "");
}

TEST(DisplayWidth, FillsUpWithBlanks) {
  EXPECT_EQ(AlignLeft("感", 4), "感  ");
  EXPECT_EQ(AlignRight("感", 4), "  感");
  EXPECT_EQ(AlignRight("abc", 2), "abc");
}

}  // namespace
}  // namespace unmask

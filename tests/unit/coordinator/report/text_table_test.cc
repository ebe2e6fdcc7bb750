#include "coordinator/report/text_table.h"

#include <gtest/gtest.h>

namespace unmask {
namespace {

TEST(TextTable, LabelsToTheLeftFiguresToTheRight) {
  TextTable table({"point", "k", "note"}, 1);
  EXPECT_TRUE(table.empty());
  table.Add({"真 a", "12", ""});
  table.Add({"b", "3", "é"});
  EXPECT_FALSE(table.empty());
  EXPECT_EQ(table.Text(), "point   k  note\n真 a   12\nb       3     é\n");
}

TEST(TextTable, DataCannotSpeakToTheTerminal) {
  TextTable table({"point"}, 1);
  table.Add({"a\x1b[31m\nb\u202Ec"});
  EXPECT_EQ(table.Text(), "point\na\\x1b[31m\\nb\\u202Ec\n");
}

}  // namespace
}  // namespace unmask

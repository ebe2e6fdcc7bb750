#include "common/data/feature_table.h"

#include <gmock/gmock.h>

namespace unmask {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string ErrorOf(std::string_view csv) {
  const auto table = ParseFeatureTable(csv, "f.csv");
  return table.ok() ? "" : FormatError(table.error());
}

TEST(FeatureTableTest, HasARowOfNumbersForEachSample) {
  const auto table = ParseFeatureTable(
      "\xef\xbb\xbf"
      "AU01_r,sample, AU02_r\r\n"
      "0.5,\"a, b\", -1.25\r\n"
      "1e-3,c,7 \r\n",
      "f.csv");
  ASSERT_TRUE(table.ok()) << FormatError(table.error());
  EXPECT_EQ(table->width, 2U);
  EXPECT_EQ(table->rows.size(), 2U);
  EXPECT_THAT(table->rows.at("a, b"), ElementsAre(0.5F, -1.25F));
  EXPECT_THAT(table->rows.at("c"), ElementsAre(0.001F, 7.0F));
}

TEST(FeatureTableTest, EveryProblemIsSaidWhereItIs) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("no features (f.csv)"));
  EXPECT_THAT(ErrorOf("sample,x\n"), HasSubstr("no features (f.csv)"));
  EXPECT_THAT(ErrorOf("name,x\na,1\n"), HasSubstr("missing column 'sample' (f.csv:1:1)"));
  EXPECT_THAT(ErrorOf("sample\na\n"), HasSubstr("no column but 'sample'"));
  EXPECT_THAT(ErrorOf("sample,x,x\na,1,2\n"), HasSubstr("column 'x' is there twice (f.csv:1:10)"));
  EXPECT_THAT(ErrorOf(",sample,x\n0,a,1\n"), HasSubstr("a column without a name (f.csv:1:1)"));
  EXPECT_THAT(ErrorOf("sample;x\na;0,5\n"), HasSubstr("columns separated by ';' (f.csv:1:1)"));
  EXPECT_THAT(ErrorOf("sample,x\na,1\nb"), HasSubstr("is the file cut short?"));
  const std::string error = ErrorOf("sample,x,y\na,1,nan\nb,1\n,1,2\nc,1e39,\na,1,2\n");
  for (const char* problem :
       {"bad number 'nan' in column 'y' (f.csv:2:5)", "2 fields in a row (f.csv:3:1)",
        "empty sample (f.csv:4:1)", "bad number '1e39' in column 'x' (f.csv:5:3)",
        "bad number '' in column 'y'", "clip 'a' is there twice (f.csv:6:1)"}) {
    EXPECT_THAT(error, HasSubstr(problem));
  }
}

TEST(FeatureTableTest, MayBeWide) {
  std::string csv = "sample";
  for (int i = 0; i < 5000; ++i) csv += ",f" + std::to_string(i);
  csv += "\na";
  for (int i = 0; i < 5000; ++i) csv += "," + std::to_string(i);
  const auto table = ParseFeatureTable(csv + "\n", "f.csv");
  ASSERT_TRUE(table.ok()) << FormatError(table.error());
  EXPECT_EQ(table->rows.at("a")[4999], 4999.0F);
}

}  // namespace
}  // namespace unmask

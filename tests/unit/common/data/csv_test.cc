#include "common/data/csv.h"

#include <gmock/gmock.h>

#include <random>

namespace unmask {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using Rows = std::vector<std::vector<std::string>>;

Rows TextOf(const CsvTable& table) {
  Rows rows;
  for (const CsvRow& row : table.rows) {
    rows.emplace_back();
    for (const CsvField& field : row.fields) rows.back().push_back(field.text);
  }
  return rows;
}

Rows ParseGood(std::string_view bytes) {
  std::vector<Problem> problems;
  const CsvTable table = ParseCsv(bytes, "t.csv", problems);
  EXPECT_THAT(problems, IsEmpty()) << problems[0].what;
  return TextOf(table);
}

std::vector<std::string> ProblemsOf(std::string_view bytes, const CsvLimits& limits = {}) {
  std::vector<Problem> problems;
  ParseCsv(bytes, "t.csv", problems, limits);
  std::vector<std::string> texts;
  for (const Problem& p : problems) texts.push_back(p.where + " " + p.what);
  return texts;
}

TEST(CsvTest, ReadsTheExamplesOfRfc4180) {
  EXPECT_EQ(ParseGood("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n"),
            (Rows{{"aaa", "bbb", "ccc"}, {"zzz", "yyy", "xxx"}}));
  EXPECT_EQ(ParseGood("aaa,bbb\r\nzzz,yyy"), (Rows{{"aaa", "bbb"}, {"zzz", "yyy"}}));
  EXPECT_EQ(ParseGood("\"aaa\",\"b \r\nbb\",\"ccc\"\r\nzzz,yyy,xxx"),
            (Rows{{"aaa", "b \r\nbb", "ccc"}, {"zzz", "yyy", "xxx"}}));
  EXPECT_EQ(ParseGood("\"aaa\",\"b\"\"bb\",\"ccc\""), (Rows{{"aaa", "b\"bb", "ccc"}}));
}

TEST(CsvTest, KeepsTextAsItIs) {
  EXPECT_EQ(ParseGood(" a ,\tB\n\"\",\n"), (Rows{{" a ", "\tB"}, {"", ""}}));
  EXPECT_EQ(ParseGood("\xEF\xBB\xBF"
                      "a\n\n\r\nb\r"),
            (Rows{{"a"}, {"b"}}));
  EXPECT_EQ(ParseGood("\"\xEF\xBB\xBF\"\n"), (Rows{{"\xEF\xBB\xBF"}}));
  EXPECT_EQ(ParseGood(""), Rows{});
}

TEST(CsvTest, KeepsLineAndColumnInCharacters) {
  std::vector<Problem> problems;
  const CsvTable table = ParseCsv("é,b\r\n\"x\r\ny\",c,\"\"\"\",d\n", "t.csv", problems);
  const auto& second = table.rows[1].fields;
  EXPECT_EQ(CsvWhere("t.csv", table.rows[0].fields[1]), "t.csv:1:3");
  EXPECT_EQ(CsvWhere("t.csv", second[0]), "t.csv:2:1");
  EXPECT_EQ(CsvWhere("t.csv", second[1]), "t.csv:3:4");
  EXPECT_EQ(CsvWhere("t.csv", second[3]), "t.csv:3:11");
}

TEST(CsvTest, ReportsEveryRowThatIsNotCsv) {
  EXPECT_THAT(ProblemsOf("a\"b,c\nok\n\"a\"b\nx\ry\n\xff,\n"
                         "\"cut,\nx\n"),
              ElementsAre("t.csv:1:2 quote inside an unquoted field",
                          "t.csv:3:4 text after a closing quote", "t.csv:4:2 bare carriage return",
                          "t.csv:5:1 invalid UTF-8", "t.csv:6:1 quote is never closed"));
  EXPECT_THAT(ProblemsOf(std::string_view("a,b\0\n", 5)), ElementsAre("t.csv:1:3 NUL byte"));
}

TEST(CsvTest, OnlyWhatShiftsFieldsBreaksARow) {
  std::vector<Problem> problems;
  const CsvTable table = ParseCsv("\xff,b,\xfe\n\"a\"b,\xff\n", "t.csv", problems);
  ASSERT_THAT(problems, SizeIs(3));
  EXPECT_EQ(problems[1].where, "t.csv:1:5");
  EXPECT_EQ(problems[2].where, "t.csv:2:4");
  EXPECT_FALSE(table.rows[0].broken);
  EXPECT_TRUE(table.rows[1].broken);
}

TEST(CsvTest, SortsProblemsByPlace) {
  std::vector<Problem> problems = {{"e", "t:10:1", ""},
                                   {"d", "t:2:10", ""},
                                   {"b", "t:2:9", ""},
                                   {"c", "t:2:9", ""},
                                   {"a", "t", ""}};
  SortByPlace(problems);
  std::string order;
  for (const Problem& p : problems) order += p.what;
  EXPECT_EQ(order, "abcde");
}

TEST(CsvTest, StopsAtItsLimits) {
  const CsvLimits limits{.field_bytes = 3, .row_fields = 2, .rows = 2};
  EXPECT_THAT(ProblemsOf("abc,abc\nabc\n", limits), IsEmpty());
  EXPECT_THAT(ProblemsOf("abcd\n", limits), ElementsAre(HasSubstr("too large")));
  EXPECT_THAT(ProblemsOf("\"abcd\"\n", limits), ElementsAre(HasSubstr("too large")));
  EXPECT_THAT(ProblemsOf("a,b,c\n", limits), ElementsAre(HasSubstr("too large")));
  EXPECT_THAT(ProblemsOf("a\nb\nc\n", limits), ElementsAre(HasSubstr("too large")));
}

TEST(CsvTest, EveryPrefixIsReadWithoutHarm) {
  const std::string whole =
      "\xEF\xBB\xBF"
      "a,\"b\"\"\r\n\",é\r\n\"\",x,y\r\n";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    std::vector<Problem> problems;
    const CsvTable table = ParseCsv(std::string_view(whole).substr(0, size), "t", problems);
    EXPECT_LE(table.rows.size(), 2U);
    for (const CsvRow& row : table.rows) EXPECT_THAT(row.fields, Not(IsEmpty()));
  }
}

TEST(CsvTest, WhatIsWrittenReadsBack) {
  constexpr unsigned kSeed = 20261122;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  const std::vector<std::string> pieces = {"a", ",", "\"", "\n", "\r", "\r\n", "é", " ", "<b>", ""};
  for (int round = 0; round < 2000; ++round) {
    Rows rows(1 + random() % 3, std::vector<std::string>(1 + random() % 3));
    std::string csv;
    for (auto& row : rows) {
      for (auto& field : row) {
        for (unsigned n = random() % 4; n > 0; --n) field += pieces[random() % pieces.size()];
      }
      csv += CsvLine(row);
    }
    ASSERT_EQ(ParseGood(csv), rows) << csv;
  }
}

TEST(CsvTest, QuotesOnlyWhereNeeded) {
  EXPECT_EQ(CsvLine({"a b", "c,d", "e\"f", "", "g\nh"}), "a b,\"c,d\",\"e\"\"f\",,\"g\nh\"\n");
  EXPECT_EQ(CsvLine({""}), "\"\"\n");
}

}  // namespace
}  // namespace unmask

#include "coordinator/report/query_format.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace unmask {
namespace {

std::string Format(QueryFormat format, const std::vector<std::string>& names,
                   const std::vector<std::vector<SqlValue>>& rows) {
  std::string text;
  const auto formatter = MakeQueryFormatter(format, [&](std::string_view part) { text += part; });
  formatter->Columns(names);
  for (const auto& row : rows) formatter->Row(row);
  formatter->Finish();
  return text;
}

const std::vector<std::vector<SqlValue>> kRows = {
    {std::string("größe"), std::int64_t{7}, 0.1},
    {std::string("a\x1b[31m\nb"), std::monostate(), -12.5},
};

TEST(QueryFormat, TableAlignsAndEscapesControls) {
  EXPECT_EQ(Format(QueryFormat::kTable, {"name", "k", "x"}, kRows),
            "name             k      x\n"
            "------------  ----  -----\n"
            "größe            7    0.1\n"
            "a\\x1b[31m\\nb  NULL  -12.5\n");
}

TEST(QueryFormat, CsvQuotesAndDisarmsFormulas) {
  EXPECT_EQ(Format(QueryFormat::kCsv, {"=a", "b,c", "d"},
                   {{std::string("=1+1"), std::string("say \"x\", y"), -0.5},
                    {std::string("-1"), std::string("@x"), std::monostate()},
                    {SqlBlob{std::string("\0\xff", 2)}, std::int64_t{-3}, std::string()}}),
            "'=a,\"b,c\",d\r\n"
            "'=1+1,\"say \"\"x\"\", y\",-0.5\r\n"
            "-1,'@x,\r\n"
            "00ff,-3,\r\n");
}

TEST(QueryFormat, CsvNumbersAreNoFormulas) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(
      Format(QueryFormat::kCsv, {"a", "b", "c"}, {{-kInfinity, kInfinity, std::string("-inf")}}),
      "a,b,c\r\n"
      "-inf,inf,'-inf\r\n");
}

TEST(QueryFormat, JsonKeepsTypes) {
  const std::string text =
      Format(QueryFormat::kJson, {"text", "whole", "real", "none", "blob", "huge"},
             {{std::string("é\"\n"), std::int64_t{9007199254740993}, 0.1, std::monostate(),
               SqlBlob{"\x01"}, std::numeric_limits<double>::infinity()},
              {std::string("\xff"), std::int64_t{0}, 1.0, std::monostate(), SqlBlob{""}, 1e300}});
  const auto json = nlohmann::json::parse(text);
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json[0]["text"], "é\"\n");
  EXPECT_EQ(json[0]["whole"], 9007199254740993);
  EXPECT_TRUE(json[0]["whole"].is_number_integer());
  EXPECT_EQ(json[0]["real"], 0.1);
  EXPECT_TRUE(json[1]["real"].is_number_float());
  EXPECT_TRUE(json[0]["none"].is_null());
  EXPECT_EQ(json[0]["blob"], "01");
  EXPECT_TRUE(json[0]["huge"].is_null());
}

TEST(QueryFormat, AColumnMayHaveNoName) {
  const std::vector<std::vector<SqlValue>> row = {{std::int64_t{1}, std::int64_t{2}}};
  EXPECT_EQ(Format(QueryFormat::kCsv, {"", "b"}, row), ",b\r\n1,2\r\n");
  EXPECT_EQ(Format(QueryFormat::kCsv, {"", ""}, row), ",\r\n1,2\r\n");
  EXPECT_EQ(Format(QueryFormat::kTable, {"", "b"}, row), "   b\n-  -\n1  2\n");
  EXPECT_EQ(Format(QueryFormat::kJson, {"", "b"}, row), "[\n  {\"\": 1, \"b\": 2}\n]\n");
}

TEST(QueryFormat, JsonKeysAreDistinct) {
  const std::vector<SqlValue> row(5, std::int64_t{1});
  EXPECT_EQ(Format(QueryFormat::kJson, {"a", "a", "a_2", "a", "b"}, {row}),
            "[\n  {\"a\": 1, \"a_3\": 1, \"a_2\": 1, \"a_4\": 1, \"b\": 1}\n]\n");
}

TEST(QueryFormat, NoRows) {
  EXPECT_EQ(Format(QueryFormat::kJson, {"a"}, {}), "[]\n");
  EXPECT_EQ(Format(QueryFormat::kCsv, {"a", "b"}, {}), "a,b\r\n");
  EXPECT_EQ(Format(QueryFormat::kTable, {"a"}, {}), "a\n-\n");
}

}  // namespace
}  // namespace unmask

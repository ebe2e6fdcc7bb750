#include "common/config/yaml_guard.h"

#include <gtest/gtest.h>

namespace unmask {
namespace {

std::string ErrorOf(std::string_view text) {
  const auto document = ParseYaml(text, "s.yaml");
  return document.ok() ? "" : FormatError(document.error());
}

std::string Nested(int depth) {
  return "a: " + std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']');
}

TEST(YamlGuardTest, KeepsOrderAndLines) {
  const auto document = ParseYaml("b: 1\na:\n  - x\n  - 'y'\nc: {d: , e: \"2\"}\n", "s.yaml");
  ASSERT_TRUE(document.ok());
  const auto& entries = document->root.entries;
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].key, "b");
  EXPECT_EQ(entries[0].value.text, "1");
  EXPECT_FALSE(entries[0].value.quoted);
  EXPECT_EQ(entries[1].key, "a");
  EXPECT_EQ(entries[1].line, 2);
  ASSERT_EQ(entries[1].value.items.size(), 2U);
  EXPECT_EQ(entries[1].value.items[1].line, 4);
  EXPECT_TRUE(entries[1].value.items[1].quoted);
  EXPECT_EQ(entries[2].value.entries[0].value.kind, YamlNode::Kind::kNull);
  EXPECT_TRUE(entries[2].value.entries[1].value.quoted);
}

TEST(YamlGuardTest, TakesCrLfAndAByteOrderMark) {
  const auto document = ParseYaml(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: 2\r\n",
      "s.yaml");
  ASSERT_TRUE(document.ok());
  ASSERT_EQ(document->root.entries.size(), 2U);
  EXPECT_EQ(document->root.entries[0].key, "a");
  EXPECT_EQ(document->root.entries[1].value.text, "2");
}

TEST(YamlGuardTest, RefusesWhatYamlCanDoToAReader) {
  EXPECT_EQ(ErrorOf("a: &x 1\n"),
            "unmask: error: cannot read YAML: an anchor or alias is not accepted here (s.yaml:1): "
            "plain YAML");
  EXPECT_EQ(ErrorOf("b: 1\na: !!python/object x\n"),
            "unmask: error: cannot read YAML: a tag is not accepted here (s.yaml:2): plain YAML");
  EXPECT_EQ(ErrorOf("a:\n  <<: {b: 1}\n"),
            "unmask: error: cannot read YAML: a merge key is not accepted here (s.yaml:2): plain "
            "YAML");
  EXPECT_EQ(ErrorOf("a: 1\n---\nb: 2\n"),
            "unmask: error: cannot read YAML: a second document is not accepted here (s.yaml:2): "
            "plain YAML");
  EXPECT_EQ(ErrorOf("? [a]\n: 1\n"),
            "unmask: error: cannot read YAML: a key that is not text is not accepted here "
            "(s.yaml:1): plain YAML");
  EXPECT_EQ(ErrorOf("a: 1\nb: *nobody\n").find("unmask: error: cannot read YAML"), 0U);
}

// yaml-cpp would take the rest of the file for its text.
TEST(YamlGuardTest, AQuoteIsClosed) {
  for (const char* text : {"a: 'b\nc: 1\n", "a: \"b\nc: 1\n", "a: 'b", "a: {b: 'c}\n"}) {
    EXPECT_NE(ErrorOf(text).find("cannot read YAML: a quote is not closed (s.yaml:"),
              std::string::npos)
        << text;
  }
  EXPECT_EQ(ErrorOf("a: 'b\n  c'\n...\n"), "");
  EXPECT_EQ(ErrorOf("a: |\n  b"), "");
}

TEST(YamlGuardTest, AnEmptyValueIsWhereItsKeyIs) {
  const auto document = ParseYaml("a:\n\n\nb: 1\n", "s.yaml");
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(document->root.entries[0].value.line, 1);
}

// Nine levels of nine aliases would be 3.8 * 10^8 nodes.
TEST(YamlGuardTest, ABombIsHarmless) {
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c <= 'i'; ++c) {
    const std::string before(1, static_cast<char>(c - 1));
    bomb += std::string(1, c) + ": &" + std::string(1, c) + " [*" + before;
    for (int i = 0; i < 8; ++i) bomb += ",*" + before;
    bomb += "]\n";
  }
  EXPECT_EQ(ErrorOf(bomb),
            "unmask: error: cannot read YAML: an anchor or alias is not accepted here (s.yaml:1): "
            "plain YAML");
}

TEST(YamlGuardTest, DepthIsBounded) {
  EXPECT_EQ(ErrorOf(Nested(kYamlDepthMax - 1)), "");  // the map around is a level too
  EXPECT_EQ(ErrorOf(Nested(kYamlDepthMax)),
            "unmask: error: cannot read YAML: nesting deeper than 32 levels is not accepted here "
            "(s.yaml:1): plain YAML");
  EXPECT_NE(ErrorOf(Nested(400000)), "");
  EXPECT_NE(ErrorOf(std::string(800000, '[')), "");
  EXPECT_NE(ErrorOf("a: " + std::string(400000, '{')), "");
}

TEST(YamlGuardTest, SizeAndBytesAreBounded) {
  EXPECT_EQ(ErrorOf(std::string(kYamlBytesMax, ' ')), "");
  EXPECT_EQ(ErrorOf(std::string(kYamlBytesMax + 1, ' ')),
            "unmask: error: file too large (s.yaml): at most 1048576 bytes");
  EXPECT_EQ(ErrorOf("a: 1\nb: \x04\n"),
            "unmask: error: control character 0x04 (s.yaml:2): YAML text");
  EXPECT_EQ(ErrorOf("a: \xff\n"), "unmask: error: not UTF-8 (s.yaml): YAML text in UTF-8");
}

TEST(YamlGuardTest, SyntaxErrorsHaveALine) {
  EXPECT_EQ(ErrorOf("a: 1\nb: [1, 2\n").find("unmask: error: cannot read YAML: "), 0U);
  EXPECT_NE(ErrorOf("a: 1\nb: {c: 1\n").find("(s.yaml:"), std::string::npos);
  EXPECT_NE(ErrorOf("a: 'x").find("(s.yaml:"), std::string::npos);
}

TEST(YamlGuardTest, DuplicateKeysAreProblemsAndTheFirstIsKept) {
  const auto document = ParseYaml("a: 1\nb: 2\na: {c: 3, c: 4}\n", "s.yaml");
  ASSERT_TRUE(document.ok());
  ASSERT_EQ(document->problems.size(), 2U);
  EXPECT_EQ(document->problems[0].what, "duplicate key 'a'");
  EXPECT_EQ(document->problems[0].where, "s.yaml:3");
  EXPECT_EQ(document->problems[1].what, "duplicate key 'c'");
  ASSERT_EQ(document->root.entries.size(), 2U);
  EXPECT_EQ(document->root.entries[0].value.text, "1");
}

}  // namespace
}  // namespace unmask

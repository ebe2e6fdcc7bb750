#include "common/base/parse_json.h"

#include <gmock/gmock.h>

namespace unmask {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

std::string Refusal(const std::string& text, const JsonRules& rules = {}) {
  const auto parsed = ParseJsonObject(text, "c.json", "a model", rules);
  if (parsed.ok()) return "";
  EXPECT_EQ(parsed.error().code, ErrorCode::kData);
  return FormatError(parsed.error());
}

std::string Nested(std::size_t levels) {  // in an object, which is one more
  return R"({"a":)" + std::string(levels, '[') + std::string(levels, ']') + "}";
}

TEST(ParseJsonObject, IsWhatTheParserMakes) {
  const auto parsed = ParseJsonObject(R"({"b":[1,-2,0.5,"é",null,true],"a":{"a":1}, "a":2})", "f");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->dump(), R"({"a":2,"b":[1,-2,0.5,"é",null,true]})");
}

TEST(ParseJsonObject, DoesNotEndAtANulByte) {
  const auto parsed = ParseJsonObject(std::string("{}\0{{{", 6), "c.json");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code, ErrorCode::kData);
}

TEST(ParseJsonObject, SaysWhereTheTextIsBroken) {
  EXPECT_EQ(Refusal("[]"), "unmask: error: not a JSON object (c.json): a model");
  const std::string cut = Refusal("{\n\"a\":");
  EXPECT_THAT(cut,
              StartsWith("unmask: error: not a JSON object: broken JSON: parse error at line 2"));
  EXPECT_THAT(cut, EndsWith("(c.json): a model"));
  for (const char* broken : {"", "{", "{}{}", R"({"a":1e999})", "{\"a\":\"\xff\"}"}) {
    EXPECT_THAT(Refusal(broken), HasSubstr("broken JSON: ")) << broken;
  }
  EXPECT_LT(Refusal("{\"a\":\"" + std::string(1 << 20, 'x')).size(), 300U);
}

TEST(ParseJsonObject, RefusesWhatIsNestedTooDeeply) {
  EXPECT_EQ(Refusal(Nested(31)), "");
  EXPECT_EQ(Refusal(Nested(32)), "unmask: error: nested deeper than 32 levels (c.json): a model");
  EXPECT_THAT(Refusal(Nested(2'000'000)), HasSubstr("nested deeper"));
  EXPECT_THAT(Refusal(std::string(1 << 20, '[')), HasSubstr("nested deeper"));
  EXPECT_EQ(Refusal(Nested(2), {.depth = 3}), "");
  EXPECT_THAT(Refusal(Nested(3), {.depth = 3}), HasSubstr("deeper than 3"));
  EXPECT_EQ(Refusal(R"({"a":[[]],"b":[[]],"c":{"d":[]}})", {.depth = 3}), "");
}

TEST(ParseJsonObject, RefusesRepeatedKeysWhereAsked) {
  const JsonRules once = {.what = "a list of clips", .keys_once = true};
  EXPECT_EQ(Refusal(R"({"a":{"x":1},"b":[{"x":1},{"x":1}],"x":1})", once), "");
  EXPECT_EQ(Refusal(R"({"a":1,"a":2})", once),
            "unmask: error: key 'a' is there twice (c.json): it once");
  EXPECT_THAT(Refusal(R"({"b":[{"x":1,"x":1}]})", once), HasSubstr("key 'x' is there twice"));
  EXPECT_THAT(Refusal("[]", once), HasSubstr("not a list of clips (c.json)"));
}

TEST(ShownJson, IsShort) {
  EXPECT_EQ(ShownJson(nlohmann::json::array({1, "a"})), R"([1,"a"])");
  EXPECT_EQ(ShownJson(std::string(1000, 'x')).size(), 83U);
}

}  // namespace
}  // namespace unmask

// The tokenizer against transformers' (transformers_values.json, made by transformers_values.py).
#include "worker/clip_text/tokenizer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/testing/temp_folder.h"
#include "worker/clip_text/unicode.h"

namespace unmask {
namespace {

using nlohmann::json;

const fs::path kStandard = fs::path(UNMASK_BINARY_DIR) / kStandardMergesFile;
constexpr std::size_t kMost = 77;

const Vocabulary& Standard() {
  static const Vocabulary vocabulary = ReadStandardVocabulary(kStandard).value();
  return vocabulary;
}

TEST(ClipTokenizer, MakesTheTokensOfTransformers) {
  const ClipTokenizer tokenizer(Standard());
  const json cases = json::parse(
      ReadFile(UNMASK_SOURCE_DIR "/tests/unit/worker/clip_text/transformers_values.json").value());
  ASSERT_GT(cases.size(), 60U);
  for (const json& one : cases) {
    EXPECT_EQ(tokenizer.Encode(one[0].get<std::string>(), kMost), one[1].get<TokenIds>()) << one[0];
  }
}

TEST(ClipTokenizer, TakesBytesThatAreNoUtf8) {
  const ClipTokenizer tokenizer(Standard());
  EXPECT_EQ(tokenizer.Tokens("a\xff\xc3"), tokenizer.Tokens("a\uFFFD\uFFFD"));
}

TEST(ClipTokenizer, IsNotSlowOnOneLongWord) {
  std::string word;
  for (int i = 0; i < 20000; ++i) word += static_cast<char>('a' + i * i % 26);
  EXPECT_EQ(ClipTokenizer(Standard()).Encode(word, kMost).size(), kMost);
}

TEST(Vocabulary, TheStandardOneHas49408Tokens) {
  EXPECT_EQ(Standard().ids.size(), 49408U);
  EXPECT_EQ(Standard().start, 49406);
  EXPECT_EQ(Standard().end, 49407);
  EXPECT_EQ(Standard().ids.at("!"), 0);
  EXPECT_EQ(Standard().ids.at("photo</w>"), 1125);
}

class VocabularyFolder : public testing::Test {
 protected:
  void Write(const char* name, const std::string& text) const {
    ASSERT_TRUE(WriteFileDurably(folder_ / name, text).ok());
  }
  std::string Refusal() const {
    const auto read = ReadVocabulary(folder_, kStandard);
    return read.ok() ? "" : FormatError(read.error());
  }
  const TempFolder temp_;
  const fs::path folder_ = temp_.path();
};

const json kIds = {{"a", 0},  {"b", 1},      {"a</w>", 2},           {"b</w>", 3},
                   {"ab", 4}, {"ab</w>", 5}, {"<|startoftext|>", 6}, {"<|endoftext|>", 7}};

TEST_F(VocabularyFolder, ReadsEverySpellingOfAFolder) {
  const auto expect = [&] {
    const auto vocabulary = ReadVocabulary(folder_, kStandard);
    ASSERT_TRUE(vocabulary.ok()) << FormatError(vocabulary.error());
    const ClipTokenizer tokenizer(*vocabulary);
    // What it lacks is its end token, once a byte.
    EXPECT_EQ(tokenizer.Encode("Ab abab xb", kMost), (TokenIds{6, 5, 4, 5, 7, 3, 7}));
  };
  Write("vocab.json", kIds.dump());
  Write("merges.txt", "#version: 0.2\r\na b</w>\r\na b\r\n");
  expect();
  fs::remove(folder_ / "merges.txt");
  Write("tokenizer.json",
        json{{"model", {{"vocab", kIds}, {"merges", {"a b</w>", "a b"}}}}}.dump());
  expect();
  const json pairs = json::array({json::array({"a", "b</w>"}), json::array({"a", "b"})});
  Write("tokenizer.json", json{{"model", {{"vocab", kIds}, {"merges", pairs}}}}.dump());
  expect();
}

TEST_F(VocabularyFolder, WithoutAnyIsTheStandardOne) {
  EXPECT_EQ(ReadVocabulary(folder_, kStandard)->ids.size(), 49408U);
  EXPECT_NE(FormatError(ReadVocabulary(folder_, folder_ / "gone").error()).find("gone"),
            std::string::npos);
}

TEST_F(VocabularyFolder, NamesALinkThatLeadsNowhere) {
  fs::create_symlink("gone", folder_ / "tokenizer.json");
  EXPECT_NE(Refusal().find("tokenizer.json"), std::string::npos) << Refusal();
  fs::create_symlink("gone", folder_ / "vocab.json");
  EXPECT_NE(Refusal().find("tokenizer.json"), std::string::npos) << "one of two: " << Refusal();
  Write("merges.txt", "a b\n");
  EXPECT_NE(Refusal().find("vocab.json"), std::string::npos) << Refusal();
}

TEST_F(VocabularyFolder, SaysWhatIsWrong) {
  Write("merges.txt", "a b\na  b\n");
  Write("vocab.json", kIds.dump());
  EXPECT_NE(Refusal().find("merges.txt:2"), std::string::npos) << Refusal();
  Write("merges.txt", "b a\n");
  EXPECT_NE(Refusal().find("'ba'"), std::string::npos) << Refusal();
  Write("merges.txt", "a b\n");
  Write("vocab.json", R"({"a":-1})");
  EXPECT_NE(Refusal().find("'a' has no number"), std::string::npos) << Refusal();
  Write("vocab.json", "[");
  EXPECT_NE(Refusal().find("not a JSON object"), std::string::npos) << Refusal();
  Write("merges.txt", "");
  Write("vocab.json", "{}");
  EXPECT_NE(Refusal().find(kStartOfText), std::string::npos) << Refusal();
  fs::remove(folder_ / "vocab.json");
  Write("tokenizer.json", R"({"model":{"vocab":{}}})");
  EXPECT_NE(Refusal().find("no merges"), std::string::npos) << Refusal();
}

TEST_F(VocabularyFolder, SurvivesWhatIsNestedOrLongWithoutEnd) {
  const std::string nested = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  Write("tokenizer.json", R"({"model":)" + nested + "}");
  EXPECT_NE(Refusal().find("nested deeper"), std::string::npos);
  EXPECT_NE(Refusal().find("tokenizer.json"), std::string::npos);
  const json wrong = {
      {"model",
       {{"vocab", kIds}, {"merges", json::array({json::array({std::string(1 << 20, 'x')})})}}}};
  Write("tokenizer.json", wrong.dump());
  EXPECT_NE(Refusal().find("no merge: [\"xxx"), std::string::npos);
  EXPECT_LT(Refusal().size(), 300U);
  Write("tokenizer.json", json{{"model", {{"vocab", {{std::string(1 << 20, 'x'), -1}}}}}}.dump());
  EXPECT_LT(Refusal().size(), 300U);
}

TEST(NormalText, ComposesLowersAndJoinsBlanks) {
  EXPECT_EQ(NormalText("  E\u0301TÉ\t\n X"), " été x");
  EXPECT_EQ(NormalText("\u0130"), "i\u0307");
}

}  // namespace
}  // namespace unmask

#include "worker/clip_text/text_side.h"

#include <gtest/gtest.h>

namespace unmask {
namespace {

// A text side of which prompts alone are made: it has no weights.
TextSide SideOf(int positions) {
  static const ClipTokenizer tokenizer(
      ReadStandardVocabulary(fs::path(UNMASK_BINARY_DIR) / kStandardMergesFile).value());
  TextSide side{{}, tokenizer};
  side.parts.config.vocabulary = 49408;
  side.parts.config.positions = positions;
  side.parts.config.end_token = 49407;
  return side;
}

std::string Refusal(const Result<std::vector<Prompt>>& prompts) {
  return prompts.ok() ? "" : FormatError(prompts.error());
}

const std::vector<std::string> kClasses = {"an", "fe", "sa"};

// "a photo of a person who feels anger": eight words, start and end.
TEST(Prompts, AreRefusedWhereClassesAreCutOff) {
  EXPECT_EQ(Refusal(ZeroShotPrompts(SideOf(10), Task::kTer, kClasses)), "");
  const std::string refusal = Refusal(ZeroShotPrompts(SideOf(9), Task::kTer, kClasses));
  EXPECT_NE(refusal.find("classes 'an' and 'fe' have the same prompt"), std::string::npos)
      << refusal;
  EXPECT_NE(refusal.find("max_position_embeddings"), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("within 9 tokens"), std::string::npos) << refusal;
}

TEST(Prompts, AreRefusedWhereLongNamesBeginAlike) {
  const std::vector<std::string> names = {"an emotion of the first kind",
                                          "an emotion of the other"};
  EXPECT_EQ(Refusal(LearntPrompts(SideOf(77), kContextTokens, names)), "");
  EXPECT_NE(Refusal(LearntPrompts(SideOf(16 + 5), kContextTokens, names)).find("the same prompt"),
            std::string::npos);
  EXPECT_EQ(Refusal(LearntPrompts(SideOf(16 + 5), kContextTokens, kClasses)), "");
}

TEST(Prompts, AreRefusedWhereNamesAreOneToTheTokenizer) {
  EXPECT_NE(
      Refusal(ZeroShotPrompts(SideOf(77), Task::kDer, {"Joy", "joy"})).find("'Joy' and 'joy'"),
      std::string::npos);
}

// Features are taken at the first end token, and a small vocabulary writes what it lacks as one.
TEST(Prompts, AreRefusedWhereTheyEndBeforeTheClass) {
  TextSide side = SideOf(77);
  Vocabulary letters;
  letters.ids = {{"a", 0}, {"a</w>", 1}, {kStartOfText, 2}, {kEndOfText, 3}};
  letters.start = 2;
  letters.end = 3;
  side.tokenizer = ClipTokenizer(letters);
  side.parts.config.end_token = 3;
  EXPECT_NE(Refusal(ZeroShotPrompts(side, Task::kTer, {"a", "aa"})).find("the same prompt"),
            std::string::npos);
}

}  // namespace
}  // namespace unmask

#include "common/base/text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace unmask {
namespace {

TEST(Text, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(EscapeControl("plain, ünïcode 表情"), "plain, ünïcode 表情");
  EXPECT_EQ(EscapeControl("a\nb\tc\x1b[31m\x7f"), "a\\nb\\x09c\\x1b[31m\\x7f");
  EXPECT_EQ(EscapeControl("\xc2\x9b"), "\\x9b");       // CSI as a C1 character
  EXPECT_EQ(EscapeControl("\xff\xc3"), "\\xff\\xc3");  // no UTF-8
  EXPECT_EQ(EscapeControl(std::string("a\0b", 3)), "a\\x00b");
}

TEST(Text, WhatReordersTextIsSpelledOut) {
  EXPECT_EQ(VisibleText("a\u202Eb\u2066c\u2069"), "a\\u202Eb\\u2066c\\u2069");
  EXPECT_EQ(VisibleText("\u200Fمرحبا"), "\u200Fمرحبا");  // a mark of the language stays
  EXPECT_EQ(VisibleText("…–"), "…–");                    // their neighbours in UTF-8
  EXPECT_EQ(VisibleText("a\x01\xFF"), "a\\x01\\xff");
}

TEST(Text, KnowsUtf8) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("\xf0\x9f\x98\x80"));
  EXPECT_FALSE(IsUtf8("\xc0\xaf"));          // overlong
  EXPECT_FALSE(IsUtf8("\xed\xa0\x80"));      // surrogate
  EXPECT_FALSE(IsUtf8("\xf4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(IsUtf8("\xe2\x82"));          // cut
}

TEST(Text, WritesTheShortestRealThatReadsBack) {
  EXPECT_EQ(ShortestReal(0.1), "0.1");
  EXPECT_EQ(ShortestReal(1), "1");
  EXPECT_EQ(ShortestReal(-0.0), "0");
  EXPECT_EQ(ShortestReal(0.0005), "0.0005");
  EXPECT_EQ(ShortestReal(1e-300), "1e-300");
  std::mt19937_64 random(20261122);
  for (int i = 0; i < 10'000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    EXPECT_EQ(ParseReal(ShortestReal(value)), value);
  }
}

TEST(Text, ParsesWholeNumbersOnly) {
  EXPECT_EQ(ParseInt("-12"), -12);
  EXPECT_EQ(ParseInt("12 "), std::nullopt);
  EXPECT_EQ(ParseInt(""), std::nullopt);
  EXPECT_EQ(ParseInt("9223372036854775808"), std::nullopt);
  EXPECT_EQ(ParseReal("5e-4"), 5e-4);
  EXPECT_EQ(ParseReal("nan"), std::nullopt);
  EXPECT_EQ(ParseReal("1e999"), std::nullopt);
  EXPECT_EQ(ParseReal("1x"), std::nullopt);
}

TEST(Text, ShowsTheBeginningWithoutCuttingACharacter) {
  EXPECT_EQ(Beginning("abc", 3), "abc");
  EXPECT_EQ(Beginning("abcd", 3), "abc...");
  EXPECT_EQ(Beginning("aé\u20ac", 3), "aé...");
  EXPECT_EQ(Beginning("aé\u20ac", 5), "aé...");
  EXPECT_EQ(Beginning("\x80\x80", 1), "...");
  EXPECT_EQ(Beginning(std::string(1000, 'x')).size(), 83U);
}

TEST(Text, FindsTheNearestNameOrNone) {
  const std::vector<std::string> names = {"train.batch", "train.lr", "loss.alpha"};
  EXPECT_EQ(NearestName("train.bach", names), "train.batch");
  EXPECT_EQ(NearestName("something-else", names), std::nullopt);
  EXPECT_EQ(DidYouMean("los.alpha", names), "did you mean 'loss.alpha'?");
  EXPECT_EQ(DidYouMean("zzzzzzzz", names, "see --help"), "see --help");
  EXPECT_EQ(NearestName("tre", {"der", "ter"}), "ter");
  EXPECT_EQ(NearestName("bar", {"lr", "max"}), std::nullopt);
  EXPECT_EQ(NearestName("c", {"a", "b"}), std::nullopt);
  EXPECT_EQ(NearestName("", {"a"}), std::nullopt);
}

TEST(Text, SplitsTrimsAndJoins) {
  EXPECT_EQ(Split("a,,b", ','), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_EQ(Split("", ','), (std::vector<std::string>{""}));
  EXPECT_EQ(Trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(Trim("  "), "");
  EXPECT_EQ(Join({"a", "b"}, ", "), "a, b");
}

}  // namespace
}  // namespace unmask

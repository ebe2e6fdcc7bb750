#include "common/data/dataset.h"

#include <gmock/gmock.h>

#include <set>

#include "common/base/text.h"

namespace unmask {
namespace {

using testing::ElementsAre;

TEST(DatasetTest, BlobIsTheDocumentedJson) {
  const Dataset dataset{{{"22_an2_ha", "22", "an", "ha", {"1", "12"}}}};
  EXPECT_EQ(DatasetBlob(dataset),
            R"({"clips":[{"action_units":["1","12"],"disguised":"ha","sample":"22_an2_ha",)"
            R"("subject":"22","true":"an"}]})");
}

TEST(DatasetTest, WhatIsNotConsumedLeavesNoTrace) {
  EXPECT_EQ(DatasetBlob({{{"a", "s", "", "x", {}}}}),
            R"({"clips":[{"disguised":"x","sample":"a","subject":"s"}]})");
}

TEST(DatasetTest, AnyNamesSurviveTheBlob) {
  const std::string odd = "é,\"<script>\"\r\n\t\x7f 中";
  const Dataset dataset{{{odd, odd + "s", odd + "t", odd + "d", {"4"}}, {"b", "s", "t", "d", {}}}};
  auto back = ParseDatasetBlob(DatasetBlob(dataset));
  ASSERT_TRUE(back.ok()) << FormatError(back.error());
  ASSERT_EQ(back->clips.size(), 2U);
  EXPECT_EQ(back->clips[0].sample, odd);
  EXPECT_EQ(back->clips[0].subject, odd + "s");
  EXPECT_EQ(back->clips[0].true_label, odd + "t");
  EXPECT_EQ(back->clips[0].disguised_label, odd + "d");
  EXPECT_THAT(back->clips[0].action_units, ElementsAre("4"));
  EXPECT_EQ(DatasetBlob(*back), DatasetBlob(dataset));
}

TEST(DatasetTest, FeaturesKeepTheirBits) {
  Dataset dataset{{{"a", "s", "t", "d", {}}, {"b", "s", "t", "d", {}}}};
  dataset.clips[0].features = {1.0F, -0.0F, 0.1F};
  dataset.clips[1].features = {1e-45F, 3.4028235e38F, -2.5F};
  const std::string blob = DatasetBlob(dataset);
  EXPECT_NE(blob.find(R"("features":"3f800000800000003dcccccd")"), std::string::npos) << blob;
  const auto back = ParseDatasetBlob(blob);
  ASSERT_TRUE(back.ok()) << FormatError(back.error());
  EXPECT_EQ(back->clips[1].features, dataset.clips[1].features);
  EXPECT_EQ(DatasetBlob(*back), blob);
}

TEST(DatasetTest, ForeignBlobsAreErrors) {
  for (const char* blob :
       {"", "{}", "[]", "{\"clips\":3}", "{\"clips\":[3]}", "{\"clips\":[{\"sample\":\"a\"}]}",
        "{\"clips\":[{\"sample\":\"a\",\"subject\":1}]}",
        R"({"clips":[{"sample":"a","subject":"b","action_units":["3"]}]})",
        R"({"clips":[{"sample":"a","subject":"b","features":"3f80"}]})",
        R"({"clips":[{"sample":"a","subject":"b","features":"3f80000g"}]})",
        R"({"clips":[{"sample":"a","subject":"b","features":"7fc00000"}]})",
        R"({"clips":[{"sample":"a","subject":"b","features":3}]})",
        R"({"clips":[{"sample":"a","subject":"b","features":"3f800000"},)"
        R"({"sample":"b","subject":"b"}]})"}) {
    const auto parsed = ParseDatasetBlob(blob);
    ASSERT_FALSE(parsed.ok()) << blob;
    EXPECT_EQ(parsed.error().code, ErrorCode::kData);
  }
}

TEST(DatasetTest, SubjectsAndClassesAreDistinctAndSortedByBytes) {
  const Dataset dataset{
      {{"a", "9", "x", "q", {}}, {"b", "10", "B", "é", {}}, {"c", "9", "b", "z", {}}}};
  EXPECT_THAT(SortedSubjects(dataset), ElementsAre("10", "9"));
  EXPECT_THAT(TrueClasses(dataset), ElementsAre("B", "b", "x"));
  EXPECT_THAT(DisguisedClasses(dataset), ElementsAre("q", "z", "é"));
}

// The order is part of every stored feature and weight: codes may only be appended.
TEST(FacsTest, VocabularyIsFixed) {
  const auto& vocabulary = FacsVocabulary();
  EXPECT_EQ(std::set<std::string>(vocabulary.begin(), vocabulary.end()).size(), vocabulary.size());
  EXPECT_EQ(vocabulary.size(), 75U);
  EXPECT_EQ(Join(vocabulary, " "),
            "1 2 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 "
            "33 34 35 36 37 38 39 40 41 42 43 44 45 46 50 51 52 53 54 55 56 57 58 61 62 63 64 65 "
            "66 69 70 71 72 73 74 80 81 82 84 85 91 92 97 98");
  EXPECT_EQ(FacsIndex("1"), 0);
  EXPECT_EQ(FacsIndex("4"), 2);
  EXPECT_EQ(FacsIndex("28"), 26);
  EXPECT_EQ(FacsIndex("98"), 74);
  for (const char* code : {"", "0", "3", "01", "12L", "47", "99", "1 2", " 1"}) {
    EXPECT_EQ(FacsIndex(code), -1) << code;
  }
}

}  // namespace
}  // namespace unmask

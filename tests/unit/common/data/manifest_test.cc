#include "common/data/manifest.h"

#include <gmock/gmock.h>

#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kHeader = "sample,subject,true,disguised,onset,apex,offset,frames,action_units\n";

Manifest ParseGood(const std::string& text) {
  auto manifest = ParseManifest(text, "m.csv", "/data");
  EXPECT_TRUE(manifest.ok()) << FormatError(manifest.error());
  return manifest.ok() ? *manifest : Manifest{};
}

// "WHERE WHAT: EXPECTED" of every problem.
std::vector<std::string> ProblemsOf(const std::string& text) {
  const auto manifest = ParseManifest(text, "m.csv", "/data");
  std::vector<std::string> problems;
  if (manifest.ok()) return problems;
  EXPECT_EQ(manifest.error().code, ErrorCode::kData);
  for (const Problem& p : manifest.error().problems) {
    problems.push_back(p.where + " " + p.what + ": " + p.expected);
  }
  return problems;
}

TEST(ManifestTest, ReadsEveryColumn) {
  const Manifest manifest =
      ParseGood(kHeader + "22_an2_ha,22,an,ha,1,5,9,22/an2,6 12 25\nb,2,,,,,,,\n");
  ASSERT_EQ(manifest.clips.size(), 2U);
  const ManifestClip& clip = manifest.clips[0];
  EXPECT_EQ(clip.sample, "22_an2_ha");
  EXPECT_EQ(clip.subject, "22");
  EXPECT_EQ(clip.true_label, "an");
  EXPECT_EQ(clip.disguised_label, "ha");
  EXPECT_EQ(clip.onset, 1);
  EXPECT_EQ(clip.apex, 5);
  EXPECT_EQ(clip.offset, 9);
  EXPECT_EQ(clip.frames, "22/an2");
  EXPECT_THAT(clip.action_units, ElementsAre("6", "12", "25"));
  EXPECT_EQ(clip.line, 2);
  EXPECT_EQ(manifest.clips[1].onset, std::nullopt);
  EXPECT_THAT(manifest.clips[1].action_units, IsEmpty());
}

TEST(ManifestTest, ColumnsMayComeInAnyOrderAndWithOthers) {
  const Manifest manifest = ParseGood(
      "note,action_units,frames,offset,apex,onset,disguised,true,subject,sample\n"
      "x,4 4  1,f,3,2,1,ha,an,s,a\n");
  EXPECT_EQ(manifest.clips[0].sample, "a");
  EXPECT_EQ(manifest.clips[0].onset, 1);
  EXPECT_THAT(manifest.clips[0].action_units, ElementsAre("4", "1"));
}

TEST(ManifestTest, NamesAreKeptAsTheyAre) {
  const Manifest manifest =
      ParseGood("\xEF\xBB\xBF" + kHeader + "\" A,\"\"<script>\r\n\", É ,HA,ha ,,,,,\r\n");
  EXPECT_EQ(manifest.clips[0].sample, " A,\"<script>\r\n");
  EXPECT_EQ(manifest.clips[0].subject, " É ");
  EXPECT_EQ(manifest.clips[0].true_label, "HA");
  EXPECT_EQ(manifest.clips[0].disguised_label, "ha ");
}

TEST(ManifestTest, ReportsEveryProblemAtOnceWithLineAndColumn) {
  EXPECT_THAT(
      ProblemsOf(kHeader +                      // 1
                 ",,an,ha,1,2,3,,\n"            // 2: both names empty
                 "a,s,an,ha,x,-1,2.0,,\n"       // 3: three bad frames
                 "b,s,an,ha,5,4,3,,\n"          // 4: twice out of order
                 "c,s,an,ha,5,,3,,\n"           // 5: out of order without an apex
                 "d,s,an,ha,,,,../x,12L 3 1\n"  // 6: outside, two units
                 "e,s,an,ha,,,,/etc,\"1,2\"\n"  // 7: absolute, commas
                 "a,s,an,ha,,,,,\n"             // 8: duplicate of line 3
                 "f,s,an\n"                     // 9: fields
                 "g,s\"s,an,ha,,,,,\n"          // 10: syntax
                 "h,s,an,ha,99999999999999999999,,,,\n"
                 "i,s,an"),
      ElementsAre(
          "m.csv:2:1 empty sample: a name", "m.csv:2:2 empty subject: a name",
          HasSubstr("m.csv:3:11 bad frame number 'x' in column"),
          HasSubstr("m.csv:3:13 bad frame number '-1'"),
          HasSubstr("m.csv:3:16 bad frame number '2.0'"), HasSubstr("m.csv:4:13 onset 5 is after"),
          HasSubstr("m.csv:4:15 apex 4 is after offset 3"),
          HasSubstr("m.csv:5:14 onset 5 is after offset 3"),
          AllOf(HasSubstr("m.csv:6:14 frames '../x'"), HasSubstr("/data")),
          AllOf(HasSubstr("m.csv:6:19 unknown action unit '12L'"), HasSubstr("'12'")),
          HasSubstr("m.csv:6:19 unknown action unit '3'"), HasSubstr("m.csv:7:14 frames '/etc'"),
          AllOf(HasSubstr("m.csv:7:19 unknown action unit '1,2'"), HasSubstr("spaces")),
          AllOf(HasSubstr("m.csv:8:1 clip 'a' is there twice"), HasSubstr("line 3")),
          "m.csv:9:1 3 fields in a row: 9 as in the header", HasSubstr("m.csv:10:4 quote inside"),
          HasSubstr("m.csv:11:11 bad frame"),
          HasSubstr("m.csv:12:1 3 fields in a row: 9 as in the header (is the file cut short?)")));
}

TEST(ManifestTest, TextThatIsNotUtf8HidesNothingOfItsRow) {
  EXPECT_THAT(ProblemsOf(kHeader + "a,s,an,ha,x,,,,99\na,\xff,an,ha,5,4,,,\n"),
              ElementsAre(HasSubstr("m.csv:2:11 bad frame number 'x'"),
                          HasSubstr("m.csv:2:16 unknown action unit '99'"),
                          HasSubstr("m.csv:3:1 clip 'a' is there twice"),
                          HasSubstr("m.csv:3:3 invalid UTF-8"),
                          HasSubstr("m.csv:3:13 onset 5 is after apex 4")));
}

TEST(ManifestTest, HeaderProblemsNameTheNearest) {
  EXPECT_THAT(
      ProblemsOf("sample,subjet,true,disguised,onset,apex,offset,frames,sample\n,,,,,,,,\n"),
      ElementsAre("m.csv:1:1 missing column 'subject': rename column 'subjet'?",
                  HasSubstr("missing column 'action_units': header sample,subject,"),
                  "m.csv:1:55 column 'sample' is there twice: it once",
                  "m.csv:2:1 empty sample: a name"));
}

TEST(ManifestTest, OtherSeparatorsAreNamed) {
  EXPECT_THAT(ProblemsOf("sample;subject;true;disguised;onset\na;s;an;ha;1,5\n"),
              ElementsAre("m.csv:1:1 columns separated by ';': by ','"));
  EXPECT_THAT(ProblemsOf("sample\tsubject\ttrue\tdisguised\na\ts\tan\tha\n"),
              ElementsAre("m.csv:1:1 columns separated by tabs: by ','"));
}

TEST(ManifestTest, NothingInItIsAProblem) {
  EXPECT_THAT(ProblemsOf(""), ElementsAre(HasSubstr("empty file")));
  EXPECT_THAT(ProblemsOf("\n\n"), ElementsAre(HasSubstr("empty file")));
  EXPECT_THAT(ProblemsOf(kHeader), ElementsAre(HasSubstr("no clips")));
}

TEST(ManifestTest, AFileCutAnywhereBeforeItsLastFieldIsAProblem) {
  const std::string whole = kHeader + "a,s,an,ha,1,2,3,f,1\nb,\"s\",an,ha,1,2,3,f,4 12\n";
  const std::size_t last_field = whole.rfind(',') + 1;
  const std::size_t second_row = whole.find("b,");
  for (std::size_t size = 0; size < last_field; ++size) {
    if (size == second_row || size + 1 == second_row) continue;  // one good row
    const std::size_t first_field_end = second_row - 2;          // "...,f," has all its fields
    if (size == first_field_end) continue;
    EXPECT_THAT(ProblemsOf(whole.substr(0, size)), Not(IsEmpty())) << size;
  }
}

TEST(ManifestTest, WhatIsWrittenReadsBack) {
  ManifestClip clip;
  clip.sample = "a,\"\n";
  clip.subject = "é ";
  clip.true_label = "<b>";
  clip.disguised_label = "=1+1";
  clip.onset = 0;
  clip.apex = clip.offset = 7;
  clip.frames = "f/ g";
  clip.action_units = {"12", "4"};
  const std::string text = ManifestCsv({clip});
  EXPECT_EQ(text, kHeader + "\"a,\"\"\n\",é ,<b>,=1+1,0,7,7,f/ g,12 4\n");
  EXPECT_EQ(ManifestCsv(ParseGood(text).clips), text);
}

class ManifestFileTest : public testing::Test {
 protected:
  const TempFolder temp_;
  const fs::path folder_ = temp_.path();
};

TEST_F(ManifestFileTest, FramesLieBeneathTheManifestsFolderOrTheRoot) {
  const fs::path file = folder_ / "in" / "m.csv";
  ASSERT_TRUE(MakeFolders(file.parent_path()).ok());
  fs::create_directory_symlink("/usr", folder_ / "in" / "link");
  ASSERT_TRUE(WriteFileDurably(file, kHeader + "a,s,an,ha,,,,sub/../a,\n").ok());
  EXPECT_TRUE(LoadManifest(file).ok());
  ASSERT_TRUE(WriteFileDurably(file, kHeader + "a,s,an,ha,,,,link/bin,\n").ok());
  EXPECT_FALSE(LoadManifest(file).ok()) << "a link out of the folder";
  EXPECT_TRUE(LoadManifest(file, folder_ / "elsewhere").ok());
}

TEST_F(ManifestFileTest, AMissingFileIsADataErrorThatNamesIt) {
  const auto manifest = LoadManifest(folder_ / "none.csv");
  ASSERT_FALSE(manifest.ok());
  EXPECT_EQ(manifest.error().code, ErrorCode::kData);
  EXPECT_THAT(FormatError(manifest.error()), HasSubstr("none.csv"));
}

}  // namespace
}  // namespace unmask

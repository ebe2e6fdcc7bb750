#include "common/data/mfed_import.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "common/base/text.h"
#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

struct CleanCase {
  const char* before;
  const char* after;
  std::vector<std::string> kinds;
};

TEST(CleanActionUnitsTest, CleansWhatMfedHolds) {
  const std::vector<CleanCase> cases = {
      {"4,16,20", "4 16 20", {}},
      {"", "", {}},
      {"26.1", "26 1", {"separated by a dot"}},
      {"25.26,4,26", "25 26 4", {"separated by a dot", "repeated code"}},
      {"27 25", "27 25", {"separated by a space"}},
      {"1，2，25，26", "1 2 25 26", {"full-width comma"}},
      {"4?,25", "4 25", {"question mark"}},
      {"12.0", "12", {"trailing .0"}},
      {"10.0", "10", {"trailing .0"}},
      {"10.20", "10 20", {"separated by a dot"}},
      {"12L,14R", "12 14", {"laterality"}},
      {"12L ", "12", {"white space around", "laterality"}},
      {"16,,4", "16 4", {"empty token"}},
      {"4,25,", "4 25", {"empty token"}},
      {"5,12R,12", "5 12", {"laterality", "repeated code"}},
      {"9,10 ,21", "9 10 21", {"white space around"}},
      {"4,99,x,3", "4", {"unknown code"}},
      {"4L?", "4", {"question mark", "laterality"}},
  };
  for (const CleanCase& c : cases) {
    const CleanUnits clean = CleanActionUnits(c.before);
    EXPECT_EQ(Join(clean.units, " "), c.after) << c.before;
    EXPECT_EQ(clean.kinds, c.kinds) << c.before;
  }
}

std::string Entry(const std::string& sample, const std::string& more = "") {
  return R"({"Subject":"02","Filename":")" + sample +
         R"(","OnsetFrame":"10","ApexFrame":"12","OffsetFrame":"19","Duration":"10.0",)" +
         R"("Action_Units":"4","reallabel":"an","masklabel":"ha")" + more + "}";
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  UNMASK_CHECK(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string FailureOf(const std::string& json) {
  const auto import = ImportMfed(json, "mfed.json", std::nullopt);
  if (import.ok()) return "no error";
  EXPECT_EQ(import.error().code, ErrorCode::kData);
  return FormatError(import.error());
}

TEST(ImportMfedTest, OrdersEntriesByNumberAndKeepsNames) {
  auto import = ImportMfed(R"({"10":)" + Entry("b") + R"(,"9":)" + Entry("a É") + "}", "mfed.json",
                           std::nullopt);
  ASSERT_TRUE(import.ok()) << FormatError(import.error());
  EXPECT_EQ(ManifestCsv(import->clips),
            "sample,subject,true,disguised,onset,apex,offset,frames,action_units\n"
            "a É,02,an,ha,10,12,19,,4\n"
            "b,02,an,ha,10,12,19,,4\n");
  EXPECT_THAT(import->cleaned, IsEmpty());
  EXPECT_THAT(import->durations, IsEmpty());
}

TEST(ImportMfedTest, BrokenAnnotationsAreDataErrorsThatNameTheEntry) {
  const std::string good = "{\"7\":" + Entry("a") + "}";
  EXPECT_EQ(FailureOf(good), "no error");
  EXPECT_EQ(FailureOf(Replaced(good, "\"12\"", "\"10\"")), "no error");  // at its onset
  EXPECT_EQ(FailureOf(Replaced(good, "\"12\"", "\"19\"")), "no error");  // at its offset
  EXPECT_EQ(FailureOf(Replaced(good, "\"19\"", "\"999999999\"")), "no error");
  EXPECT_THAT(FailureOf(good.substr(0, 100)), AllOf(HasSubstr("broken JSON"), HasSubstr("line 1")));
  EXPECT_THAT(FailureOf("[]"), HasSubstr("not MFED's annotation (mfed.json)"));
  EXPECT_THAT(FailureOf("{}"), HasSubstr("no entries (mfed.json): MFED's"));
  EXPECT_THAT(FailureOf("{\"7\":3}"), HasSubstr("not an object (mfed.json, entry 7)"));
  EXPECT_THAT(FailureOf("{\"x\":" + Entry("a") + "}"), HasSubstr("bad key"));
  EXPECT_THAT(FailureOf(Replaced(good, "\"Subject\"", "\"Sub\"")),
              HasSubstr("field 'Subject' is missing (mfed.json, entry 7)"));
  EXPECT_THAT(FailureOf(Replaced(good, "\"12\"", "12")), HasSubstr("not a string"));
  EXPECT_THAT(FailureOf(Replaced(good, "\"12\"", "\"1x\"")), HasSubstr("bad frame number '1x'"));
  EXPECT_THAT(FailureOf(Replaced(good, "\"12\"", "\"9223372036854775807\"")),
              HasSubstr("a whole number, 0 to 999999999"));
  EXPECT_THAT(FailureOf(Replaced(good, "\"12\"", "\"99\"")), HasSubstr("out of order"));
  EXPECT_THAT(FailureOf(Replaced(good, "\"an\"", "\"\"")), HasSubstr("'reallabel' is no name"));
  EXPECT_THAT(FailureOf(Replaced(good, "\"an\"", "\"\\u0000\"")), HasSubstr("is no name"));
  EXPECT_THAT(FailureOf(Replaced(good, "\"an\"", "\"\xff\"")), HasSubstr("broken JSON"));
  EXPECT_THAT(FailureOf("{\"7\":" + Entry("a") + ",\"8\":" + Entry("a") + "}"),
              HasSubstr("clip 'a' is there twice"));
  EXPECT_THAT(FailureOf("{\"7\":" + Entry("a") + ",\"7\":" + Entry("b") + "}"),
              HasSubstr("key '7' is there twice"));
  EXPECT_LT(FailureOf(Replaced(good, "\"12\"", '"' + std::string(1 << 20, 'x') + '"')).size(),
            300U);
  EXPECT_NE(FailureOf(std::string(1 << 20, '[')), "no error");
  EXPECT_NE(FailureOf("{\"1\":" + std::string(1000, '[') + std::string(1000, ']') + "}"),
            "no error");
}

TEST(ImportMfedTest, EveryProblemIsReportedAtOnce) {
  const std::string failure =
      FailureOf(R"({"1":3,"2":)" + Replaced(Entry("a"), "\"10\"", "\"\"") + R"(,"3":4})");
  EXPECT_THAT(failure, AllOf(HasSubstr("entry 1"), HasSubstr("entry 2"), HasSubstr("entry 3")));
}

TEST(ImportMfedTest, FindsTheFoldersOfFrames) {
  const TempFolder folder;
  const fs::path& root = folder.path();
  ASSERT_TRUE(MakeFolders(root / "02" / "a").ok());
  ASSERT_TRUE(MakeFolders(root / "b").ok());
  const std::string json = "{\"1\":" + Entry("a") + ",\"2\":" + Entry("b") +
                           ",\"3\":" + Entry("c") + ",\"4\":" + Entry("..") + "}";
  auto import = ImportMfed(json, "mfed.json", root);
  ASSERT_TRUE(import.ok()) << FormatError(import.error());
  EXPECT_EQ(import->clips[0].frames, "02/a");
  EXPECT_EQ(import->clips[1].frames, "b");
  EXPECT_EQ(import->clips[2].frames, "");
  EXPECT_THAT(import->missing_frames, testing::Contains("c"));
}

// The real annotation; its README says what is in it.
class RealMfedTest : public testing::Test {
 protected:
  void SetUp() override {
    const fs::path file =
        fs::path(UNMASK_SOURCE_DIR) / "../shared/reference/mfed/MEIP_Micro_FACS_Codes.json";
    if (!fs::exists(file)) GTEST_SKIP() << "the real annotation is not here: " << file;
    auto bytes = ReadFile(file);
    ASSERT_TRUE(bytes.ok());
    auto import = ImportMfed(*bytes, "mfed.json", std::nullopt);
    ASSERT_TRUE(import.ok()) << FormatError(import.error());
    import_ = *std::move(import);
  }

  MfedImport import_;
};

TEST_F(RealMfedTest, HasTheClipsThatItsReadmeCounts) {
  std::set<std::string> subjects;
  std::map<std::string, int> masked_by_subject, true_labels, shown_labels;
  for (const ManifestClip& clip : import_.clips) {
    subjects.insert(clip.subject);
    if (!IsMasked(clip)) continue;
    ++masked_by_subject[clip.subject];
    ++true_labels[clip.true_label];
    ++shown_labels[clip.disguised_label];
  }
  EXPECT_EQ(import_.clips.size(), 778U);
  EXPECT_EQ(subjects.size(), 22U);
  EXPECT_EQ(*subjects.begin(), "02");
  EXPECT_EQ(true_labels,
            (std::map<std::string, int>{
                {"an", 110}, {"ha", 110}, {"sa", 110}, {"su", 110}, {"di", 107}, {"fe", 101}}));
  EXPECT_EQ(shown_labels,
            (std::map<std::string, int>{
                {"fe", 110}, {"sa", 109}, {"di", 108}, {"an", 107}, {"ha", 107}, {"su", 107}}));
  EXPECT_EQ(masked_by_subject["04"], 26);
  EXPECT_EQ(masked_by_subject["22"], 26);
  EXPECT_EQ(masked_by_subject["23"], 28);
}

TEST_F(RealMfedTest, ReportsEveryOddEntry) {
  const std::set<std::string> odd_tokens = {"trailing .0",   "separated by a dot",
                                            "empty token",   "separated by a space",
                                            "question mark", "full-width comma"};
  int odd = 0, laterality = 0;
  for (const CleanedEntry& c : import_.cleaned) {
    odd += std::any_of(c.kinds.begin(), c.kinds.end(),
                       [&](const auto& kind) { return odd_tokens.contains(kind); });
    laterality += std::count(c.kinds.begin(), c.kinds.end(), "laterality");
    EXPECT_EQ(std::count(c.kinds.begin(), c.kinds.end(), "unknown code"), 0) << c.sample;
  }
  EXPECT_EQ(odd, 45);
  EXPECT_EQ(laterality, 23);
  EXPECT_EQ(import_.cleaned.size(), 71U);  // with 2 more with spaces around, 1 only repeated
  ASSERT_EQ(import_.durations.size(), 2U);
  EXPECT_EQ(import_.durations[0].sample, "20_di2_an");
  EXPECT_EQ(import_.durations[0].expected, 480);
  EXPECT_EQ(import_.durations[1].sample, "20_fe1_sa");
}

TEST_F(RealMfedTest, MakesAManifestWithoutProblems) {
  const std::string csv = ManifestCsv(import_.clips);
  auto manifest = ParseManifest(csv, "m.csv", "/data");
  ASSERT_TRUE(manifest.ok()) << FormatError(manifest.error());
  EXPECT_EQ(ManifestCsv(manifest->clips), csv);
  auto dataset = SelectClips(*manifest, {.min_subjects = 3});
  ASSERT_TRUE(dataset.ok());
  EXPECT_EQ(dataset->clips.size(), 648U);
}

}  // namespace
}  // namespace unmask

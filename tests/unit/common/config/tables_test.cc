#include "common/config/tables.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace unmask {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kStudy = R"(grid: {shape: lines, alpha: [0.1, 0.5], beta: [1]}
experiments:
  dsid: {}
  plain: {grid: false, loss.alpha: 0}
tables:
)";

Json Tables(const std::string& tables, const std::vector<std::string>& overrides = {}) {
  const auto study = ParseStudy(std::string(kStudy) + tables, "s.yaml", overrides);
  if (!study.ok()) {
    ADD_FAILURE() << FormatError(study.error());
    return {};
  }
  return Json::parse(study->tables_json);
}

std::string ErrorOf(const std::string& tables) {
  const auto study = ParseStudy(std::string(kStudy) + tables, "s.yaml", {});
  return study.ok() ? "" : FormatError(study.error());
}

TEST(TablesTest, RowsWithExperimentsPointsAndPublishedValues) {
  const Json tables = Tables(R"(
  II:
    title: Ablation
    published_label: paper
    rows:
      - label: plain
        experiment: plain
        published: {ter: [0.37, 0.36], der: {accuracy: 0.5}}
      - {label: DSID, experiment: dsid, point: {alpha: 0.1}}
)");
  EXPECT_EQ(tables, Json::parse(R"({"II":{"title":"Ablation","published_label":"paper",
    "tasks":["ter","der"],"columns":[{"label":""}],"rows":[
      {"label":"plain","cells":[{
        "ter":{"experiment":"plain","point":{}},"der":{"experiment":"plain","point":{}},
        "published":{"ter":{"accuracy":0.37,"macro_f1":0.36},"der":{"accuracy":0.5}}}]},
      {"label":"DSID","cells":[{
        "ter":{"experiment":"dsid","point":{"loss.alpha":0.1,"loss.beta":1}},
        "der":{"experiment":"dsid","point":{"loss.alpha":0.1,"loss.beta":1}},
        "published":{}}]}]}})"));
}

TEST(TablesTest, AReferenceIsTheLabelOfARow) {
  const Json tables = Tables(R"(
  II: {reference: plain, rows: [dsid, plain]}
  III: {reference: 0.50, experiment: dsid, rows: {key: alpha}}
  IV: {rows: [dsid, plain]}
)");
  EXPECT_EQ(tables["II"]["reference"], "plain");
  EXPECT_EQ(tables["III"]["reference"], "0.5");
  EXPECT_FALSE(tables["IV"].contains("reference"));
}

TEST(TablesTest, AReferenceThatIsNoRowOrSeveral) {
  EXPECT_THAT(ErrorOf("  II: {reference: plane, rows: [dsid, plain]}\n"),
              HasSubstr("tables.II.reference names no row: 'plane' (s.yaml:6): did you mean "
                        "'plain'?"));
  EXPECT_THAT(ErrorOf("  II: {reference: plain, rows: [plain, plain]}\n"),
              HasSubstr("tables.II.reference names several rows: 'plain' (s.yaml:6)"));
  EXPECT_THAT(ErrorOf("  II: {reference: x, rows: [{ter: {experiment: plain}}]}\n"),
              Not(HasSubstr("did you mean")));
  EXPECT_THAT(ErrorOf("  II: {reference: [plain], rows: [plain]}\n"),
              HasSubstr("wrong type for 'tables.II.reference'"));
}

TEST(TablesTest, TasksMayComeFromDifferentExperiments) {
  const Json cell = Tables(R"(
  T: {rows: [{label: both, ter: {experiment: plain}, published: {ter: [0.5]}}]}
)")["T"]["rows"][0]["cells"][0];
  EXPECT_EQ(cell["ter"]["experiment"], "plain");
  EXPECT_TRUE(cell["der"].is_null());
}

TEST(TablesTest, APointWithoutAnExperimentIsOfTheOnlyOne) {
  const auto study = ParseStudy(R"(grid: {alpha: [0, 1]}
experiments: {d: {}}
tables: {I: {rows: {key: alpha}}, II: {rows: [{label: theirs, published: {ter: [0.5]}}]}}
)",
                                "s.yaml", {});
  ASSERT_TRUE(study.ok()) << FormatError(study.error());
  const Json tables = Json::parse(study->tables_json);
  EXPECT_EQ(tables["I"]["rows"][1]["cells"][0]["der"],
            Json::parse(R"({"experiment":"d","point":{"loss.alpha":1}})"));
  EXPECT_TRUE(tables["II"]["rows"][0]["cells"][0]["ter"].is_null()) << "only published";
}

TEST(TablesTest, ATableMayHaveOneTask) {
  const Json table = Tables("  T: {tasks: ter, rows: [dsid]}")["T"];
  EXPECT_EQ(table["tasks"], Json::parse(R"(["ter"])"));
  EXPECT_EQ(table["rows"][0]["label"], "dsid");
  EXPECT_FALSE(table["rows"][0]["cells"][0].contains("der"));
}

TEST(TablesTest, RowsAndColumnsByValues) {
  const Json table = Tables(R"(
  T:
    experiment: dsid
    rows: {key: alpha, values: [0.1, 0.5]}
    columns: {key: loss.beta, values: [1, 2]}
)")["T"];
  ASSERT_EQ(table["rows"].size(), 2U);
  EXPECT_EQ(table["columns"], Json::parse(R"([{"label":"1"},{"label":"2"}])"));
  EXPECT_EQ(table["rows"][1]["label"], "0.5");
  EXPECT_EQ(table["rows"][1]["cells"][1]["der"]["point"],
            Json::parse(R"({"loss.alpha":0.5,"loss.beta":2})"));
}

TEST(TablesTest, RowsFollowTheGridBeyondWhatIsPublished) {
  const std::string text = R"(
  T:
    experiment: dsid
    rows: {key: alpha, published: {0.5: {ter: [0.4, 0.3]}, 1.0: {ter: [0.2, 0.1]}}}
)";
  const Json rows = Tables(text, {"grid.alpha=0.5,50"})["T"]["rows"];
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0]["label"], "0.5");
  EXPECT_EQ(rows[0]["cells"][0]["published"]["ter"]["accuracy"], 0.4);
  EXPECT_EQ(rows[1]["label"], "1");  // not in the grid: a dash later
  EXPECT_EQ(rows[2]["label"], "50");
  EXPECT_EQ(rows[2]["cells"][0]["published"], Json::object());
}

TEST(TablesTest, AStatedPointStaysWhereAnOverrideMovesTheStudy) {
  const std::string text =
      "  T: {experiment: dsid, rows: [{label: a, point: {beta: 1}}, {label: b}]}";
  const Json rows = Tables(text, {"loss.beta=3"})["T"]["rows"];
  EXPECT_EQ(rows[0]["cells"][0]["ter"]["point"]["loss.beta"], 1);
  EXPECT_EQ(rows[1]["cells"][0]["ter"]["point"]["loss.beta"], 3);
}

TEST(TablesTest, APointWithoutItsGridMatchesOnlyTheExperimentsOwnValues) {
  const Json rows = Tables(R"(
  T:
    experiment: plain
    rows: [{label: own, point: {alpha: 0, beta: 1}}, {label: other, point: {alpha: 0.1}}]
)")["T"]["rows"];
  EXPECT_EQ(rows[0]["cells"][0]["ter"]["point"], Json::object());
  EXPECT_EQ(rows[1]["cells"][0]["ter"]["point"], Json::parse(R"({"loss.alpha":0.1})"));
}

TEST(TablesTest, AnExperimentThatIsNotTheStudysIsADashAndANote) {
  const auto study = ParseStudy(
      std::string(kStudy) + "  T: {rows: [dsid, dsit, {label: x, der: {experiment: dsit}}]}",
      "s.yaml", {});
  ASSERT_TRUE(study.ok()) << FormatError(study.error());
  EXPECT_THAT(study->notes, testing::ElementsAre("tables.T shows a dash for 'dsit', which is no "
                                                 "experiment: did you mean 'dsid'?"));
  const Json rows = Json::parse(study->tables_json)["T"]["rows"];
  EXPECT_EQ(rows[1]["label"], "dsit");
  EXPECT_TRUE(rows[1]["cells"][0]["ter"].is_null());
}

TEST(TablesTest, OfManyUnknownExperimentsTheFirstAreNamed) {
  std::string rows;
  for (char name = 'a'; name < 'a' + 12; ++name) rows += fmt::format(", unknown-{}", name);
  const auto study =
      ParseStudy(std::string(kStudy) + "  T: {rows: [dsid" + rows + "]}", "s.yaml", {});
  ASSERT_TRUE(study.ok()) << FormatError(study.error());
  ASSERT_EQ(study->notes.size(), 11U);
  EXPECT_THAT(study->notes[9], testing::StartsWith("tables.T shows a dash for 'unknown-j', which"));
  EXPECT_EQ(study->notes[10], "tables.T shows a dash for 2 more that are no experiments");
}

TEST(TablesTest, TablesKeepTheOrderOfTheFile) {
  const Json tables = Tables("  Z: {rows: [dsid]}\n  A: {rows: [dsid]}\n");
  EXPECT_EQ(tables.begin().key(), "Z");
}

TEST(TablesErrorTest, EveryWrongTableHasItsLine) {
  const std::vector<std::pair<const char*, const char*>> all{
      {"  T: 5", "wrong type for 'tables.T' (s.yaml:6): a map with rows"},
      {"  T: {}", "tables.T has no rows (s.yaml:6): at least one row"},
      {"  T: {rows: [dsid], titel: x}",
       "unknown key 'titel' in tables.T (s.yaml:6): did you mean 'title'?"},
      {"  T: {rows: [{point: {alhpa: 1}}]}",
       "unknown key 'alhpa' in a point of tables.T (s.yaml:6): did you mean 'loss.alpha'?"},
      {"  T: {rows: [{experiment: dsid, point: {alpha: x}}]}",
       "wrong type for 'alpha': 'x' (s.yaml:6): a finite number of at least 0"},
      {"  T: {rows: [{experiment: dsid, lable: x}]}",
       "unknown key 'lable' in tables.T (s.yaml:6): did you mean 'label'?"},
      {"  T: {rows: [{experiment: dsid, published: {ter: [2, 0.1]}}]}",
       "impossible value for 'tables.T.published': '2' (s.yaml:6): a number from 0 to 1"},
      {"  T: {rows: [{experiment: dsid, published: {tre: [0.2]}}]}",
       "unknown key 'tre' in tables.T (s.yaml:6): did you mean 'ter'?"},
      {"  T: {rows: [dsid], columns: [{label: c, published: {ter: [0.2]}}]}",
       "unknown key 'published' in tables.T"},
      {"  T: {tasks: [tor], rows: [dsid]}",
       "impossible value for 'tables.T.tasks': 'tor' (s.yaml:6): one of ter, der; did you mean "
       "'ter'?"},
      {"  T: {rows: {key: alhpa, values: [1]}}",
       "unknown key 'alhpa' in tables.T (s.yaml:6): did you mean 'loss.alpha'?"},
      {"  T: {rows: 5}",
       "wrong type for 'tables.T.rows' (s.yaml:6): a list, or a map with key and values"},
  };
  for (const auto& [text, error] : all) {
    EXPECT_THAT(ErrorOf(text), HasSubstr(std::string("unmask: error: ") + error)) << text;
  }
}

TEST(TablesErrorTest, APointOfNoneOfSeveralExperiments) {
  const char* error =
      "unmask: error: row '0.1' of tables.T has a point but no experiment (s.yaml:6): "
      "experiment: one of dsid, plain";
  EXPECT_EQ(ErrorOf("  T: {rows: {key: alpha}}"), error);
  EXPECT_EQ(ErrorOf("  T: {rows: {key: alpha}, columns: [{ter: {experiment: dsid}}]}"), error);
  EXPECT_EQ(ErrorOf("  T: {rows: {key: alpha}, columns: [dsid, plain]}"), "");
}

TEST(TablesErrorTest, TablesMayNotExplode) {
  std::string list = "[dsid";
  for (int i = 0; i < 999; ++i) list += ",dsid";
  list += "]";
  EXPECT_THAT(ErrorOf("  T: {rows: " + list + ", columns: " + list + "}"),
              HasSubstr("the tables have too many cells (s.yaml:6): at most 100000"));
}

}  // namespace
}  // namespace unmask

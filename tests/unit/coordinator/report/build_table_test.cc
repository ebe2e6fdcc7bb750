#include "coordinator/report/build_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/report/sample_results.h"

namespace unmask {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Ids(const std::vector<Table>& tables) {
  std::vector<std::string> ids;
  for (const Table& table : tables) ids.push_back(table.id);
  return ids;
}

TEST(BuildTables, ReadsTheStudysTablesInTheirOrder) {
  const auto tables = PaperLikeResults().Build();
  ASSERT_THAT(Ids(tables), ElementsAre("II", "seeds"));
  EXPECT_THAT(tables[0].tasks, ElementsAre(Task::kTer, Task::kDer));
  EXPECT_EQ(tables[0].rows.size(), 4U);
  EXPECT_THAT(tables[1].columns, ElementsAre("honest", "leaky"));
}

TEST(BuildTables, PointsAreComparedByValue) {
  // Stored with loss.beta 1, asked for with 1.0, and in another order of keys.
  const auto tables = PaperLikeResults().Build("II");
  EXPECT_EQ(tables[0].rows[1].cells[0][0].seeds.size(), 1U);
  EXPECT_EQ(tables[0].rows[2].cells[0][0].seeds.size(), 1U);
  EXPECT_EQ(tables[0].rows[3].cells[0][0].seeds.size(), 0U);  // alpha 9 was not run
}

TEST(BuildTables, WithoutTablesEveryExperimentAndPointIsARow) {
  SampleResults sample;
  sample.At("z", R"({"loss.alpha":10,"train.lr":0.001})").Done(Task::kTer, 1, 2, 0.5);
  sample.At("z", R"({"loss.alpha":2.5,"train.lr":0.001})").Done(Task::kTer, 1, 2, 0.5);
  sample.At("a").Done(Task::kDer, 1, 2, 0.5);
  const auto tables = sample.Build();
  ASSERT_THAT(Ids(tables), ElementsAre("cells"));
  std::vector<std::string> labels;
  for (const TableRow& row : tables[0].rows) labels.push_back(row.label);
  EXPECT_THAT(labels, ElementsAre("a", "z alpha=2.5 train.lr=0.001", "z alpha=10 train.lr=0.001"));
  EXPECT_THAT(tables[0].tasks, ElementsAre(Task::kTer, Task::kDer));
  EXPECT_TRUE(tables[0].rows[0].cells[0][0].seeds.empty());  // "a" learns der alone
}

TEST(BuildTables, CellsIsAlwaysThere) {
  EXPECT_THAT(Ids(PaperLikeResults().Build("cells")), ElementsAre("cells"));
}

TEST(BuildTables, AnUnknownTableNamesTheNearest) {
  const auto tables = BuildTables(PaperLikeResults().results(), "seedz");
  ASSERT_FALSE(tables.ok());
  EXPECT_EQ(tables.error().code, ErrorCode::kUsage);
  EXPECT_THAT(FormatError(tables.error()), HasSubstr("did you mean 'seeds'?"));
}

TEST(BuildTables, AnUnknownTableNamesEachOnce) {
  for (const char* json : {"{}", R"({"cells":{"tasks":["ter"],"columns":[],"rows":[]}})"}) {
    SampleResults sample;
    const auto tables = BuildTables(sample.Tables(json).results(), "something-else");
    ASSERT_FALSE(tables.ok()) << json;
    EXPECT_TRUE(FormatError(tables.error()).ends_with(": one of cells")) << json;
  }
}

TEST(BuildTables, BrokenStoredTablesAreADataError) {
  for (const char* json : {"{", "[1]", R"({"T":{}})", R"({"T":{"tasks":["ter"],"columns":[{}],
       "rows":[{"label":"x","cells":[]}]}})"}) {
    SampleResults sample;
    sample.Tables(json);
    const auto tables = BuildTables(sample.results());
    ASSERT_FALSE(tables.ok()) << json;
    EXPECT_EQ(tables.error().code, ErrorCode::kData);
  }
}

TEST(BuildTables, AStudyWithoutResultsHasTablesOfDashes) {
  SampleResults sample;
  EXPECT_THAT(Ids(sample.Build()), ElementsAre("cells"));
  EXPECT_TRUE(sample.Build()[0].rows.empty());
}

TEST(Summarise, SeedsComeInOrderWithTheirJobs) {
  const auto tables = PaperLikeResults().Build("seeds");
  const TableCell& cell = tables[0].rows[0].cells[1][0];
  ASSERT_EQ(cell.seeds.size(), 2U);
  EXPECT_EQ(cell.seeds[0].seed, 0);
  EXPECT_THAT(cell.seeds[1].job_keys, ElementsAre("cheat/1/s0", "cheat/1/s1", "cheat/1/s2"));
  EXPECT_EQ(cell.features, "action-units");
  EXPECT_TRUE(cell.leaky);
}

}  // namespace
}  // namespace unmask

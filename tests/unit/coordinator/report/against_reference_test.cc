#include "coordinator/report/against_reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/report/sheet.h"
#include "tests/unit/coordinator/report/sample_results.h"

namespace unmask {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

// base 66/132; better: two more right answers of every one of 22 subjects; even: as many;
// short: some folds are missing; twin: base's own jobs.
SampleResults Compared() {
  SampleResults sample;
  sample.At("base").Done(Task::kTer, 66, 132, 0.5, 0, 22);
  sample.At("better").Done(Task::kTer, 110, 132, 0.5, 0, 22);
  sample.At("even").Done(Task::kTer, 66, 132, 0.5, 0, 22);
  sample.At("short").Incomplete(Task::kTer, 20, 0, 22);
  sample.At("other").Done(Task::kTer, 33, 66, 0.5, 0, 11);
  return sample;
}

Table BuildWith(const SampleResults& sample, const std::string& reference) {
  std::string rows;
  for (const char* name : {"better", "base", "even", "short", "other", "base", "absent"}) {
    rows += std::string(rows.empty() ? "" : ",") + R"({"label":")" + name +
            R"(","cells":[{"ter":{"experiment":")" + name + R"(","point":{}}}]})";
  }
  SampleResults with = sample;
  with.Tables(R"({"T":{"tasks":["ter"],"columns":[{"label":""}],)" + reference + R"("rows":[)" +
              rows + "]}}");
  return with.Build().front();
}

const TableCell& CellOf(const Table& table, std::size_t row) { return table.rows[row].cells[0][0]; }

TEST(AgainstReference, TestsTheOtherRows) {
  const Table table = BuildWith(Compared(), R"("reference":"base",)");
  ASSERT_EQ(table.reference, 1U);
  const TableCell& better = CellOf(table, 0);
  ASSERT_TRUE(better.against.has_value());
  EXPECT_DOUBLE_EQ(better.against->difference, 44.0 / 132);
  EXPECT_EQ(better.against->subjects, 22U);
  EXPECT_DOUBLE_EQ(better.against->p->p, 2.0 / (1 << 22));  // all 22 differences have one sign
  EXPECT_DOUBLE_EQ(better.against->p_holm, 2 * 2.0 / (1 << 22));  // of two tests
  EXPECT_TRUE(better.against->significant());
  const TableCell& even = CellOf(table, 2);
  EXPECT_EQ(even.against->p->p, 1);
  EXPECT_FALSE(even.against->significant());
}

TEST(AgainstReference, EachColumnAndTaskHasAReferenceOfItsOwn) {
  SampleResults sample;
  sample.At("base").Done(Task::kTer, 50, 100, 0.5).Done(Task::kDer, 40, 100, 0.5);
  sample.At("wide").Done(Task::kTer, 70, 100, 0.5).Done(Task::kDer, 10, 100, 0.5);
  sample.At("row").Done(Task::kTer, 80, 100, 0.5).Done(Task::kDer, 90, 100, 0.5);
  const auto cell = [](const std::string& name) {
    const std::string use = R"({"experiment":")" + name + R"(","point":{}})";
    return R"({"ter":)" + use + R"(,"der":)" + use + "}";
  };
  sample.Tables(R"({"T":{"tasks":["ter","der"],"columns":[{"label":"1"},{"label":"2"}],
    "reference":"base","rows":[{"label":"base","cells":[)" +
                cell("base") + "," + cell("wide") + R"(]},{"label":"row","cells":[)" + cell("row") +
                "," + cell("row") + "]}]}}");
  const Table table = sample.Build().front();
  const auto difference = [&](std::size_t column, std::size_t task) {
    return table.rows[1].cells[column][task].against->difference;
  };
  EXPECT_DOUBLE_EQ(difference(0, 0), 0.3);
  EXPECT_DOUBLE_EQ(difference(0, 1), 0.5);
  EXPECT_DOUBLE_EQ(difference(1, 0), 0.1);
  EXPECT_DOUBLE_EQ(difference(1, 1), 0.8);
  EXPECT_EQ(table.tests, 4U);
}

// Two rows of a table may show one cell: Holm would count its test twice.
TEST(AgainstReference, WhatIsShownTwiceIsOneTest) {
  SampleResults sample = Compared();
  sample.Tables(R"({"T":{"tasks":["ter"],"columns":[{"label":""}],"reference":"base","rows":[
    {"label":"base","cells":[{"ter":{"experiment":"base","point":{}}}]},
    {"label":"better","cells":[{"ter":{"experiment":"better","point":{}}}]},
    {"label":"even","cells":[{"ter":{"experiment":"even","point":{}}}]},
    {"label":"better again","cells":[{"ter":{"experiment":"better","point":{}}}]}]}})");
  const Table table = sample.Build().front();
  EXPECT_EQ(table.tests, 2U);
  for (const std::size_t row : {1, 3}) {
    EXPECT_DOUBLE_EQ(CellOf(table, row).against->p_holm, 2 * 2.0 / (1 << 22));
  }
  EXPECT_THAT(LayOut(table).notes, Contains(HasSubstr("over the 2 tests of this table")));
}

TEST(AgainstReference, WhatIsToComeIsCountedLikewise) {
  SampleResults sample = Compared();
  sample.Tables(R"({"T":{"tasks":["ter"],"columns":[{"label":""}],"reference":"short","rows":[
    {"label":"short","cells":[{"ter":{"experiment":"short","point":{}}}]},
    {"label":"base","cells":[{"ter":{"experiment":"base","point":{}}}]},
    {"label":"base again","cells":[{"ter":{"experiment":"base","point":{}}}]},
    {"label":"itself","cells":[{"ter":{"experiment":"short","point":{}}}]}]}})");
  EXPECT_EQ(sample.Build().front().unfinished_tests, 1U);
}

TEST(AgainstReference, WhatCannotBeComparedIsNotTested) {
  const Table table = BuildWith(Compared(), R"("reference":"base",)");
  EXPECT_FALSE(CellOf(table, 1).against.has_value());
  EXPECT_TRUE(CellOf(table, 1).is_reference);
  EXPECT_FALSE(CellOf(table, 3).against.has_value());  // folds are missing
  EXPECT_EQ(CellOf(table, 3).not_comparable, "");
  EXPECT_FALSE(CellOf(table, 4).against.has_value());
  EXPECT_EQ(CellOf(table, 4).not_comparable, "other held-out subjects");
  ASSERT_TRUE(CellOf(table, 5).against.has_value());  // the same jobs
  EXPECT_FALSE(CellOf(table, 5).against->p.has_value());
  EXPECT_FALSE(CellOf(table, 6).against.has_value());
}

// `run --experiment` without it: "…" would promise what does not come.
TEST(AgainstReference, AReferenceThatIsNotPartOfTheRunShowsNothing) {
  const Table table = BuildWith(Compared(), R"("reference":"absent",)");
  EXPECT_EQ(LayOut(table).sections[0].lines[0].cells[5].text, kAbsent);
  EXPECT_EQ(LayOut(table).sections[0].lines[3].cells[5].text, kAbsent);  // folds are missing
}

TEST(AgainstReference, TheSheetSaysWhatWasTested) {
  const Sheet sheet = LayOut(BuildWith(Compared(), R"("reference":"base",)"));
  std::vector<std::string> headings;
  for (const SheetColumn& column : sheet.columns) headings.push_back(column.heading);
  EXPECT_THAT(headings, Contains("vs base"));
  const auto& better = sheet.sections[0].lines[0].cells;
  EXPECT_EQ(better[5].text, "+0.3333");
  EXPECT_TRUE(better[5].significant);
  EXPECT_EQ(better[6].text, "1e-06");
  EXPECT_EQ(sheet.sections[0].lines[2].cells[5].text, "0.0000");
  EXPECT_FALSE(sheet.sections[0].lines[2].cells[5].significant);
  EXPECT_EQ(sheet.sections[0].lines[3].cells[5].text, kIncomplete);
  EXPECT_EQ(sheet.sections[0].lines[4].cells[5].text, "not comparable");
  EXPECT_EQ(sheet.sections[0].lines[5].cells[6].text, "same jobs");
  EXPECT_THAT(sheet.notes, Contains(HasSubstr("of 22 held-out subjects (exact), Holm-adjusted over "
                                              "the 2 tests of this table so far (1 more to come, "
                                              "with which p may rise)")));
  EXPECT_THAT(sheet.notes, Contains(HasSubstr("share most of their training clips")));
  EXPECT_THAT(sheet.notes, Contains(HasSubstr("Not comparable: other held-out subjects.")));
}

TEST(AgainstReference, OneDrawnTestIsSaid) {
  Table table = BuildWith(Compared(), R"("reference":"base",)");
  EXPECT_THAT(NotesOf(table), Not(Contains(HasSubstr("random draws"))));
  table.rows[0].cells[0][0].against->p->method = PValueMethod::kMonteCarlo;
  EXPECT_THAT(NotesOf(table), Contains(HasSubstr("some from 100,000 random draws")));
}

TEST(AgainstReference, TablesStoredWithoutOneSayNothingOfIt) {
  const Table table = BuildWith(Compared(), "");
  EXPECT_FALSE(table.reference.has_value());
  const Sheet sheet = LayOut(table);
  EXPECT_EQ(sheet.columns.size(), 5U);
  EXPECT_THAT(sheet.notes, Not(Contains(HasSubstr("sign-flip"))));
}

TEST(AgainstReference, ALeakyDifferenceIsMarkedAndExplained) {
  SampleResults sample = Compared();
  sample.At("absent").Leaky().Done(Task::kTer, 130, 132, 0.5, 0, 22);
  const Sheet sheet = LayOut(BuildWith(sample, R"("reference":"base",)"));
  EXPECT_TRUE(sheet.sections[0].lines[6].cells[5].leaky);
  EXPECT_THAT(sheet.notes, Contains(HasSubstr("measures the leak as well")));
}

}  // namespace
}  // namespace unmask

#include "coordinator/report/sheet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/report/sample_results.h"

namespace unmask {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// The texts of the first line of table "T", LEAKY marks included.
std::vector<std::string> FirstLine(const SampleResults& sample) {
  const std::vector<Table> tables = sample.Build("T");
  if (tables.empty()) return {};
  const Sheet sheet = LayOut(tables.front());
  std::vector<std::string> texts;
  for (const SheetCell& cell : sheet.sections.front().lines.front().cells) {
    texts.push_back(cell.leaky ? cell.text + " LEAKY" : cell.text);
  }
  return texts;
}

std::vector<std::string> Notes(const SampleResults& sample) {
  return NotesOf(sample.Build("T").front());
}

TEST(FormatFigure, FourDecimalsWithoutANegativeZero) {
  EXPECT_EQ(FormatFigure(254.0 / 648), "0.3920");
  EXPECT_EQ(FormatFigure(0.99996), "1.0000");
  EXPECT_EQ(FormatFigure(-0.00001), "0.0000");
}

TEST(FormatDifference, HasTheSignOfOursMinusPublished) {
  EXPECT_EQ(FormatDifference(254.0 / 648, 0.3920), "0.0000");  // 0.391975...
  EXPECT_EQ(FormatDifference(0.40004, 0.3900), "+0.0100");
  EXPECT_EQ(FormatDifference(0.38006, 0.3900), "-0.0099");
  EXPECT_EQ(FormatDifference(0.39206, 0.3920), "+0.0001");
}

TEST(FormatP, SmallOnesKeepADigit) {
  EXPECT_EQ(FormatP(1), "1.0000");
  EXPECT_EQ(FormatP(0.04996), "0.0500");
  EXPECT_EQ(FormatP(0.00005), "0.0001");
  EXPECT_EQ(FormatP(0.000049), "5e-05");
  EXPECT_EQ(FormatP(0), "0.0000");
}

TEST(LayOut, ACompleteCellSaysWhatItStandsOn) {
  SampleResults sample;
  sample.At("e").Done(Task::kTer, 254, 648, 0.37066, 0, 22).Tables(OneRowTable("row"));
  // Wilson's interval of 254/648, worked out by hand: about [.355, .430].
  EXPECT_THAT(FirstLine(sample),
              ElementsAre("0.3920", "0.3551–0.4301", "254/648", "0.3707", "22/22"));
  EXPECT_THAT(Notes(sample), Contains(HasSubstr("648 clips, 22 leave-one-subject-out folds, "
                                                "validation inner-subject, seed 0")));
}

TEST(LayOut, ValidationsAreJoinedAsInASentence) {
  SampleResults sample;
  sample.At("e").Done(Task::kTer, 254, 648, 0.37066).Tables(OneRowTable("row"));
  Table table = sample.Build("T").front();
  for (const char* validation : {"leaky", "none"}) {
    table.rows.push_back(table.rows.front());
    for (auto& cells : table.rows.back().cells) {
      for (TableCell& cell : cells) cell.validation = validation;
    }
  }
  EXPECT_THAT(NotesOf(table), Contains(HasSubstr("validation inner-subject, leaky and none")));
}

TEST(LayOut, PublishedValuesAndSignedDifferences) {
  SampleResults sample;
  sample.At("e")
      .Done(Task::kTer, 324, 648, 0.3)
      .Tables(OneRowTable("paper", R"({"ter":{"accuracy":0.39,"macro_f1":0.31}})"));
  const auto line = FirstLine(sample);
  EXPECT_THAT(std::vector(line.begin() + 5, line.end()),
              ElementsAre("0.3900", "0.3100", "+0.1100", "-0.0100"));
  EXPECT_THAT(Notes(sample), Contains(HasSubstr("have another input")));
}

TEST(LayOut, WithoutPublishedValuesThereAreNoSuchColumns) {
  SampleResults sample;
  sample.At("e").Done(Task::kTer, 324, 648, 0.3).Tables(OneRowTable("row"));
  EXPECT_EQ(FirstLine(sample).size(), 5U);
  EXPECT_THAT(Notes(sample), Not(Contains(HasSubstr("published"))));
}

TEST(LayOut, IncompleteHasNoNumberThatLooksFinal) {
  SampleResults sample;
  sample.At("e")
      .Incomplete(Task::kTer, 17, 2, 22)
      .Tables(OneRowTable("row", R"({"ter":{"accuracy":0.39}})"));
  EXPECT_THAT(FirstLine(sample), ElementsAre("…", "…", "…", "…", "17/22, 2 failed", "0.3900", "…"));
}

TEST(LayOut, OneUnfinishedSeedKeepsTheMeanBack) {
  SampleResults sample;
  sample.At("e")
      .Done(Task::kTer, 300, 648, 0.4, 0)
      .Incomplete(Task::kTer, 2, 0, 3, 1)
      .Tables(OneRowTable("row"));
  EXPECT_THAT(FirstLine(sample), ElementsAre("…", "…", "…", "5/6"));
}

TEST(LayOut, FoldsAreThoseOfAllSeeds) {
  SampleResults sample;
  sample.At("e")
      .Incomplete(Task::kTer, 1, 2, 3, 0)
      .Incomplete(Task::kTer, 2, 1, 3, 1)
      .Tables(OneRowTable("row"));
  EXPECT_EQ(FirstLine(sample).back(), "3/6, 3 failed");
}

TEST(LayOut, SeveralSeedsShowMeanAndSampleDeviation) {
  SampleResults sample;
  sample.At("e")
      .Done(Task::kTer, 10, 100, 0.2, 2)
      .Done(Task::kTer, 20, 100, 0.4, 0)
      .Done(Task::kTer, 30, 100, 0.6, 1)
      .Tables(OneRowTable("row", R"({"ter":{"accuracy":0.1}})"));
  EXPECT_THAT(FirstLine(sample), ElementsAre("0.2000 ± 0.1000", "3 seeds", "0.4000 ± 0.2000", "9/9",
                                             "0.1000", "+0.1000"));
  EXPECT_THAT(Notes(sample), Contains(HasSubstr("seeds 0, 1, 2")));
  EXPECT_THAT(Notes(sample), Contains(HasSubstr("sample standard deviation")));
}

TEST(LayOut, EveryLeakyFigureIsMarked) {
  SampleResults sample;
  sample.At("e")
      .Leaky()
      .Done(Task::kTer, 324, 648, 0.5)
      .Tables(OneRowTable("row", R"({"ter":{"accuracy":0.39}})"));
  const auto line = FirstLine(sample);
  EXPECT_EQ(line[0], "0.5000 LEAKY");
  EXPECT_EQ(line[3], "0.5000 LEAKY");
  EXPECT_EQ(line[6], "+0.1100 LEAKY");
  EXPECT_THAT(Notes(sample), Contains(HasSubstr("LEAKY: ")));
}

TEST(LayOut, SaysWhatTheCommonestClassGives) {
  SampleResults sample;
  sample.At("e").Done(Task::kTer, 80, 172, 0.4, 0).Commonest("others", 67);
  sample.Done(Task::kTer, 81, 172, 0.4, 1).Commonest("others", 67);  // once: the same clips
  sample.Tables(OneRowTable("row"));
  const std::string note = "Always guessing the commonest class: TER 67/172 = 0.3895 (others)";
  EXPECT_THAT(Notes(sample), Contains(note + "."));
  Table table = sample.Build("T").front();
  for (const std::int64_t clips : {66, 65, 64}) {
    EXPECT_THAT(NotesOf(table), Contains(HasSubstr("commonest class")));
    table.rows.push_back(table.rows.front());
    table.rows.back().cells[0][0].seeds[0].commonest->clips = clips;
  }
  EXPECT_THAT(NotesOf(table), Not(Contains(HasSubstr("commonest class"))));  // too many sets
}

TEST(LayOut, WhatIsNotPartOfTheRunIsADash) {
  SampleResults sample;
  sample.Tables(OneRowTable("row", R"({"ter":{"accuracy":0.39}})"));
  EXPECT_THAT(FirstLine(sample), ElementsAre("–", "–", "–", "–", "–", "0.3900", "–"));
  EXPECT_THAT(Notes(sample), Contains(HasSubstr("no row of this table is part of it")));
}

}  // namespace
}  // namespace unmask

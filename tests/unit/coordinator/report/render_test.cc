// Golden outputs: golden/tables.FORMAT. UNMASK_UPDATE_GOLDEN=1 writes them anew; read the diff.
#include "coordinator/report/render.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "common/base/files.h"
#include "common/base/text.h"
#include "tests/unit/coordinator/report/sample_results.h"

namespace unmask {
namespace {

const char* const kFormats[] = {"md", "csv", "latex", "html", "json"};

// Anything that a label, a title or a name may hold.
const std::string kHostile =
    "a,\"b\" | <script>alert('x')</script> \\ ~^#$%&_{}*`[x](y)\r\n=1\x1b[31m 真 \xff";

class FormatTest : public testing::TestWithParam<const char*> {
 protected:
  std::string Render(const std::vector<Table>& tables) const {
    return FindTableRenderer(GetParam())(tables);
  }
};

TEST_P(FormatTest, IsGolden) {
  const fs::path path = fs::path(UNMASK_SOURCE_DIR) / "tests/unit/coordinator/report/golden" /
                        ("tables." + std::string(GetParam()));
  const std::string text = Render(PaperLikeResults().Build());
  if (std::getenv("UNMASK_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(WriteFileDurably(path, text).ok());
  }
  const auto golden = ReadFile(path);
  ASSERT_TRUE(golden.ok()) << path;
  EXPECT_EQ(text, *golden);
}

TEST_P(FormatTest, SameResultsGiveTheSameBytes) {
  EXPECT_EQ(Render(PaperLikeResults().Build()), Render(PaperLikeResults().Build()));
}

TEST_P(FormatTest, IncompleteShowsFoldsAndNoFigure) {
  SampleResults sample;
  sample.At("e").Incomplete(Task::kTer, 17, 0, 22).Tables(OneRowTable("row"));
  const std::string text = Render(sample.Build());
  const std::string format = GetParam();
  const std::string folds = format == "csv"    ? ",17,0,22,,,"
                            : format == "json" ? "\"folds_done\": 17"
                                               : "17/22";
  EXPECT_NE(text.find(folds), std::string::npos) << text;
  EXPECT_EQ(text.find("0.0000"), std::string::npos) << text;
}

TEST_P(FormatTest, LeakyIsMarked) {
  SampleResults sample;
  sample.At("e").Leaky().Done(Task::kTer, 324, 648, 0.5).Tables(OneRowTable("row"));
  EXPECT_NE(Render(sample.Build()).find("LEAKY"), std::string::npos);
}

TEST_P(FormatTest, HonestIsNotMarked) {
  SampleResults sample;
  sample.At("e").Done(Task::kTer, 324, 648, 0.5).Tables(OneRowTable("row"));
  EXPECT_EQ(Render(sample.Build()).find("LEAKY"), std::string::npos);
}

TEST_P(FormatTest, HostileNamesStayText) {
  SampleResults sample;
  sample.At(kHostile, R"({"k":"<script>"})").Done(Task::kTer, 1, 2, 0.5);
  std::vector<Table> tables = sample.Build();
  tables.front().rows.front().label = kHostile;
  tables.front().columns.front() = kHostile;
  tables.front().title = kHostile;
  tables.front().sweep = kHostile;
  tables.front().published_label = kHostile;
  tables.front().rows.front().cells[0][0].published.accuracy = 0.5;
  const std::string text = Render(tables);
  EXPECT_TRUE(IsUtf8(text));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  const std::string format = GetParam();
  if (format == "md" || format == "html") {
    for (std::size_t at = text.find("<script"); at != std::string::npos;
         at = text.find("<script", at + 1)) {
      EXPECT_TRUE(at > 0 && text[at - 1] == '\\') << text.substr(at, 40);
    }
  }
  if (format != "csv") {
    EXPECT_EQ(text.find('\r'), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, FormatTest, testing::ValuesIn(kFormats),
                         [](const auto& format) { return std::string(format.param); });

TEST(FindTableRenderer, KnowsNoOtherFormat) { EXPECT_EQ(FindTableRenderer("xml"), nullptr); }

TEST(RenderMarkdown, EveryLineOfATableHasTheSameCells) {
  SampleResults sample;
  sample.At("e").Done(Task::kTer, 324, 648, 0.5).Tables(OneRowTable("a|b\\|c\r\n| d"));
  std::size_t cells = 0;
  for (const std::string& line : Split(RenderMarkdown(sample.Build()), '\n')) {
    if (!line.starts_with("|")) continue;
    std::size_t bars = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\\') {
        ++i;  // the next character is text
      } else if (line[i] == '|') {
        ++bars;
      }
    }
    if (cells == 0) cells = bars;
    EXPECT_EQ(bars, cells) << line;
  }
  EXPECT_GT(cells, 5U);
}

TEST(RenderMarkdown, ANoteThatBeginsWithDataIsNoHeadingAndNoList) {
  for (const char* label : {"# paper", "+ paper", "12. paper", "3) paper"}) {
    SampleResults sample;
    sample.At("e").Done(Task::kTer, 324, 648, 0.5).Tables(OneRowTable("row"));
    std::vector<Table> tables = sample.Build();
    tables.front().published_label = label;
    tables.front().rows.front().cells[0][0].published.accuracy = 0.5;
    const std::string text = RenderMarkdown(tables);
    EXPECT_EQ(text.find(std::string("\n- ") + label), std::string::npos) << text;
  }
}

TEST(RenderLatex, NoTwoTablesHaveOneLabel) {
  std::vector<Table> tables(4);
  tables[0].id = "A 1";
  tables[1].id = "A.1";
  tables[2].id = "A-1-2";
  tables[3].id = "A-1";
  const std::string text = RenderLatex(tables);
  for (const char* label : {"{tab:A-1}", "{tab:A-1-2}", "{tab:A-1-2-2}", "{tab:A-1-3}"}) {
    EXPECT_NE(text.find(label), std::string::npos) << label;
  }
}

TEST(RenderLatex, AWideTableIsShrunkToThePage) {
  SampleResults sample;
  sample.At("e").Done(Task::kTer, 324, 648, 0.5).Tables(OneRowTable("row"));
  const std::string text = RenderLatex(sample.Build());
  const std::size_t box = text.find("\\sbox0{%\n\\begin{tabular}");
  const std::size_t fit = text.find(
      "\\end{tabular}}%\n\\ifdim\\wd0>\\linewidth\\resizebox{\\linewidth}{!}{\\usebox0}"
      "\\else\\usebox0\\fi");
  ASSERT_NE(box, std::string::npos) << text;
  ASSERT_NE(fit, std::string::npos) << text;
  EXPECT_LT(box, fit);
  EXPECT_NE(text.find("booktabs,graphicx"), std::string::npos);
}

// A reader as in RFC 4180.
std::vector<std::vector<std::string>> ParseCsv(const std::string& text) {
  std::vector<std::vector<std::string>> rows{{""}};
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      rows.back().back() += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      rows.back().emplace_back();
    } else if (!quoted && text.substr(i, 2) == "\r\n") {
      rows.push_back({""});
      ++i;
    } else {
      rows.back().back() += c;
    }
  }
  rows.pop_back();
  return rows;
}

TEST(RenderCsv, ReadsBackWithAnyName) {
  const std::string label = "a,\"b\"\r\n<c>, é";
  SampleResults sample;
  sample.At("e").Done(Task::kTer, 254, 648, 0.3707).Tables(OneRowTable(label));
  const auto rows = ParseCsv(RenderCsv(sample.Build()));
  ASSERT_EQ(rows.size(), 2U);
  ASSERT_EQ(rows[1].size(), rows[0].size());
  EXPECT_EQ(rows[0][3], "row");
  EXPECT_EQ(rows[1][3], label);
  EXPECT_EQ(rows[1][17], "0.39197530864197533");
}

TEST(RenderJson, HoldsNamesAsTheyAreAndTheJobsBehindACell) {
  SampleResults sample;
  const std::string label = "a,\"b\"\r\n<script>\x1b é";
  sample.At("e").Done(Task::kTer, 1, 2, 0.5, /*seed=*/7).Tables(OneRowTable(label));
  const auto json = nlohmann::json::parse(RenderJson(sample.Build()));
  const auto& row = json["tables"][0]["rows"][0];
  EXPECT_EQ(row["label"], label);
  const auto& seeds = row["cells"][0]["ter"]["seeds"];
  ASSERT_EQ(seeds.size(), 1U);
  EXPECT_EQ(seeds[0]["seed"], 7);
  EXPECT_EQ(seeds[0]["jobs"], nlohmann::json({"e/7/s0", "e/7/s1", "e/7/s2"}));
}

}  // namespace
}  // namespace unmask

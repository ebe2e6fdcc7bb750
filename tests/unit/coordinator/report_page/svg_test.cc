#include "coordinator/report_page/svg.h"

#include <gtest/gtest.h>

#include "coordinator/report/escape.h"
#include "coordinator/report_page/axis.h"
#include "coordinator/report_page/figure.h"

namespace unmask {
namespace {

using nlohmann::json;

TEST(Svg, TextOfDataStaysText) {
  Svg svg;
  svg.Text({1, 2}, "<script>alert(\"1\")</script>&'");
  EXPECT_EQ(svg.body(),
            "<text x=\"1\" y=\"2\">&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;"
            "</text>\n");
  Svg tipped;
  tipped.Dot({1, 2}, 3, "ter", "</title><script>");
  EXPECT_EQ(tipped.body(),
            "<circle cx=\"1\" cy=\"2\" r=\"3\" class=\"ter\"><title>&lt;/title&gt;&lt;script&gt;"
            "</title></circle>\n");
}

TEST(Svg, WhatReordersTextIsSpelledOut) {
  EXPECT_EQ(VisibleText("a\u202Eb\u2066c\u2069"), "a\\u202Eb\\u2066c\\u2069");
  EXPECT_EQ(VisibleText("\u200Fمرحبا"), "\u200Fمرحبا");  // a mark of the language stays
  EXPECT_EQ(VisibleText("…–"), "…–");                    // their neighbours in UTF-8
  EXPECT_EQ(VisibleText("a\x01\xFF"), "a\\x01\\xff");
}

TEST(Svg, TextIsCutToItsRoomAtACharacter) {
  EXPECT_EQ(FitText("short", 200), "short");
  const std::string fitted = FitText("ääääääääääääääääääää", 50);
  EXPECT_TRUE(fitted.ends_with("…"));
  EXPECT_LE(TextWidth(fitted), 50);
  EXPECT_EQ((fitted.size() - 3) % 2, 0U);  // no half character
  Svg svg;
  svg.Text({0, 0}, "a very long name of an experiment", {.room = 60});
  EXPECT_NE(svg.body().find("<title>a very long name of an experiment</title>"), std::string::npos);
}

TEST(Svg, LabelsKeepTheirDistance) {
  const std::vector<double> places = SpreadLabels({50, 51, 10}, 14, 0, 100);
  EXPECT_EQ(places, (std::vector<double>{50, 64, 10}));
  const std::vector<double> low = SpreadLabels({98, 99}, 14, 0, 100);
  EXPECT_EQ(low, (std::vector<double>{86, 100}));
}

TEST(Axis, EndsAtRoundNumbers) {
  const Axis axis(0.163, 0.402, 200, 0);
  EXPECT_EQ(axis.ticks().front().label, "0.1");
  EXPECT_EQ(axis.ticks().back().label, "0.5");
  EXPECT_DOUBLE_EQ(axis.ticks().front().at, 200);
  EXPECT_DOUBLE_EQ(axis.ticks().back().at, 0);
  const Axis whole(0, 3, 0, 100, 10, true);
  for (const Tick& tick : whole.ticks()) EXPECT_EQ(tick.label.find('.'), std::string::npos);
  const Axis nothing(0.5, 0.5, 0, 100);  // one value still has an axis
  EXPECT_GE(nothing.ticks().size(), 2U);
}

TEST(Axis, GridValuesChooseTheirScale) {
  const GridValues linear({json(1), json(0.5), json(0.1), json(1.0)}, 0, 90);
  EXPECT_EQ(linear.ticks().size(), 3U);  // 1 is 1.0
  EXPECT_DOUBLE_EQ(linear.At(json(0.1)), 0);
  EXPECT_DOUBLE_EQ(linear.At(json(0.55)), 0);  // not one of them
  EXPECT_DOUBLE_EQ(linear.At(json(0.5)), 40);
  EXPECT_STREQ(linear.spacing(), "");
  const GridValues log({json(1e-5), json(1e-4), json(1e-3)}, 0, 100);
  EXPECT_STREQ(log.spacing(), "log scale");
  EXPECT_NEAR(log.At(json(1e-4)), 50, 1e-9);
  const GridValues even({json(0), json(1), json(2), json(1000)}, 0, 90);
  EXPECT_STREQ(even.spacing(), "evenly spaced");
  EXPECT_DOUBLE_EQ(even.At(json(2)), 60);
  const GridValues text({json("paper"), json("biased")}, 0, 100);
  EXPECT_FALSE(text.numeric());
  EXPECT_EQ(text.ticks().front().label, "biased");
}

TEST(Figure, FileNamesAreSafe) {
  EXPECT_EQ(FileNameOf("accuracy-dsid-loss.alpha"), "accuracy-dsid-loss.alpha");
  EXPECT_EQ(FileNameOf("../../etc/passwd"), "etc-passwd");
  EXPECT_EQ(FileNameOf("<script>\"x\"</script>"), "script-x-script");
  EXPECT_EQ(FileNameOf("感情"), "figure");
  EXPECT_EQ(FileNameOf(std::string(500, 'a')).size(), 80U);
}

TEST(Figure, NumbersAreDefused) {
  CsvLines csv({"name", "value"});
  csv.Add({"=HYPERLINK(1)", "-0.5"});
  EXPECT_EQ(std::move(csv).text(), "name,value\r\n'=HYPERLINK(1),-0.5\r\n");
}

}  // namespace
}  // namespace unmask

#include "coordinator/report_page/svg.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "common/base/text.h"
#include "coordinator/report_page/axis.h"
#include "coordinator/report_page/figure.h"
#include "coordinator/report_page/matrix_panel.h"
#include "coordinator/report_page/style.h"

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

TEST(Svg, TextIsCutBeforeItsTail) {
  const std::string name = "a-long-name-of-an-experiment";
  EXPECT_EQ(FitText(name, " alpha 0.5", 400), name + " alpha 0.5");
  const std::string one = FitText(name, " alpha 0.5 LEAKY", 160);
  EXPECT_TRUE(one.starts_with("a-long")) << one;
  EXPECT_TRUE(one.ends_with("… alpha 0.5 LEAKY")) << one;
  EXPECT_LE(TextWidth(one), 160);
  for (const char* text : {"ab", "a-long-name-of-an-experiment", "ääääääääääää"}) {
    const std::string both = FitText(text, " alpha 0.5, beta ää, lr 0.001 LEAKY", 120);
    EXPECT_TRUE(both.find("…") != std::string::npos && both.ends_with(" LEAKY")) << both;
    EXPECT_LE(TextWidth(both), 120) << both;
    EXPECT_EQ(VisibleText(both), both);  // no half character
  }
  Svg svg;
  svg.Text({0, 0}, name, {.room = 120, .tail = " LEAKY"});
  EXPECT_NE(svg.body().find(" LEAKY<title>" + name + " LEAKY</title>"), std::string::npos);
}

TEST(Svg, BoldAndLargeTextIsCutEarlier) {
  const std::string name = "Leaky experiment with a long name";
  const double room = TextWidth(name) + TextWidth(" LEAKY") + 1;
  const auto shown = [&](std::string_view css) {
    Svg svg;
    svg.Text({0, 0}, name, {.css = css, .room = room, .tail = " LEAKY"});
    return svg.body().substr(svg.body().find('>') + 1);
  };
  EXPECT_EQ(shown("muted"), name + " LEAKY</text>\n");
  const std::string strong = shown("strong");
  const std::string heading = shown("heading");
  EXPECT_NE(strong.find("… LEAKY<title>"), std::string::npos) << strong;
  EXPECT_NE(heading.find("… LEAKY<title>"), std::string::npos) << heading;
  EXPECT_LT(heading.find("…"), strong.find("…"));
}

TEST(Svg, MarkersDiffer) {
  std::set<std::string> shapes;
  for (std::size_t i = 0; i < kMarkers; ++i) {
    Svg svg;
    svg.Marker({1, 2}, i, "c0");
    shapes.insert(svg.body());
  }
  EXPECT_EQ(shapes.size(), kMarkers);
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
  EXPECT_EQ(linear.Title("a"), "a");
  const GridValues log({json(1e-5), json(1e-4), json(1e-3)}, 0, 100);
  EXPECT_EQ(log.Title("a"), "a (log scale)");
  EXPECT_NEAR(log.At(json(1e-4)), 50, 1e-9);
  const GridValues even({json(0), json(1), json(2), json(1000)}, 0, 90);
  EXPECT_EQ(even.Title("a"), "a (evenly spaced)");
  EXPECT_DOUBLE_EQ(even.At(json(2)), 60);
  const GridValues text({json("paper"), json("biased")}, 0, 100);
  EXPECT_FALSE(text.numeric());
  EXPECT_EQ(text.ticks().front().label, "biased");
}

// Many classes make the panel wide, not silent.
TEST(Matrix, ManyClassesKeepTheirLabelsAndCounts) {
  std::vector<std::string> classes;
  for (int i = 100; i < 130; ++i) classes.push_back("class " + std::to_string(i));
  ConfusionMatrix matrix(classes);
  for (std::size_t i = 0; i < classes.size(); ++i) matrix.At(i, i) = 1000 + i;
  const MatrixTexts texts{"Confusions", "dsid", " LEAKY", "8/8 folds", "felt", "predicted"};
  const Panel panel = MatrixPanel(matrix, texts);
  EXPECT_GT(panel.width, kPanelWidth);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    EXPECT_NE(panel.svg.body().find(">" + classes[i] + "</text>"), std::string::npos);
    EXPECT_NE(panel.svg.body().find(">" + std::to_string(1000 + i) + "</text>"), std::string::npos);
  }
  EXPECT_EQ(panel.label, "Confusions, dsid LEAKY, 8/8 folds");
  for (int i = 0; i < 40; ++i) classes.push_back("more " + std::to_string(i));
  const Panel cut = MatrixPanel(ConfusionMatrix(classes), texts);
  EXPECT_NE(cut.svg.body().find("the first 60 of 70 classes"), std::string::npos);
}

// The beginning tells most, but not where all have the same.
TEST(Matrix, NamesThatBeginAlikeKeepTheirEnds) {
  const std::vector<std::string> classes = {"another-rather-long-name",
                                            "happiness-that-is-änger-genuine-ü",
                                            "happiness-that-is-änger-shown-ä"};
  const MatrixTexts texts{"Confusions", "dsid", "", "8/8 folds", "felt", "predicted"};
  const std::string body = MatrixPanel(ConfusionMatrix(classes), texts).svg.body();
  EXPECT_NE(body.find(">another-rather…<title>another-rather-long-name<"), std::string::npos)
      << body;
  EXPECT_NE(body.find(">happin…nuine-ü<title>" + classes[1] + "<"), std::string::npos) << body;
  EXPECT_NE(body.find(">happin…shown-ä<title>" + classes[2] + "<"), std::string::npos) << body;
}

using Rgb = std::array<double, 3>;

// What the style says of a class, in light and in dark.
std::array<Rgb, 2> ColoursOf(const std::string& selector, const std::string& property) {
  const std::string style = StyleOfFigures();
  const std::size_t dark = style.find("@media");
  std::array<Rgb, 2> colours{};
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string part = i == 0 ? style.substr(0, dark) : style.substr(dark);
    const std::string rule = fmt::format("\n{} {{ {}: #", selector, property);
    const std::size_t at = part.find(rule);
    EXPECT_NE(at, std::string::npos) << rule;
    if (at == std::string::npos) continue;
    for (std::size_t c = 0; c < 3; ++c) {
      colours[i][c] = std::stoi(part.substr(at + rule.size() + 2 * c, 2), nullptr, 16);
    }
  }
  return colours;
}

// WCAG 2.2's relative luminance.
double Luminance(const Rgb& rgb) {
  constexpr std::array<double, 3> kWeights = {0.2126, 0.7152, 0.0722};
  double sum = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const double value = rgb[i] / 255;
    sum +=
        kWeights[i] * (value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4));
  }
  return sum;
}

double Contrast(const Rgb& a, const Rgb& b) {
  const auto [low, high] = std::minmax({Luminance(a), Luminance(b)});
  return (high + 0.05) / (low + 0.05);
}

TEST(Style, LinesAndBarsStandOut) {
  const auto paper = ColoursOf(".paper", "fill");
  for (const char* css : {".ter",  ".der",     ".rest",     ".work",     ".failed",
                          ".lost", ".yielded", ".ter-line", ".der-line", ".pub-line, .plain-line",
                          ".pub",  ".hole",    ".running",  ".frame",    ".c0",
                          ".c1",   ".c2",      ".c3",       ".c4",       ".c5"}) {
    const std::string name = css;
    const bool line = name.find("line") != std::string::npos || name.starts_with(".c") ||
                      name == ".hole" || name == ".running" || name == ".pub" || name == ".frame";
    const auto colours = ColoursOf(name, line ? "stroke" : "fill");
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_GE(Contrast(colours[i], paper[i]), 3) << name << (i == 0 ? " light" : " dark");
    }
  }
  EXPECT_EQ(StyleOfFigures().find("opacity"), std::string::npos);
}

TEST(Style, TextOnAHeatMapIsReadable) {
  const auto paper = ColoursOf(".paper", "fill");
  const auto heat = ColoursOf(".heat", "fill");
  for (int percent = 0; percent <= 100; ++percent) {
    const double share = percent / 100.0;
    const auto text = ColoursOf(std::string(".figure .") + TextOnHeat(share), "fill");
    for (std::size_t i = 0; i < 2; ++i) {
      Rgb shade{};
      for (std::size_t c = 0; c < 3; ++c) {
        shade[c] = share * heat[i][c] + (1 - share) * paper[i][c];
      }
      EXPECT_GE(Contrast(text[i], shade), 4.5) << share << (i == 0 ? " light" : " dark");
    }
  }
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

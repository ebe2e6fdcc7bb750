#include "coordinator/report/escape.h"

#include <gtest/gtest.h>

namespace unmask {
namespace {

TEST(EscapeHtml, LeavesNothingThatEndsTextOrAttribute) {
  EXPECT_EQ(EscapeHtml("<script a=\"b\" c='d'>&amp;"),
            "&lt;script a=&quot;b&quot; c=&#39;d&#39;&gt;&amp;amp;");
  EXPECT_EQ(EscapeHtml("真\r\n\x1b"), "真\\x0d\\n\\x1b");
}

TEST(EscapeLatex, EverySpecialCharacter) {
  EXPECT_EQ(EscapeLatex("# $ % & _ { }"), "\\# \\$ \\% \\& \\_ \\{ \\}");
  EXPECT_EQ(EscapeLatex("\\ ~ ^"), "\\textbackslash{} \\textasciitilde{} \\textasciicircum{}");
  EXPECT_EQ(EscapeLatex("<|>"), "\\textless{}\\textbar{}\\textgreater{}");
  EXPECT_EQ(EscapeLatex("[*]"), "{[}{*}]");
  EXPECT_EQ(EscapeLatex("a--b"), "a-\\kern0pt{}-b");
  EXPECT_EQ(EscapeLatex("\\input{/etc/passwd}"), "\\textbackslash{}input\\{/etc/passwd\\}");
}

TEST(EscapeLatex, GreekIsMathAndOtherLettersStay) {
  EXPECT_EQ(EscapeLatex("α = 0.1, ω, ο"), "$\\alpha$ = 0.1, $\\omega$, $o$");
  EXPECT_EQ(EscapeLatex("Σ Α ά ΐ ώ ϵ"),
            "$\\Sigma$ $\\mathrm{A}$ $\\acute{\\alpha}$ $\\acute{\\ddot{\\iota}}$ "
            "$\\acute{\\omega}$ $\\epsilon$");
  EXPECT_EQ(EscapeLatex("é ж 真"), "é ж 真");
}

TEST(EscapeLatex, SignsThatT1LacksAreMath) {
  EXPECT_EQ(EscapeLatex("≥ ≤ − ∞ 10⁻³ x₂ 2⁸"), "$\\ge$ $\\le$ $-$ $\\infty$ 10$^-$³ x$_2$ 2$^8$");
  EXPECT_EQ(EscapeLatex("± × ° – — “…”"), "± × ° – — “…”");
}

TEST(EscapeLatex, NoLigatures) {
  EXPECT_EQ(EscapeLatex("---"), "-\\kern0pt{}-\\kern0pt{}-");
  EXPECT_EQ(EscapeLatex("–-"), "–\\kern0pt{}-");
  EXPECT_EQ(EscapeLatex("''a,,"), "'\\kern0pt{}'a,\\kern0pt{},");
  EXPECT_EQ(EscapeLatex("’'‘‘"), "’\\kern0pt{}'‘\\kern0pt{}‘");
  EXPECT_EQ(EscapeLatex("<<"), "\\textless{}\\kern0pt{}\\textless{}");
  EXPECT_EQ(EscapeLatex("-', 'a"), "-', 'a");
}

TEST(EscapeLatex, NothingReordersWhatStandsAround) {
  EXPECT_EQ(EscapeLatex("a\u202Eb"), "a\\textbackslash{}u202Eb");
}

TEST(EscapeMarkdown, NothingIsMarkup) {
  EXPECT_EQ(EscapeMarkdown("a|b\\c*d_e`f<g>[h](i)~$&"),
            "a\\|b\\\\c\\*d\\_e\\`f\\<g\\>\\[h](i)\\~\\$\\&");
  EXPECT_EQ(EscapeMarkdown("x\r\ny"), "x\\\\x0d\\\\ny");
}

TEST(CsvField, QuotesAsInRfc4180) {
  EXPECT_EQ(CsvField("plain"), "plain");
  EXPECT_EQ(CsvField(""), "");
  EXPECT_EQ(CsvField("a,b"), "\"a,b\"");
  EXPECT_EQ(CsvField("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(CsvField("a\r\nb"), "\"a\r\nb\"");
  EXPECT_EQ(CsvField(" a "), "\" a \"");
}

TEST(CsvField, FormulasAreTextAndNumbersAreNumbers) {
  EXPECT_EQ(CsvField("=1+1"), "'=1+1");
  EXPECT_EQ(CsvField("+cmd"), "'+cmd");
  EXPECT_EQ(CsvField("-x"), "'-x");
  EXPECT_EQ(CsvField("@sum"), "'@sum");
  EXPECT_EQ(CsvField("\t=1"), "\"'\t=1\"");
  EXPECT_EQ(CsvField("\r=1"), "\"'\r=1\"");
  EXPECT_EQ(CsvField("=HYPERLINK(\"x\",\"y\")"), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
  EXPECT_EQ(CsvField("-0.5"), "-0.5");
  EXPECT_EQ(CsvField("-1e5"), "-1e5");
}

TEST(CsvField, NoTerminalControls) {
  EXPECT_EQ(CsvField("a\x1b[31m\x07\xff"), "a\\x1b[31m\\x07\\xff");
}

}  // namespace
}  // namespace unmask

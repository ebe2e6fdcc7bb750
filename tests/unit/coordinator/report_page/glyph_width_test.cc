#include "coordinator/report_page/glyph_width.h"

#include <gtest/gtest.h>

#include <vector>

#include "coordinator/report_page/svg.h"

namespace unmask {
namespace {

struct Measured {  // by Chromium with DejaVu Sans at 11 pixels
  const char* text;
  double regular;
  double bold;
};

TEST(GlyphWidth, IsNotLessThanWhatABrowserDraws) {
  const std::vector<Measured> texts = {
      {"Leaky experiment with a name that is somewhat long LEAKY", 333.84, 376.92},
      {"paper (images)", 84.07, 94.48},
      {"TER accuracy: dsid beta 1, alpha 0.5", 200.87, 225.42},
      {"the quick brown fox jumps over the lazy dog", 245.01, 276.51},
      {"SPHINX OF BLACK QUARTZ: JUDGE MY VOW", 240.37, 269.04},
      {"commemoration", 90.76, 100.75},
      {"22/22 folds of 3 seeds added up; 0.3920 ± 0.0123", 277.43, 308.25}};
  for (const auto& [text, regular, bold] : texts) {
    EXPECT_GE(TextWidth(text), regular) << text;
    EXPECT_GE(TextWidth(text, true), bold) << text;
    EXPECT_LE(TextWidth(text), 1.03 * regular) << text;  // so nothing is cut without need
    EXPECT_LE(TextWidth(text, true), 1.03 * bold) << text;
  }
}

// The widest letters of the font's Latin-1 and Latin Extended-A, and others like most.
TEST(GlyphWidth, CoversOtherLetters) {
  const std::vector<Measured> letters = {
      {"Œ", 1.070, 1.167}, {"Ŵ", 0.989, 1.103}, {"Ħ", 0.916, 0.974}, {"ŉ", 0.813, 0.983},
      {"æ", 0.982, 1.048}, {"ŵ", 0.818, 0.924}, {"Ö", 0.787, 0.850}, {"ß", 0.630, 0.719},
      {"ñ", 0.634, 0.712}, {"đ", 0.635, 0.716}, {"…", 1.000, 1.000}, {"÷", 0.838, 0.838}};
  for (const auto& [letter, regular, bold] : letters) {
    EXPECT_GE(GlyphWidth(letter, false), regular) << letter;
    EXPECT_GE(GlyphWidth(letter, true), bold) << letter;
  }
}

}  // namespace
}  // namespace unmask

// A figure of a report: panels that stand side by side where there is room and below one another
// on a phone, with the numbers that they show.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "coordinator/report_page/svg.h"

namespace unmask {

struct Panel {
  double width = 0;
  double height = 0;
  std::string label;  // for those who cannot see it
  Svg svg;
};

// The width of most panels: three beside one another on a desk, one on a phone.
inline constexpr double kPanelWidth = 366;

// What a colour means.
struct Swatch {
  std::string css;
  std::string text;
};

struct Figure {
  std::string id;                  // file name without suffix: ASCII letters, digits, . and -
  std::string title;               // unescaped, as all texts here
  std::vector<std::string> notes;  // what one sees, and what to beware of
  std::vector<Panel> panels;
  std::string csv;  // the numbers, with a header line
  std::vector<Swatch> legend = {};
};

// A name that is safe as a file's: "curve dsid loss.alpha" -> "curve-dsid-loss.alpha".
std::string FileNameOf(std::string_view text);

// "3 of 7 lines are drawn; all are in the CSV."
std::string DrawnText(std::size_t drawn, std::size_t all, std::string_view what);

// The figure as one SVG file with its own colours, light and dark.
std::string FigureFile(const Figure& figure);

// The panels as parts of a page whose style has StyleOfFigures.
std::string FigureHtml(const Figure& figure);

// A CSV file as it grows: RFC 4180, formulas defused (coordinator/report/escape.h).
class CsvLines {
 public:
  explicit CsvLines(const std::vector<std::string>& header) { Add(header); }
  void Add(const std::vector<std::string>& fields);
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace unmask

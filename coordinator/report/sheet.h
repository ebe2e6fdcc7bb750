// A table laid out as lines of text: which columns there are, and how a figure is written.
// Markdown, LaTeX and HTML draw the same sheet; they differ in escaping and rules only.
#pragma once

#include <string>
#include <vector>

#include "coordinator/report/table.h"

namespace unmask {

struct SheetColumn {
  std::string group;    // adjacent columns of one group belong together; empty: alone
  std::string heading;  // within its group
};

struct SheetCell {
  std::string text;
  bool leaky = false;        // carries the LEAKY mark
  bool significant = false;  // carries the star
};

struct SheetLine {
  std::vector<std::string> labels;  // the row's, and the column's where there are several
  std::vector<SheetCell> cells;     // [columns]
};

struct SheetSection {   // one task
  std::string heading;  // "TER"
  std::vector<SheetLine> lines;
};

struct Sheet {
  std::string heading;  // "Table II. Ablation study"
  std::string title;    // "Ablation study"
  std::size_t label_columns = 1;
  std::vector<SheetColumn> columns;
  std::vector<SheetSection> sections;
  std::vector<std::string> notes;  // what the table stands on, unescaped
};

inline constexpr const char* kLeakyMark = "LEAKY";
inline constexpr const char* kStar = "*";        // p below kSignificance after Holm
inline constexpr const char* kAbsent = "–";      // not part of the run
inline constexpr const char* kIncomplete = "…";  // folds are missing

Sheet LayOut(const Table& table);

// How many columns from this one on share its group.
std::size_t SpanAt(const Sheet& sheet, std::size_t column);

// "0.3920 LEAKY" where it is.
std::string Marked(const std::string& text, bool leaky);

// What stands under the table (notes.cc).
std::vector<std::string> NotesOf(const Table& table);

// Four decimals, never "-0.0000".
std::string FormatFigure(double value);
// "0.3920", of several seeds "0.3920 ± 0.0123".
std::string FormatMean(const SeedMean& mean);
// Ours minus the published value, with its sign; "0.0000" where four decimals tell no difference.
std::string FormatDifference(double ours, double published);
// Four decimals down to 0.0001, then "3e-06".
std::string FormatP(double p);

}  // namespace unmask

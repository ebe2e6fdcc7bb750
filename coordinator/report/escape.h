// Text of data, escaped for where it goes. Names hold any text: what a format cannot hold (control
// characters, broken UTF-8) is shown as \xHH everywhere.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/text.h"

namespace unmask {

std::string EscapeMarkdown(std::string_view text);  // for a cell of a table, and for prose
std::string EscapeHtml(std::string_view text);      // for content and quoted attributes

// For pdfLaTeX with T1. Greek letters, and signs that T1 lacks, become math; other scripts stay.
std::string EscapeLatex(std::string_view text);

// A field as in RFC 4180, quoted where needed. What a spreadsheet would run as a formula (= + - @
// tab CR first, and not a number) is preceded by an apostrophe. Line ends and tabs are kept.
std::string CsvField(std::string_view text);

// A line of such fields, as it grows.
class CsvRecord {
 public:
  void Text(std::string_view text) { fields_.push_back(CsvField(text)); }
  void Number(std::string_view digits) { fields_.emplace_back(digits); }  // not a formula: "-inf"
  std::string Line() const { return Join(fields_, ",") + "\r\n"; }

 private:
  std::vector<std::string> fields_;
};

}  // namespace unmask

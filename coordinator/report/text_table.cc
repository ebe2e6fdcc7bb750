#include "coordinator/report/text_table.h"

#include <algorithm>

#include "common/base/check.h"
#include "common/base/display_width.h"
#include "common/base/text.h"

namespace unmask {

TextTable::TextTable(std::vector<std::string> headings, std::size_t labels) : labels_(labels) {
  rows_.push_back(std::move(headings));
}

void TextTable::Add(std::vector<std::string> cells) {
  UNMASK_CHECK(cells.size() == rows_.front().size());
  for (std::string& cell : cells) cell = VisibleText(cell);
  rows_.push_back(std::move(cells));
}

std::string TextTable::Text() const {
  std::vector<int> widths(rows_.front().size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(row[i]));
    }
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += "  ";
      line += i < labels_ ? AlignLeft(row[i], widths[i]) : AlignRight(row[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace unmask

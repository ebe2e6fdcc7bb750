// Columns of text for a terminal.
#pragma once

#include <string>
#include <vector>

namespace unmask {

class TextTable {
 public:
  // The first `labels` columns are set to the left, the others to the right.
  TextTable(std::vector<std::string> headings, std::size_t labels);

  // As many cells as headings. What data hides (VisibleText) is spelled out.
  void Add(std::vector<std::string> cells);
  bool empty() const { return rows_.size() == 1; }

  // With a line of headings; no trailing blanks.
  std::string Text() const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the headings first
  std::size_t labels_;
};

}  // namespace unmask

// GitHub's tables, padded so that they read as well in a terminal.
#include <fmt/format.h>

#include <algorithm>

#include "common/base/display_width.h"
#include "coordinator/report/escape.h"
#include "coordinator/report/render.h"
#include "coordinator/report/sheet.h"

namespace unmask {
namespace {

using Line = std::vector<std::string>;

// Columns of a group share one column here, their texts joined by " / ".
bool JoinsPrevious(const Sheet& sheet, std::size_t column) {
  return column > 0 && !sheet.columns[column].group.empty() &&
         sheet.columns[column].group == sheet.columns[column - 1].group;
}

Line HeadLine(const Sheet& sheet, const SheetSection& section) {
  Line line{section.heading};
  line.resize(sheet.label_columns);
  for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
    const SheetColumn& column = sheet.columns[i];
    if (!JoinsPrevious(sheet, i)) {
      line.push_back(EscapeMarkdown(column.group.empty() ? column.heading : column.group));
    }
  }
  return line;
}

// The cells from `first` on that share a column: "0.3920 / 0.3707 LEAKY".
std::string JoinedText(const Sheet& sheet, const SheetLine& line, std::size_t first) {
  std::string text;
  bool leaky = false;
  for (std::size_t i = first; i == first || (i < line.cells.size() && JoinsPrevious(sheet, i));
       ++i) {
    const SheetCell& cell = line.cells[i];
    const bool repeats = text == cell.text && (text == kAbsent || text == kIncomplete);
    if (cell.text.empty() || repeats) continue;
    text += (text.empty() ? "" : " / ") + EscapeMarkdown(cell.text);
    leaky |= cell.leaky;
    if (cell.significant) text += std::string(" ") + kStar;  // between blanks it marks nothing up
  }
  return Marked(text, leaky);
}

Line BodyLine(const Sheet& sheet, const SheetLine& source) {
  Line line;
  for (const std::string& label : source.labels) line.push_back(EscapeMarkdown(label));
  for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
    if (!JoinsPrevious(sheet, i)) line.push_back(JoinedText(sheet, source, i));
  }
  return line;
}

std::string Draw(const Line& line, const std::vector<int>& widths, std::size_t labels) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    out +=
        "| " + (i < labels ? AlignLeft(line[i], widths[i]) : AlignRight(line[i], widths[i])) + " ";
  }
  return out + "|\n";
}

std::string Rule(const std::vector<int>& widths, std::size_t labels) {
  std::string out;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const std::string dashes(static_cast<std::size_t>(widths[i]) + 1, '-');
    out += i < labels ? "|:" + dashes : "|" + dashes + ":";
  }
  return out + "|\n";
}

// At a line's start some characters would begin a heading or a list.
std::string EscapeNote(std::string_view text) {
  std::string note = EscapeMarkdown(text);
  const std::size_t number = note.find_first_not_of("0123456789");
  if (number == std::string::npos) return note;
  const std::string_view marks = number == 0 ? "#+-" : ".)";
  if (marks.find(note[number]) != std::string_view::npos) note.insert(number, 1, '\\');
  return note;
}

std::string RenderOne(const Table& table) {
  const Sheet sheet = LayOut(table);
  std::vector<std::vector<Line>> sections;
  std::vector<int> widths;
  for (const SheetSection& section : sheet.sections) {
    sections.push_back({HeadLine(sheet, section)});
    for (const SheetLine& line : section.lines) sections.back().push_back(BodyLine(sheet, line));
    for (const Line& line : sections.back()) {
      widths.resize(line.size(), 3);
      for (std::size_t i = 0; i < line.size(); ++i) {
        widths[i] = std::max(widths[i], DisplayWidth(line[i]));
      }
    }
  }
  std::string out = "## " + EscapeMarkdown(sheet.heading) + "\n";
  for (const auto& lines : sections) {
    out += "\n" + Draw(lines.front(), widths, sheet.label_columns);
    out += Rule(widths, sheet.label_columns);
    for (std::size_t i = 1; i < lines.size(); ++i) {
      out += Draw(lines[i], widths, sheet.label_columns);
    }
  }
  out += "\n";
  for (const std::string& note : sheet.notes) out += "- " + EscapeNote(note) + "\n";
  return out;
}

}  // namespace

std::string RenderMarkdown(const std::vector<Table>& tables) {
  std::string out;
  for (const Table& table : tables) out += (out.empty() ? "" : "\n") + RenderOne(table);
  return out;
}

}  // namespace unmask

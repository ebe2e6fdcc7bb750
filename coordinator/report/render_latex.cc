// LaTeX with booktabs, to be put into a paper with \input.
#include <fmt/format.h>

#include "common/base/unique_names.h"
#include "coordinator/report/escape.h"
#include "coordinator/report/render.h"
#include "coordinator/report/sheet.h"

namespace unmask {
namespace {

std::string CellText(const SheetCell& cell) {
  std::string text = EscapeLatex(cell.text);
  if (text.starts_with("-")) text = "$-$" + text.substr(1);
  if (cell.significant) text += std::string("$^{") + kStar + "}$";
  if (cell.leaky) text += std::string(" \\textbf{") + kLeakyMark + "}";
  return text;
}

std::string GroupHeads(const Sheet& sheet) {
  std::string heads = std::string(sheet.label_columns - 1, '&');
  std::string rules;
  for (std::size_t i = 0; i < sheet.columns.size(); i += SpanAt(sheet, i)) {
    heads += " & ";
    if (sheet.columns[i].group.empty()) continue;
    const std::size_t from = sheet.label_columns + i + 1;
    const std::size_t span = SpanAt(sheet, i);
    heads +=
        fmt::format("\\multicolumn{{{}}}{{c}}{{{}}}", span, EscapeLatex(sheet.columns[i].group));
    rules += fmt::format("\\cmidrule(lr){{{}-{}}}", from, from + span - 1);
  }
  return rules.empty() ? "" : heads + " \\\\\n" + rules + "\n";
}

std::string Heads(const Sheet& sheet) {
  std::string out = std::string(sheet.label_columns - 1, '&');
  for (const SheetColumn& column : sheet.columns) out += " & " + EscapeLatex(column.heading);
  return out + " \\\\\n";
}

std::string Section(const Sheet& sheet, const SheetSection& section) {
  std::string out = fmt::format("\\midrule\n\\multicolumn{{{}}}{{l}}{{\\textit{{{}}}}} \\\\\n",
                                sheet.label_columns + sheet.columns.size(), section.heading);
  for (const SheetLine& line : section.lines) {
    std::string text;
    for (const std::string& label : line.labels) {
      text += (text.empty() ? "" : " & ") + EscapeLatex(label);
    }
    for (const SheetCell& cell : line.cells) text += " & " + CellText(cell);
    out += text + " \\\\\n";
  }
  return out;
}

// A label that \ref takes: letters, digits and dashes. IDs that look alike so get a number.
std::string RefName(std::string_view id, UniqueNames& labels) {
  std::string out;
  for (const char c : id) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += plain ? c : '-';
  }
  return labels.Take(out, "-");
}

std::string Tabular(const Sheet& sheet) {
  std::string out = "\\begin{tabular}{" + std::string(sheet.label_columns, 'l') +
                    std::string(sheet.columns.size(), 'r') + "}\n\\toprule\n" + GroupHeads(sheet) +
                    Heads(sheet);
  for (const SheetSection& section : sheet.sections) out += Section(sheet, section);
  return out + "\\bottomrule\n\\end{tabular}";
}

// Measured by TeX, which alone knows the page: what is wider is shrunk to it.
std::string Fitted(const std::string& tabular) {
  return "\\sbox0{%\n" + tabular +
         "}%\n\\ifdim\\wd0>\\linewidth\\resizebox{\\linewidth}{!}{\\usebox0}\\else\\usebox0\\fi\n";
}

std::string RenderOne(const Table& table, UniqueNames& labels) {
  const Sheet sheet = LayOut(table);
  std::string out =
      "\\begin{table*}\n\\centering\\footnotesize\\setlength{\\tabcolsep}{3.5pt}\n\\caption{" +
      EscapeLatex(sheet.title) + "}\n\\label{tab:" + RefName(table.id, labels) + "}\n" +
      Fitted(Tabular(sheet)) + "\n\\medskip\n\\begin{minipage}{\\linewidth}\\footnotesize\n";
  for (const std::string& note : sheet.notes) out += EscapeLatex(note) + "\\par\n";
  return out + "\\end{minipage}\n\\end{table*}\n";
}

}  // namespace

std::string RenderLatex(const std::vector<Table>& tables) {
  std::string out =
      "% Needs \\usepackage{booktabs,graphicx} and \\usepackage[T1]{fontenc}. What T1 lacks,\n"
      "% but for Greek and common signs, needs lualatex or xelatex with fontspec instead.\n";
  UniqueNames labels;
  for (const Table& table : tables) out += "\n" + RenderOne(table, labels);
  return out;
}

}  // namespace unmask

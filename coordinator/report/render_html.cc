// One page that needs nothing else: no scripts, no fonts, no links; light and dark.
#include <fmt/format.h>

#include "coordinator/report/escape.h"
#include "coordinator/report/render.h"
#include "coordinator/report/sheet.h"

namespace unmask {
namespace {

constexpr const char* kStyle = R"(:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem;
  color: light-dark(#1c1e21, #e4e6e9); background: light-dark(#fff, #16181b); }
.wide { overflow-x: auto; margin: 2.5rem 0 0.5rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-size: 1.15rem; font-weight: 600; padding-bottom: 0.5rem; }
th, td { padding: 0.3rem 0.7rem; white-space: nowrap; text-align: right; font-weight: normal; }
thead th { color: light-dark(#5a6068, #a2a8b0); font-size: 0.87rem; }
thead th[scope=colgroup] { text-align: center;
  border-bottom: 1px solid light-dark(#ccd0d5, #3a3e44); }
tbody th { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 8rem; }
tbody th[scope=rowgroup] { font-weight: 600; padding-top: 0.8rem; }
tbody tr + tr { border-top: 1px solid light-dark(#ebedf0, #26292e); }
thead { border-top: 2px solid; border-bottom: 1px solid; }
table { border-bottom: 2px solid; }
.leaky { color: light-dark(#b3261e, #ff8a80); font-size: 0.8rem; letter-spacing: 0.03em; }
ul { color: light-dark(#5a6068, #a2a8b0); font-size: 0.87rem; margin: 0; padding-left: 1.2rem;
  overflow-wrap: anywhere; }
)";

std::string CellText(const SheetCell& cell) {
  std::string text = EscapeHtml(cell.text);
  if (cell.significant) text += std::string("<sup>") + kStar + "</sup>";
  return cell.leaky ? text + " <strong class=\"leaky\">" + kLeakyMark + "</strong>" : text;
}

// Two lines of heads: groups over their columns, the others over both lines.
std::string Heads(const Sheet& sheet) {
  std::string top = fmt::format("<tr><td colspan=\"{}\" rowspan=\"2\"></td>", sheet.label_columns);
  std::string bottom = "<tr>";
  for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
    const SheetColumn& column = sheet.columns[i];
    const std::string heading = EscapeHtml(column.heading);
    if (column.group.empty()) {
      top += "<th scope=\"col\" rowspan=\"2\">" + heading + "</th>";
      continue;
    }
    if (i == 0 || sheet.columns[i - 1].group != column.group) {
      top += fmt::format("<th scope=\"colgroup\" colspan=\"{}\">{}</th>", SpanAt(sheet, i),
                         EscapeHtml(column.group));
    }
    bottom += "<th scope=\"col\">" + heading + "</th>";
  }
  return "<thead>\n" + top + "</tr>\n" + bottom + "</tr>\n</thead>\n";
}

std::string Section(const Sheet& sheet, const SheetSection& section) {
  std::string out =
      fmt::format("<tbody>\n<tr><th scope=\"rowgroup\" colspan=\"{}\"><span>{}</span></th></tr>\n",
                  sheet.label_columns + sheet.columns.size(), section.heading);
  for (const SheetLine& line : section.lines) {
    out += "<tr>";
    for (const std::string& label : line.labels) {
      out += "<th scope=\"row\">" + EscapeHtml(label) + "</th>";
    }
    for (const SheetCell& cell : line.cells) out += "<td>" + CellText(cell) + "</td>";
    out += "</tr>\n";
  }
  return out + "</tbody>\n";
}

std::string RenderOne(const Table& table) {
  const Sheet sheet = LayOut(table);
  const std::string heading = EscapeHtml(sheet.heading);
  // A region that scrolls sideways must be reachable by keyboard.
  std::string out = "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"" + heading +
                    "\">\n<table>\n<caption>" + heading + "</caption>\n" + Heads(sheet);
  for (const SheetSection& section : sheet.sections) out += Section(sheet, section);
  out += "</table>\n</div>\n<ul>\n";
  for (const std::string& note : sheet.notes) out += "<li>" + EscapeHtml(note) + "</li>\n";
  return out + "</ul>\n";
}

}  // namespace

std::string RenderHtmlTables(const std::vector<Table>& tables) {
  std::string out;
  for (const Table& table : tables) out += RenderOne(table);
  return out;
}

std::string HtmlTableStyle() { return kStyle; }

std::string RenderHtml(const std::vector<Table>& tables) {
  const std::string title = tables.empty() ? "Tables" : "Tables of " + tables.front().sweep;
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
      EscapeHtml(title) + "</title>\n<style>\n" + kStyle + "</style>\n</head>\n<body>\n<main>\n";
  return out + RenderHtmlTables(tables) + "</main>\n</body>\n</html>\n";
}

}  // namespace unmask

#include "coordinator/report/escape.h"

#include <algorithm>

#include "common/base/text.h"

namespace unmask {
namespace {

bool IsFormula(std::string_view text) {
  constexpr std::string_view kStarts = "=+-@\t\r";
  return !text.empty() && kStarts.find(text.front()) != std::string_view::npos && !ParseReal(text);
}

}  // namespace

std::string EscapeMarkdown(std::string_view text) {
  constexpr std::string_view kSpecial = "\\|*_`<>[~$&";
  std::string out;
  for (const char c : VisibleText(text)) {
    if (kSpecial.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (const char c : VisibleText(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string CsvField(std::string_view text) {
  std::string field = IsFormula(text) ? "'" : "";
  std::size_t from = 0;
  while (from < text.size()) {  // line ends and tabs are data here; other controls are not
    const std::size_t to = std::min(text.find_first_of("\r\n\t", from), text.size());
    field += EscapeControl(text.substr(from, to - from));
    if (to < text.size()) field += text[to];
    from = to + 1;
  }
  if (field.find_first_of(",\"\r\n\t") == std::string::npos && Trim(field) == field) return field;
  std::string quoted = "\"";
  for (const char c : field) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace unmask

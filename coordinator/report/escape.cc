#include "coordinator/report/escape.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.h"

namespace unmask {
namespace {

bool IsFormula(std::string_view text) {
  constexpr std::string_view kStarts = "=+-@\t\r";
  return !text.empty() && kStarts.find(text.front()) != std::string_view::npos && !ParseReal(text);
}

}  // namespace

std::string VisibleText(std::string_view text) {
  const std::string safe = EscapeControl(text);
  std::string out;
  for (std::size_t i = 0; i < safe.size(); ++i) {
    // U+202A to U+202E and U+2066 to U+2069.
    const auto third = i + 2 < safe.size() ? static_cast<unsigned char>(safe[i + 2]) : 0U;
    const bool embeds = safe.compare(i, 2, "\xE2\x80") == 0 && third >= 0xAA && third <= 0xAE;
    const bool isolates = safe.compare(i, 2, "\xE2\x81") == 0 && third >= 0xA6 && third <= 0xA9;
    if (embeds || isolates) {
      out += fmt::format("\\u20{:02X}", (embeds ? 0x00 : 0x40) + (third & 0x3FU));
      i += 2;
    } else {
      out += safe[i];
    }
  }
  return out;
}

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

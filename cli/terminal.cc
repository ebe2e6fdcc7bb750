#include "cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "common/base/text.h"

namespace unmask {
namespace {

std::string_view Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

bool SpeaksUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = ToLower(Environment(name));
    if (value.empty()) continue;
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

}  // namespace

bool IsDrawable() {
  return isatty(STDOUT_FILENO) == 1 && !Environment("TERM").empty() &&
         Environment("TERM") != "dumb";
}

ScreenShape ShapeOfTerminal() {
  ScreenShape shape;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    shape.columns = size.ws_col;
    shape.rows = size.ws_row;
  }
  shape.color = Environment("NO_COLOR").empty();  // no-color.org
  shape.unicode = SpeaksUtf8();
  return shape;
}

// ECMA-48: CUU up, EL erase to the line's end, ED erase below.
std::string RedrawBytes(std::size_t drawn, const std::vector<std::string>& lines, bool afresh) {
  std::string bytes = "\r";
  if (afresh) {
    bytes += "\x1b[H\x1b[2J";
  } else if (drawn > 0) {
    bytes += fmt::format("\x1b[{}A", drawn);
  }
  for (const std::string& line : lines) bytes += line + "\x1b[K\n";
  return bytes + "\x1b[J";
}

}  // namespace unmask

#include "common/base/display_width.h"

#include <utf8proc.h>

#include <algorithm>

namespace unmask {
namespace {

// A character: how many bytes and how many columns it takes. Broken UTF-8 counts byte by byte.
struct Character {
  std::size_t bytes = 1;
  int width = 1;
};

Character FirstOf(std::string_view text) {
  utf8proc_int32_t point = 0;
  const utf8proc_ssize_t bytes =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                       static_cast<utf8proc_ssize_t>(text.size()), &point);
  if (bytes <= 0) return {};
  return {static_cast<std::size_t>(bytes), utf8proc_charwidth(point)};
}

// As much of its beginning as fits.
std::string_view Beginning(std::string_view text, int width) {
  std::size_t end = 0;
  while (end < text.size()) {
    const Character next = FirstOf(text.substr(end));
    if (next.width > width) break;
    width -= next.width;
    end += next.bytes;
  }
  return text.substr(0, end);
}

// What is left when as little as possible of its beginning is gone, whole letters with their marks.
std::string_view End(std::string_view text, int width) {
  for (int left = DisplayWidth(text); !text.empty();) {
    const Character first = FirstOf(text);
    if (left <= width && first.width > 0) break;
    left -= first.width;
    text.remove_prefix(first.bytes);
  }
  return text;
}

std::string Blanks(int count) {
  return std::string(static_cast<std::size_t>(std::max(0, count)), ' ');
}

const char* Ellipsis(bool unicode) { return unicode ? "…" : "~"; }

}  // namespace

int DisplayWidth(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const Character next = FirstOf(text);
    width += next.width;
    text.remove_prefix(next.bytes);
  }
  return width;
}

std::string CutWidth(std::string_view text, int width, bool unicode) {
  if (width <= 0) return "";
  if (DisplayWidth(text) <= width) return std::string(text);
  return std::string(Beginning(text, width - 1)) + Ellipsis(unicode);
}

std::string CutMiddle(std::string_view text, int width, bool unicode) {
  if (width <= 0) return "";
  if (DisplayWidth(text) <= width) return std::string(text);
  const int head = (width - 1) / 4;
  return std::string(Beginning(text, head)) + Ellipsis(unicode) +
         std::string(End(text, width - 1 - head));
}

std::string AlignLeft(std::string_view text, int width) {
  return std::string(text) + Blanks(width - DisplayWidth(text));
}

std::string AlignRight(std::string_view text, int width) {
  return Blanks(width - DisplayWidth(text)) + std::string(text);
}

}  // namespace unmask

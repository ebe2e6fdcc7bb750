#include "coordinator/live/display_width.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace unmask {
namespace {

struct Block {
  char32_t first;
  char32_t last;
};

constexpr std::array<Block, 10> kNoWidth = {{{0x0300, 0x036F},
                                             {0x0591, 0x05BD},
                                             {0x0610, 0x061A},
                                             {0x064B, 0x065F},
                                             {0x200B, 0x200F},
                                             {0x202A, 0x202E},
                                             {0x2060, 0x2069},
                                             {0x20D0, 0x20FF},
                                             {0xFE00, 0xFE0F},
                                             {0xFEFF, 0xFEFF}}};
constexpr std::array<Block, 8> kTwoWide = {{{0x1100, 0x115F},
                                            {0x2E80, 0x303E},
                                            {0x3041, 0xA4CF},
                                            {0xAC00, 0xD7A3},
                                            {0xF900, 0xFAFF},
                                            {0xFF00, 0xFF60},
                                            {0x1F300, 0x1F9FF},
                                            {0x20000, 0x3FFFD}}};

template <typename Blocks>
bool IsIn(const Blocks& blocks, char32_t point) {
  return std::ranges::any_of(
      blocks, [&](const Block& block) { return point >= block.first && point <= block.last; });
}

// The next code point and how many bytes it takes; broken UTF-8 counts byte by byte.
struct Next {
  char32_t point = 0;
  std::size_t bytes = 1;
};
Next NextPoint(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t bytes = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (bytes == 1 || bytes > text.size()) return {lead, 1};
  char32_t point = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    point = (point << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return {point, bytes};
}

int WidthOf(char32_t point) { return IsIn(kNoWidth, point) ? 0 : IsIn(kTwoWide, point) ? 2 : 1; }

}  // namespace

int DisplayWidth(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const Next next = NextPoint(text);
    width += WidthOf(next.point);
    text.remove_prefix(next.bytes);
  }
  return width;
}

std::string CutWidth(std::string_view text, int width, bool unicode) {
  if (width <= 0) return "";
  if (DisplayWidth(text) <= width) return std::string(text);
  int used = 0;
  std::size_t end = 0;
  while (end < text.size()) {
    const Next next = NextPoint(text.substr(end));
    if (used + WidthOf(next.point) > width - 1) break;
    used += WidthOf(next.point);
    end += next.bytes;
  }
  return std::string(text.substr(0, end)) + (unicode ? "…" : "~");
}

std::string FitWidth(std::string_view text, int width, bool unicode) {
  std::string fitted = CutWidth(text, width, unicode);
  fitted.append(static_cast<std::size_t>(std::max(0, width - DisplayWidth(fitted))), ' ');
  return fitted;
}

}  // namespace unmask

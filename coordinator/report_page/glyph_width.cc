#include "coordinator/report_page/glyph_width.h"

#include <array>
#include <cstdint>

namespace unmask {
namespace {

// From ' ' to '~', in hundredths, rounded up.
using Widths = std::array<std::uint8_t, 95>;
constexpr Widths kRegular = {
    32, 41, 46, 84, 64, 96, 78, 28, 40,  40, 50, 84, 32, 37, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 54, 100, 69, 69, 70, 78, 64, 58, 78, 76, 30, 30, 66, 56, 87, 75, 79,
    61, 79, 70, 64, 62, 74, 69, 99, 69,  62, 69, 40, 34, 40, 84, 50, 50, 62, 64, 55, 64, 62, 36, 64,
    64, 28, 28, 58, 28, 98, 64, 62, 64,  64, 42, 53, 40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84};
constexpr Widths kBold = {35,  46, 53, 84, 70, 101, 88, 31,  46, 46, 53, 84, 38, 42,  38, 37,
                          70,  70, 70, 70, 70, 70,  70, 70,  70, 70, 40, 40, 84, 84,  84, 59,
                          100, 78, 77, 74, 84, 69,  69, 83,  84, 38, 38, 78, 64, 100, 84, 86,
                          74,  86, 78, 73, 69, 82,  78, 111, 78, 73, 73, 46, 37, 46,  84, 50,
                          50,  68, 72, 60, 72, 68,  44, 72,  72, 35, 35, 67, 35, 105, 72, 69,
                          72,  72, 50, 60, 48, 72,  66, 93,  65, 66, 59, 72, 37, 72,  84};

constexpr double kBoldFactor = 1.13;  // of what is not ASCII

double OtherWidth(std::string_view character) {
  if (character.size() > 2) return 1;  // as the ellipsis, the dash and ideographs
  if (std::string_view("ÆæŒœĦŴŉ©®¼½¾").find(character) != std::string_view::npos) return 1.08;
  const bool small = character >= "à" && character <= "ÿ" && character != "÷";
  return small ? 0.64 : 0.84;
}

}  // namespace

double GlyphWidth(std::string_view character, bool bold) {
  if (character.size() > 1) return OtherWidth(character) * (bold ? kBoldFactor : 1);
  const auto at = static_cast<std::size_t>(static_cast<unsigned char>(character.front())) - ' ';
  if (at >= kRegular.size()) return 0;  // control characters, which VisibleText has taken out
  return (bold ? kBold : kRegular)[at] / 100.0;
}

}  // namespace unmask

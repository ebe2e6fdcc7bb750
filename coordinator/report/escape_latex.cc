#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "common/base/text.h"
#include "coordinator/report/escape.h"

namespace unmask {
namespace {

// U+0391 to U+03A9 and U+03B1 to U+03C9. TeX has no letters of their own for those that look Latin.
constexpr std::array<std::string_view, 25> kCapitals = {
    "A",  "B", "Gamma", "Delta", "E", "Z",     "H", "Theta", "I",   "K", "Lambda", "M",    "N",
    "Xi", "O", "Pi",    "P",     "",  "Sigma", "T", "Y",     "Phi", "X", "Psi",    "Omega"};
constexpr std::array<std::string_view, 25> kSmall = {
    "alpha", "beta",   "gamma",   "delta", "epsilon", "zeta", "eta",  "theta", "iota",
    "kappa", "lambda", "mu",      "nu",    "xi",      "o",    "pi",   "rho",   "varsigma",
    "sigma", "tau",    "upsilon", "phi",   "chi",     "psi",  "omega"};

struct Sign {
  std::string_view character;
  std::string_view name;
};

constexpr Sign kAccented[] = {{"Ά", R"(\acute{\mathrm{A}})"},
                              {"Έ", R"(\acute{\mathrm{E}})"},
                              {"Ή", R"(\acute{\mathrm{H}})"},
                              {"Ί", R"(\acute{\mathrm{I}})"},
                              {"Ό", R"(\acute{\mathrm{O}})"},
                              {"Ύ", R"(\acute{\mathrm{Y}})"},
                              {"Ώ", R"(\acute{\Omega})"},
                              {"ΐ", R"(\acute{\ddot{\iota}})"},
                              {"Ϊ", R"(\ddot{\mathrm{I}})"},
                              {"Ϋ", R"(\ddot{\mathrm{Y}})"},
                              {"ά", R"(\acute{\alpha})"},
                              {"έ", R"(\acute{\epsilon})"},
                              {"ή", R"(\acute{\eta})"},
                              {"ί", R"(\acute{\iota})"},
                              {"ΰ", R"(\acute{\ddot{\upsilon}})"},
                              {"ϊ", R"(\ddot{\iota})"},
                              {"ϋ", R"(\ddot{\upsilon})"},
                              {"ό", R"(\acute{o})"},
                              {"ύ", R"(\acute{\upsilon})"},
                              {"ώ", R"(\acute{\omega})"}};

// What T1 lacks. It has ± × ÷ ° µ, dashes, quotes and the ellipsis.
constexpr Sign kSigns[] = {{"ϑ", R"(\vartheta)"},
                           {"ϕ", R"(\phi)"},
                           {"ϖ", R"(\varpi)"},
                           {"ϱ", R"(\varrho)"},
                           {"ϵ", R"(\epsilon)"},
                           {"′", R"(\prime)"},
                           {"″", R"(\prime\prime)"},
                           {"⁻", "^-"},
                           {"Ω", R"(\Omega)"},
                           {"↔", R"(\leftrightarrow)"},
                           {"⇒", R"(\Rightarrow)"},
                           {"∂", R"(\partial)"},
                           {"∅", R"(\emptyset)"},
                           {"∆", R"(\Delta)"},
                           {"∇", R"(\nabla)"},
                           {"∈", R"(\in)"},
                           {"∏", R"(\prod)"},
                           {"∑", R"(\sum)"},
                           {"−", "-"},
                           {"√", R"(\surd)"},
                           {"∝", R"(\propto)"},
                           {"∞", R"(\infty)"},
                           {"∩", R"(\cap)"},
                           {"∪", R"(\cup)"},
                           {"∼", R"(\sim)"},
                           {"≈", R"(\approx)"},
                           {"≠", R"(\ne)"},
                           {"≡", R"(\equiv)"},
                           {"≤", R"(\le)"},
                           {"≥", R"(\ge)"},
                           {"≪", R"(\ll)"},
                           {"≫", R"(\gg)"},
                           {"⊂", R"(\subset)"},
                           {"⊙", R"(\odot)"},
                           {"⊕", R"(\oplus)"},
                           {"⊗", R"(\otimes)"}};

// The first character of UTF-8.
std::string_view FirstOf(std::string_view text) {
  std::size_t bytes = 1;
  while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) ++bytes;
  return text.substr(0, bytes);
}

unsigned CodePoint(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 2) return (byte(0) & 0x1FU) << 6 | (byte(1) & 0x3FU);
  if (character.size() == 3) {
    return (byte(0) & 0x0FU) << 12 | (byte(1) & 0x3FU) << 6 | (byte(2) & 0x3FU);
  }
  return byte(0);
}

std::string GreekOf(unsigned code) {
  if (code >= 0x3B1 && code <= 0x3C9) {
    const std::string_view name = kSmall[code - 0x3B1];
    return fmt::format("{}{}", name == "o" ? "" : "\\", name);
  }
  if (code < 0x391 || code > 0x3A9) return "";
  const std::string_view name = kCapitals[code - 0x391];
  if (name.size() == 1) return fmt::format("\\mathrm{{{}}}", name);
  return fmt::format("{}{}", name.empty() ? "" : "\\", name);
}

std::string DigitOf(unsigned code) {
  if (code == 0x2070 || (code >= 0x2074 && code <= 0x2079)) {
    return fmt::format("^{}", code - 0x2070);
  }
  return code >= 0x2080 && code <= 0x2089 ? fmt::format("_{}", code - 0x2080) : "";
}

std::string SignOf(std::span<const Sign> signs, std::string_view character) {
  const auto at = std::ranges::find(signs, character, &Sign::character);
  return std::string(at == signs.end() ? "" : at->name);
}

// Empty where the character is no math.
std::string MathOf(std::string_view character) {
  const unsigned code = CodePoint(character);
  return GreekOf(code) + DigitOf(code) + SignOf(kAccented, character) + SignOf(kSigns, character);
}

std::string TextOf(std::string_view character) {
  constexpr std::string_view kEscaped = "#$%&_{}";
  constexpr std::string_view kBraced = "[*";  // after \\ they would be read as its arguments
  constexpr Sign kNamed[] = {{"\\", "backslash"}, {"~", "asciitilde"}, {"^", "asciicircum"},
                             {"<", "less"},       {">", "greater"},    {"|", "bar"},
                             {"\"", "quotedbl"},  {"`", "asciigrave"}};
  const std::string name = SignOf(kNamed, character);
  if (!name.empty()) return fmt::format("\\text{}{{}}", name);
  if (kEscaped.find(character) != std::string_view::npos) return fmt::format("\\{}", character);
  if (kBraced.find(character) != std::string_view::npos) return fmt::format("{{{}}}", character);
  return std::string(character);
}

// Two of equal kind become one character of the font, as -- becomes a dash; empty: this one never.
std::string_view Ligature(std::string_view character) {
  if (character == "–" || character == "‐") return "-";
  if (character == "’") return "'";
  constexpr std::string_view kAlone = "-',<>";
  const bool alone = character == "‘" || kAlone.find(character) != std::string_view::npos;
  return alone ? character : "";
}

bool Join(std::string_view first, std::string_view second) {
  return !Ligature(first).empty() && Ligature(first) == Ligature(second);
}

}  // namespace

std::string EscapeLatex(std::string_view text) {
  const std::string safe = VisibleText(text);
  std::string out;
  std::string_view before;
  for (std::string_view rest = safe; !rest.empty(); rest.remove_prefix(before.size())) {
    const std::string_view character = FirstOf(rest);
    const std::string math = MathOf(character);
    if (Join(before, character)) out += "\\kern0pt{}";  // `{}` alone: not in LuaTeX
    out += math.empty() ? TextOf(character) : "$" + math + "$";
    before = character;
  }
  return out;
}

}  // namespace unmask

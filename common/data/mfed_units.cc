// The odd action units of MFED: 12.0, 26.1, 25.26, "27 25", full-width commas, 4?, 12L, "4,,7".
#include <algorithm>

#include "common/base/text.h"
#include "common/data/mfed_import.h"

namespace unmask {
namespace {

constexpr std::string_view kFullWidthComma = "，";

class UnitCleaner {
 public:
  CleanUnits Clean(std::string_view text) {
    if (Trim(text).empty()) return {};  // no action units is nothing odd
    while (true) {
      const std::size_t comma = text.find(',');
      const std::size_t full_width = text.find(kFullWidthComma);
      const std::size_t end = std::min(comma, full_width);
      TakeToken(text.substr(0, end));
      if (end == std::string_view::npos) break;
      if (full_width < comma) Saw("full-width comma");
      text.remove_prefix(end + (full_width < comma ? kFullWidthComma.size() : 1));
    }
    return std::move(clean_);
  }

 private:
  void TakeToken(std::string_view token) {
    const std::string_view trimmed = Trim(token);
    if (trimmed.empty()) return Saw("empty token");
    if (trimmed.size() != token.size()) Saw("white space around");
    std::string spaced(trimmed);
    std::replace(spaced.begin(), spaced.end(), '\t', ' ');
    if (spaced.find(' ') != std::string::npos) Saw("separated by a space");
    for (const std::string& part : Split(spaced, ' ')) {
      if (!part.empty()) TakeDotted(part);
    }
  }

  void TakeDotted(std::string part) {
    if (part.ends_with(".0")) {
      Saw("trailing .0");
      part.resize(part.size() - 2);
    }
    if (part.find('.') != std::string::npos) Saw("separated by a dot");
    for (const std::string& code : Split(part, '.')) TakeCode(code);
  }

  void TakeCode(std::string_view code) {
    if (code.ends_with('?')) {
      Saw("question mark");
      code.remove_suffix(1);
    }
    if (code.ends_with('L') || code.ends_with('R')) {
      Saw("laterality");
      code.remove_suffix(1);
    }
    auto& units = clean_.units;
    if (FacsIndex(code) < 0) return Saw("unknown code");
    if (std::find(units.begin(), units.end(), code) != units.end()) return Saw("repeated code");
    units.emplace_back(code);
  }

  void Saw(std::string_view kind) {
    auto& kinds = clean_.kinds;
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.emplace_back(kind);
  }

  CleanUnits clean_;
};

}  // namespace

CleanUnits CleanActionUnits(std::string_view text) { return UnitCleaner().Clean(text); }

}  // namespace unmask

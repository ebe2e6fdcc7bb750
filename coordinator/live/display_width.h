// How many columns of a terminal a text takes.
#pragma once

#include <string>
#include <string_view>

namespace unmask {

// Of UTF-8 without control characters (EscapeControl): wide characters (CJK, Hangul, emoji) take
// two columns; combining marks, joiners and direction marks none. After Unicode 15's East Asian
// Width, by blocks.
int DisplayWidth(std::string_view text);

// Exactly `width` columns: cut with an ellipsis ("~" without Unicode), or padded with blanks.
std::string FitWidth(std::string_view text, int width, bool unicode);

// At most `width` columns.
std::string CutWidth(std::string_view text, int width, bool unicode);

}  // namespace unmask

// How many columns of a terminal a text takes.
#pragma once

#include <string>
#include <string_view>

namespace unmask {

// Of UTF-8 without control characters (EscapeControl): wide characters (CJK, Hangul, emoji) take
// two columns, combining marks, joiners and direction marks none.
int DisplayWidth(std::string_view text);

// At most `width` columns: cut with an ellipsis ("~" without Unicode) at the end, or where the
// first quarter meets the last three, for names that differ at their ends.
std::string CutWidth(std::string_view text, int width, bool unicode);
std::string CutMiddle(std::string_view text, int width, bool unicode);

// At least `width` columns, with blanks after the text or before it.
std::string AlignLeft(std::string_view text, int width);
std::string AlignRight(std::string_view text, int width);

}  // namespace unmask

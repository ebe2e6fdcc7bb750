// How wide a character is. A browser knows, but a report is laid out before one sees it.
#pragma once

#include <string_view>

namespace unmask {

// Of one character in UTF-8, in units of the font's size. As in DejaVu Sans, the widest of the
// fonts that a page is likely to get, or a little more; exact for ASCII. Bold is what CSS has as
// 600 too.
double GlyphWidth(std::string_view character, bool bold);

}  // namespace unmask

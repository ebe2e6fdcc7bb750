// A terminal that is redrawn in place. Nothing of it needs to be put back at the end: no alternate
// screen, no hidden cursor, so a kill at any moment leaves it as it was.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "coordinator/live/watch_screen.h"

namespace unmask {

// Whether stdout is a terminal that can be redrawn.
bool IsDrawable();
// Its size now; colour unless NO_COLOR is set, Unicode where the locale is UTF-8.
ScreenShape ShapeOfTerminal();

// The bytes that put `lines` over the `drawn` ones above the cursor. `afresh`: the screen is
// cleared first (the window has another size, and nobody knows what stands where).
std::string RedrawBytes(std::size_t drawn, const std::vector<std::string>& lines, bool afresh);

}  // namespace unmask

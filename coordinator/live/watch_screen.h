// `status --watch` on a terminal: a snapshot as lines that fit it. Pure.
#pragma once

#include <string>
#include <vector>

#include "coordinator/live/live_snapshot.h"

namespace unmask {

struct ScreenShape {
  int columns = 80;
  int rows = 24;
  bool color = false;
  bool unicode = true;  // else ASCII marks
};

// Fewer lines than rows, none wider than the columns: nothing scrolls or wraps. What does not fit
// is counted in a line of its own. Points go by need: running, failed, queued, then complete ones.
std::vector<std::string> DrawScreen(const LiveSnapshot& snapshot, const ScreenShape& shape);

}  // namespace unmask

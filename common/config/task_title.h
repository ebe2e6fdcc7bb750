// Both tasks, and what people read of them.
#pragma once

#include <array>

#include "common/config/settings.h"

namespace unmask {

inline constexpr std::array kTasks = {Task::kTer, Task::kDer};

constexpr const char* TaskTitle(Task task) { return task == Task::kTer ? "TER" : "DER"; }

}  // namespace unmask

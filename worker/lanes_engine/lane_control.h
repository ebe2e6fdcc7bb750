// What tells a lane from its neighbours in a step: one row of floats. It lies on the device like
// everything that a step reads, so that a step is the same sequence of operations whatever the
// lanes hold, and a recorded one can be replayed. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/config/settings.h"
#include "worker/lanes_engine/lane_arguments.h"

namespace unmask {

// What a lane does in a step.
enum class LaneWork { kNothing, kTrain, kEvaluate };

inline constexpr auto kControlColumns = static_cast<std::size_t>(Control::kColumns);

// `steps`: of Adam, this one included. `alpha` is 0 for a model of one task.
void FillControl(const Settings& settings, LaneWork work, std::int64_t rows, std::int64_t steps,
                 std::span<float> row);

}  // namespace unmask

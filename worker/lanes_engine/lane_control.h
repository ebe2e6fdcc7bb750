// What tells a lane from its neighbours in a step: one row of floats. It lies on the device like
// everything that a step reads, so that a step is the same sequence of operations whatever the
// lanes hold, and a recorded one can be replayed. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/config/settings.h"

namespace unmask {

// What a lane does in a step.
enum class LaneWork { kNothing, kTrain, kEvaluate };

// Columns of a lane's row. A lane that does not train has zeros where something would change it.
enum class Control : std::uint8_t {
  kTrains,          // 1 or 0
  kRows,            // clips in the step, n
  kInverseRows,     // 1/n
  kMomentum,        // of the running statistics
  kVarianceFactor,  // n/(n-1): BatchNorm keeps the unbiased variance
  kKept,            // what Dropout multiplies with
  kBeta,            // of the second task's loss
  kAlpha,           // of the independence term, 0 where there is none
  kHsic,            // its kind, as HsicKind
  kLinearKernel,    // 1 or 0
  kGamma,           // -1/(2 sigma^2)
  kBiased,          // 1/(n-1)^2
  kUnbiased,        // 1/(n(n-3))
  kUnbiasedSums,    // 1/((n-1)(n-2))
  kUnbiasedCross,   // 2/(n-2)
  kDecay,           // Adam from here on: L2
  kFirst,           // 1 - beta1
  kSecond,          // 1 - beta2
  kCorrection,      // 1/sqrt(1 - beta2^t)
  kStep,            // -lr/(1 - beta1^t)
  kColumns
};

inline constexpr auto kControlColumns = static_cast<std::size_t>(Control::kColumns);

// `steps`: of Adam, this one included. `alpha` is 0 for a model of one task.
void FillControl(const Settings& settings, LaneWork work, std::int64_t rows, std::int64_t steps,
                 std::span<float> row);

}  // namespace unmask

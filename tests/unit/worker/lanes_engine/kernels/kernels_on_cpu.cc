#include "tests/unit/worker/lanes_engine/kernels/kernels_on_cpu.h"

#include <stdexcept>
#include <utility>

#include "worker/lanes_engine/lane_adam.h"
#include "worker/lanes_engine/lane_arguments.h"

#include "tests/testing/cuda_on_cpu.h"  // behind everything else

// NOLINTBEGIN(cppcoreguidelines-macro-usage): what NVRTC is told
#define CONTROL_COLUMN(name) static_cast<int>(Control::name)
#define TRAINS CONTROL_COLUMN(kTrains)
#define ROWS CONTROL_COLUMN(kRows)
#define INVERSE_ROWS CONTROL_COLUMN(kInverseRows)
#define MOMENTUM CONTROL_COLUMN(kMomentum)
#define VARIANCE_FACTOR CONTROL_COLUMN(kVarianceFactor)
#define KEPT CONTROL_COLUMN(kKept)
#define BETA CONTROL_COLUMN(kBeta)
#define ALPHA CONTROL_COLUMN(kAlpha)
#define HSIC CONTROL_COLUMN(kHsic)
#define LINEAR_KERNEL CONTROL_COLUMN(kLinearKernel)
#define GAMMA CONTROL_COLUMN(kGamma)
#define DECAY CONTROL_COLUMN(kDecay)
#define FIRST CONTROL_COLUMN(kFirst)
#define SECOND CONTROL_COLUMN(kSecond)
#define CORRECTION CONTROL_COLUMN(kCorrection)
#define STEP CONTROL_COLUMN(kStep)
#define CONTROLS CONTROL_COLUMN(kColumns)
#define PAPER static_cast<int>(HsicKind::kPaper)
#define DROPOUT_WORDS (sizeof(LaneDropout) / sizeof(std::int32_t))
#define ADAM_EPSILON static_cast<float>(kAdamEpsilon)
#define NORM_EPSILON static_cast<float>(kLaneNormEpsilon)
#define UNIT_EPSILON static_cast<float>(kLaneUnitEpsilon)
// NOLINTEND(cppcoreguidelines-macro-usage)

// The kernels for tiles of every number of groups.
#define GROUPS 1
#include "tests/unit/worker/lanes_engine/kernels/kernels_of_groups.inc"
#define GROUPS 2
#include "tests/unit/worker/lanes_engine/kernels/kernels_of_groups.inc"
#define GROUPS 3
#include "tests/unit/worker/lanes_engine/kernels/kernels_of_groups.inc"
#define GROUPS 4
#include "tests/unit/worker/lanes_engine/kernels/kernels_of_groups.inc"
#define GROUPS 5
#include "tests/unit/worker/lanes_engine/kernels/kernels_of_groups.inc"
#define GROUPS 6
#include "tests/unit/worker/lanes_engine/kernels/kernels_of_groups.inc"
#define GROUPS 7
#include "tests/unit/worker/lanes_engine/kernels/kernels_of_groups.inc"
#define GROUPS 8
#include "tests/unit/worker/lanes_engine/kernels/kernels_of_groups.inc"

namespace unmask::testing {

LaneLauncher LaunchOnCpu(ThreadOrder order) {
  return [order](const LaneLaunch& launch) {
    constexpr decltype(&kernels_of_1::Kernel) kByGroups[] = {
        kernels_of_1::Kernel, kernels_of_2::Kernel, kernels_of_3::Kernel, kernels_of_4::Kernel,
        kernels_of_5::Kernel, kernels_of_6::Kernel, kernels_of_7::Kernel, kernels_of_8::Kernel};
    const auto [x, y, z] = launch.grid;
    cuda::Launch({x, y, z}, {launch.block[0], launch.block[1], 1}, static_cast<cuda::Order>(order),
                 kByGroups[launch.groups - 1](launch));
  };
}

}  // namespace unmask::testing

#pragma once

#include "worker/lanes_engine/lane_step.h"

namespace unmask::testing {

// In which order the threads of a block run, between two waits.
enum class ThreadOrder { kForward, kBackward, kShuffled };

// The lanes' kernels for CUDA devices, done by the CPU (tests/testing/cuda_on_cpu.h).
LaneLauncher LaunchOnCpu(ThreadOrder order);

}  // namespace unmask::testing

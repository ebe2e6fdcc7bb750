#pragma once

#include "tests/testing/cuda_on_cpu.h"
#include "worker/lanes_engine/lane_kernels.h"

namespace unmask::testing {

// The lanes' kernels for CUDA devices, done by the CPU.
LaneStepper StepOnCpu(cuda::Order order);

}  // namespace unmask::testing

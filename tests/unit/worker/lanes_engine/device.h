// Where this folder's tests train. They are compiled once more for the kernels of CUDA devices as
// the CPU does them (kernels/), and for a CUDA device (tests/gpu).
#pragma once

#include <gtest/gtest.h>

#include "worker/lanes_engine/lanes_engine.h"

#if defined(UNMASK_TEST_ON_CUDA)
#include "tests/gpu/cuda_test.h"
#elif defined(UNMASK_TEST_KERNELS)
#include "tests/unit/worker/lanes_engine/kernels/kernels_on_cpu.h"
#endif

namespace unmask::testing {

#if defined(UNMASK_TEST_ON_CUDA)
using DeviceTest = CudaTest;
inline LanePool PoolOf(std::int64_t lanes) { return {lanes, at::kCUDA}; }
#elif defined(UNMASK_TEST_KERNELS)
using DeviceTest = ::testing::Test;
inline LanePool PoolOf(std::int64_t lanes) {
  return {lanes, at::kCPU, RecordNothing, StepOnCpu(cuda::Order::kForward)};
}
#else
using DeviceTest = ::testing::Test;
inline LanePool PoolOf(std::int64_t lanes) { return {lanes, at::kCPU}; }
#endif

}  // namespace unmask::testing

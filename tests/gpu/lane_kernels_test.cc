// That NVRTC takes the lanes' kernels needs no device.
#include "worker/lanes_engine/lane_kernels.h"

#include <ATen/Context.h>
#include <gtest/gtest.h>

#include "worker/lanes_engine/lane_arguments.h"

namespace unmask {
namespace {

TEST(LaneKernels, CompileForEveryGenerationAndHeightOfTiles) {
  if (!at::Context::hasCUDART()) GTEST_SKIP() << "a build for CPUs";
  for (const char* architecture : {"sm_80", "sm_90", "sm_100"}) {
    EXPECT_FALSE(CompileLaneKernels(5, architecture).empty());
  }
  for (unsigned groups = 1; groups <= kMostGroups; ++groups) {
    EXPECT_FALSE(CompileLaneKernels(groups, "sm_75").empty());
  }
}

}  // namespace
}  // namespace unmask

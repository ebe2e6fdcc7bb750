// Tests that need a CUDA device: skipped where there is none. A device that is there and fails is a
// failure.
#pragma once

#include <ATen/Context.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>

#include "worker/model/named_tensors.h"

namespace unmask::testing {

inline int CudaDevices() { return static_cast<int>(at::getNumGPUs()); }

class CudaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (CudaDevices() > 0) return;
    ASSERT_FALSE(at::Context::hasCUDART() && std::filesystem::exists("/dev/nvidiactl"))
        << "there is a device, and libtorch cannot use it";
    GTEST_SKIP() << (at::Context::hasCUDART() ? "no CUDA device" : "a build for CPUs");
  }
};

// Every difference within `tolerance` of its tensor's largest value, which counts as at least
// `floor`: what only rounding makes differ from zero.
inline void ExpectNear(const NamedTensors& got, const NamedTensors& expected, double tolerance,
                       double floor) {
  ASSERT_EQ(got.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    ASSERT_EQ(got.at(name).shape, tensor.shape) << name;
    double largest = floor;
    double worst = 0;
    for (std::size_t i = 0; i < tensor.values.size(); ++i) {
      largest = std::max<double>(largest, std::abs(tensor.values[i]));
      worst = std::max<double>(worst, std::abs(got.at(name).values[i] - tensor.values[i]));
    }
    EXPECT_LE(worst, tolerance * largest) << name;
  }
}

}  // namespace unmask::testing

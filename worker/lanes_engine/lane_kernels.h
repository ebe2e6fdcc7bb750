// The kernels of a step, and who has them done. `lane_prelude.cu` says what they are.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "worker/lanes_engine/lane_step.h"

namespace unmask {

enum class LaneKernel : std::uint8_t {
  kForward,
  kBack,
  kMoveWeights,
  kMoveRest,
  kNormalise,
  kNormaliseBack,
  kClassify,
  kClassifyBack,
};

struct LaneLaunch {
  LaneKernel kernel;
  unsigned groups;  // a tile is as many times kGroup rows high: kernels are compiled for each
  std::array<unsigned, 3> grid;
  std::array<unsigned, 2> block;
  std::span<void* const> arguments;  // where they lie, as long as the launch
};
using LaneLauncher = std::function<void(const LaneLaunch&)>;

LaneStepper StepByKernels(LaneLauncher launcher);

// On the current stream. Throws in a build for CPUs.
void LaunchOnCuda(const LaneLaunch& launch);

// The kernels' text (cmake/EmbedText.cmake). Only in builds for GPUs.
extern const char* const kLaneKernelsText;

// Machine code for an architecture ("sm_90"), by NVRTC; needs no device. Throws in a build for
// CPUs.
std::vector<char> CompileLaneKernels(unsigned groups, const std::string& architecture);

}  // namespace unmask

// The kernels (lane_device.cu), compiled when the first of them is needed, for the device at hand.
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAStream.h>
#include <fmt/format.h>
#include <nvrtc.h>

#include <array>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "worker/lanes_engine/lane_adam.h"
#include "worker/lanes_engine/lane_kernels.h"
#include "worker/lanes_engine/lane_step.h"

namespace unmask {
namespace {

void Check(nvrtcResult result) {
  TORCH_CHECK(result == NVRTC_SUCCESS, "NVRTC: ", nvrtcGetErrorString(result));
}

std::string Architecture() {
  int device = 0;
  int major = 0;
  int minor = 0;
  C10_CUDA_CHECK(cudaGetDevice(&device));
  C10_CUDA_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device));
  C10_CUDA_CHECK(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device));
  return fmt::format("sm_{}{}", major, minor);
}

// As the kernels call them.
constexpr std::pair<const char*, Control> kControlNames[] = {
    {"TRAINS", Control::kTrains},
    {"ROWS", Control::kRows},
    {"INVERSE_ROWS", Control::kInverseRows},
    {"MOMENTUM", Control::kMomentum},
    {"VARIANCE_FACTOR", Control::kVarianceFactor},
    {"KEPT", Control::kKept},
    {"BETA", Control::kBeta},
    {"ALPHA", Control::kAlpha},
    {"HSIC", Control::kHsic},
    {"LINEAR_KERNEL", Control::kLinearKernel},
    {"GAMMA", Control::kGamma},
    {"DECAY", Control::kDecay},
    {"FIRST", Control::kFirst},
    {"SECOND", Control::kSecond},
    {"CORRECTION", Control::kCorrection},
    {"STEP", Control::kStep},
    {"CONTROLS", Control::kColumns},
};

std::vector<std::string> Options(unsigned groups, const std::string& architecture) {
  std::vector<std::string> options = {
      "--gpu-architecture=" + architecture,
      "--fmad=false",
      fmt::format("-DADAM_EPSILON={}f", kAdamEpsilon),
      fmt::format("-DNORM_EPSILON={}f", kLaneNormEpsilon),
      fmt::format("-DUNIT_EPSILON={}f", kLaneUnitEpsilon),
      fmt::format("-DPAPER={}", static_cast<int>(HsicKind::kPaper)),
      fmt::format("-DDROPOUT_WORDS={}", sizeof(LaneDropout) / sizeof(std::int32_t)),
      fmt::format("-DGROUPS={}", groups)};
  for (const auto& [name, column] : kControlNames) {
    options.push_back(fmt::format("-D{}={}", name, static_cast<int>(column)));
  }
  return options;
}

constexpr std::pair<LaneKernel, const char*> kKernelNames[] = {
    {LaneKernel::kForward, "Forward"},         {LaneKernel::kBack, "Back"},
    {LaneKernel::kMoveWeights, "MoveWeights"}, {LaneKernel::kMoveRest, "MoveRest"},
    {LaneKernel::kNormalise, "Normalise"},     {LaneKernel::kNormaliseBack, "NormaliseBack"},
    {LaneKernel::kClassify, "Classify"},       {LaneKernel::kClassifyBack, "ClassifyBack"},
};

struct Kernels {
  explicit Kernels(unsigned groups) : code(CompileLaneKernels(groups, Architecture())) {
    cudaLibrary_t library = nullptr;
    C10_CUDA_CHECK(
        cudaLibraryLoadData(&library, code.data(), nullptr, nullptr, 0, nullptr, nullptr, 0));
    for (const auto& [kernel, name] : kKernelNames) {
      C10_CUDA_CHECK(cudaLibraryGetKernel(&all[kernel], library, name));
    }
  }
  std::vector<char> code;
  std::map<LaneKernel, cudaKernel_t> all;
};

// For the process, which has one device. Never unloaded: CUDA may be gone before.
const Kernels& KernelsFor(unsigned groups) {
  static std::mutex& mutex = *new std::mutex();
  static std::map<unsigned, Kernels>& all = *new std::map<unsigned, Kernels>();
  const std::lock_guard lock(mutex);
  return all.try_emplace(groups, groups).first->second;
}

}  // namespace

std::vector<char> CompileLaneKernels(unsigned groups, const std::string& architecture) {
  const std::vector<std::string> options = Options(groups, architecture);
  std::vector<const char*> words;
  words.reserve(options.size());
  for (const std::string& option : options) words.push_back(option.c_str());
  nvrtcProgram program = nullptr;
  Check(nvrtcCreateProgram(&program, kLaneKernelsText, "lanes.cu", 0, nullptr, nullptr));
  const nvrtcResult compiled =
      nvrtcCompileProgram(program, static_cast<int>(words.size()), words.data());
  std::size_t size = 0;
  Check(nvrtcGetProgramLogSize(program, &size));
  std::string log(size, '\0');
  Check(nvrtcGetProgramLog(program, log.data()));
  TORCH_CHECK(compiled == NVRTC_SUCCESS, "NVRTC: ", log);
  Check(nvrtcGetCUBINSize(program, &size));
  std::vector<char> code(size);
  Check(nvrtcGetCUBIN(program, code.data()));
  Check(nvrtcDestroyProgram(&program));
  return code;
}

void LaunchOnCuda(const LaneLaunch& launch) {
  const cudaKernel_t kernel = KernelsFor(launch.groups).all.at(launch.kernel);
  C10_CUDA_CHECK(cudaLaunchKernel(
      reinterpret_cast<const void*>(kernel), dim3(launch.grid[0], launch.grid[1], launch.grid[2]),
      dim3(launch.block[0], launch.block[1]), const_cast<void**>(launch.arguments.data()), 0,
      c10::cuda::getCurrentCUDAStream()));
}

}  // namespace unmask

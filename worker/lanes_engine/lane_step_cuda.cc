// The kernels (lane_prelude.cu), compiled when the first of them is needed, for the device at hand.
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAStream.h>
#include <fmt/format.h>
#include <nvrtc.h>

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "worker/lanes_engine/lane_kernels.h"

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
  struct Program {
    ~Program() { nvrtcDestroyProgram(&it); }
    nvrtcProgram it = nullptr;
  } program;
  Check(nvrtcCreateProgram(&program.it, kLaneKernelsText, "lanes.cu", 0, nullptr, nullptr));
  const std::string options[] = {"--gpu-architecture=" + architecture, "--std=c++20",
                                 "--fmad=false", fmt::format("-DGROUPS={}", groups),
                                 "-w"};  // the log's first line is what a failure says
  std::vector<const char*> words;
  for (const std::string& option : options) words.push_back(option.c_str());
  const nvrtcResult compiled =
      nvrtcCompileProgram(program.it, static_cast<int>(words.size()), words.data());
  std::size_t size = 0;
  Check(nvrtcGetProgramLogSize(program.it, &size));
  std::string log(size, '\0');
  Check(nvrtcGetProgramLog(program.it, log.data()));
  TORCH_CHECK(compiled == NVRTC_SUCCESS, "NVRTC: ", log.c_str());
  Check(nvrtcGetCUBINSize(program.it, &size));
  std::vector<char> code(size);
  Check(nvrtcGetCUBIN(program.it, code.data()));
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

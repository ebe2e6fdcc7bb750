// The kernel is compiled as it is first needed, for the device at hand: that takes no nvcc to build
// unmask, and a tenth of a second to run it.
#include <ATen/ATen.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAStream.h>
#include <fmt/format.h>
#include <nvrtc.h>

#include <array>
#include <string>
#include <vector>

#include "common/base/check.h"
#include "worker/lanes_engine/lane_adam.h"
#include "worker/lanes_engine/lane_control.h"

namespace unmask {
namespace {

constexpr unsigned kThreads = 256;    // of a block
constexpr std::int64_t kBlocks = 64;  // of a lane, at most: 32 lanes fill any device

// Four numbers a thread and turn. Every operation is rounded as it stands, so nothing of it depends
// on the compiler; grid: (parts of a row, lanes).
constexpr const char* kSource = R"cuda(
__device__ void Move(const float* c, float& w, float& m, float& v, float g) {
  g = __fmaf_rn(c[DECAY], w, g);
  m = __fmaf_rn(c[FIRST], __fsub_rn(g, m), m);
  v = __fmaf_rn(c[SECOND], __fsub_rn(__fmul_rn(g, g), v), v);
  const float divisor = __fadd_rn(__fmul_rn(__fsqrt_rn(v), c[CORRECTION]), EPSILON);
  w = __fmaf_rn(c[STEP], __fdiv_rn(m, divisor), w);
}

extern "C" __global__ void Adam(float4* weights, float4* first, float4* second,
                                const float4* gradients, const float* control, long long fours) {
  float c[COLUMNS];
  for (int i = 0; i < COLUMNS; ++i) c[i] = control[blockIdx.y * COLUMNS + i];
  if (c[TRAINS] == 0.0f) return;
  const long long row = blockIdx.y * fours;
  for (long long i = blockIdx.x * blockDim.x + threadIdx.x; i < fours; i += gridDim.x * blockDim.x) {
    float4 w = weights[row + i], m = first[row + i], v = second[row + i];
    const float4 g = gradients[row + i];
    Move(c, w.x, m.x, v.x, g.x);
    Move(c, w.y, m.y, v.y, g.y);
    Move(c, w.z, m.z, v.z, g.z);
    Move(c, w.w, m.w, v.w, g.w);
    weights[row + i] = w;
    first[row + i] = m;
    second[row + i] = v;
  }
}
)cuda";

void CheckNvrtc(nvrtcResult result) {
  TORCH_CHECK(result == NVRTC_SUCCESS, "NVRTC: ", nvrtcGetErrorString(result));
}

std::string Architecture() {
  int device = 0;
  int major = 0;
  int minor = 0;
  C10_CUDA_CHECK(cudaGetDevice(&device));
  C10_CUDA_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device));
  C10_CUDA_CHECK(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device));
  return fmt::format("--gpu-architecture=sm_{}{}", major, minor);
}

std::string Define(const char* name, Control column) {
  return fmt::format("-D{}={}", name, static_cast<int>(column));
}

// Machine code for the current device.
std::vector<char> Compile() {
  const std::vector<std::string> options = {Architecture(),
                                            fmt::format("-DEPSILON={}f", kAdamEpsilon),
                                            Define("TRAINS", Control::kTrains),
                                            Define("DECAY", Control::kDecay),
                                            Define("FIRST", Control::kFirst),
                                            Define("SECOND", Control::kSecond),
                                            Define("CORRECTION", Control::kCorrection),
                                            Define("STEP", Control::kStep),
                                            Define("COLUMNS", Control::kColumns)};
  std::vector<const char*> words;
  words.reserve(options.size());
  for (const std::string& option : options) words.push_back(option.c_str());
  nvrtcProgram program = nullptr;
  CheckNvrtc(nvrtcCreateProgram(&program, kSource, "adam.cu", 0, nullptr, nullptr));
  const nvrtcResult compiled =
      nvrtcCompileProgram(program, static_cast<int>(words.size()), words.data());
  std::size_t size = 0;
  CheckNvrtc(nvrtcGetProgramLogSize(program, &size));
  std::string log(size, '\0');
  CheckNvrtc(nvrtcGetProgramLog(program, log.data()));
  TORCH_CHECK(compiled == NVRTC_SUCCESS, "NVRTC: ", log);
  CheckNvrtc(nvrtcGetCUBINSize(program, &size));
  std::vector<char> code(size);
  CheckNvrtc(nvrtcGetCUBIN(program, code.data()));
  CheckNvrtc(nvrtcDestroyProgram(&program));
  return code;
}

// For the process, which has one device. Never unloaded: CUDA may be gone before.
cudaKernel_t Kernel() {
  static const cudaKernel_t kernel = [] {
    static const std::vector<char> code = Compile();
    cudaLibrary_t library = nullptr;
    cudaKernel_t found = nullptr;
    C10_CUDA_CHECK(
        cudaLibraryLoadData(&library, code.data(), nullptr, nullptr, 0, nullptr, nullptr, 0));
    C10_CUDA_CHECK(cudaLibraryGetKernel(&found, library, "Adam"));
    return found;
  }();
  return kernel;
}

}  // namespace

void MoveOnCuda(const LaneAdam& all) {
  const std::int64_t lanes = all.weights.size(0);
  long long fours = all.weights.size(1) / 4;  // rows are whole cache lines (lane_layout.h)
  UNMASK_CHECK(fours * 4 == all.weights.size(1));
  std::array<const void*, 5> data{all.weights.mutable_data_ptr(), all.first.mutable_data_ptr(),
                                  all.second.mutable_data_ptr(), all.gradients.const_data_ptr(),
                                  all.control.const_data_ptr()};
  std::array<void*, 6> arguments{&data[0], &data[1], &data[2], &data[3], &data[4], &fours};
  const std::int64_t parts = (fours + kThreads - 1) / kThreads;
  const dim3 grid(static_cast<unsigned>(std::min(parts, kBlocks)), static_cast<unsigned>(lanes));
  C10_CUDA_CHECK(cudaLaunchKernel(reinterpret_cast<const void*>(Kernel()), grid, dim3(kThreads),
                                  arguments.data(), 0, c10::cuda::getCurrentCUDAStream()));
}

}  // namespace unmask

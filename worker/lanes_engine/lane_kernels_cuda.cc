// The kernels are compiled when the first of them is needed, for the device at hand: so it takes no
// nvcc to build unmask, and a fraction of a second to start it.
#include <ATen/ATen.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAStream.h>
#include <fmt/format.h>
#include <nvrtc.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "worker/lanes_engine/lane_control.h"
#include "worker/lanes_engine/lane_kernels.h"

namespace unmask {
namespace {

constexpr unsigned kAdamThreads = 256;
constexpr std::int64_t kAdamBlocks = 64;  // of a lane, at most: 32 lanes fill any device
// A block of threads takes so many columns of a lane's batch, and its rows in so many parts.
constexpr unsigned kColumns = 32;
constexpr unsigned kParts = 8;

// Every operation is rounded as it stands (no contraction), and sums have one order: along a part
// of the rows, then over the parts.
constexpr const char* kSource = R"cuda(
__device__ void MoveOne(const float* c, float& w, float& m, float& v, float g) {
  g = fmaf(c[DECAY], w, g);
  m = fmaf(c[FIRST], g - m, m);
  v = fmaf(c[SECOND], g * g - v, v);
  w = fmaf(c[STEP], m / (sqrtf(v) * c[CORRECTION] + ADAM_EPSILON), w);
}

// Four numbers a thread and turn; grid: (parts of a row, lanes).
extern "C" __global__ void Adam(float4* weights, float4* first, float4* second,
                                const float4* gradients, const float* control, long long fours) {
  const float* c = control + blockIdx.y * CONTROLS;
  if (c[TRAINS] == 0) return;
  const long long row = blockIdx.y * fours;
  for (long long i = blockIdx.x * blockDim.x + threadIdx.x; i < fours; i += gridDim.x * blockDim.x) {
    float4 w = weights[row + i], m = first[row + i], v = second[row + i];
    const float4 g = gradients[row + i];
    MoveOne(c, w.x, m.x, v.x, g.x);
    MoveOne(c, w.y, m.y, v.y, g.y);
    MoveOne(c, w.z, m.z, v.z, g.z);
    MoveOne(c, w.w, m.w, v.w, g.w);
    weights[row + i] = w;
    first[row + i] = m;
    second[row + i] = v;
  }
}

// Over the threads of one column.
__device__ float Total(float value) {
  __shared__ float parts[PARTS][COLUMNS];
  parts[threadIdx.y][threadIdx.x] = value;
  __syncthreads();
  float sum = 0;
  for (int i = 0; i < PARTS; ++i) sum += parts[i][threadIdx.x];
  __syncthreads();
  return sum;
}

// What is a lane's own: a vector of a value a column.
struct Vector {
  float* data;
  long long stride;  // from lane to lane
  __device__ float& operator()(int column) const { return data[blockIdx.y * stride + column]; }
};

// What a thread has of a lane's batch. Grid: (groups of columns, lanes).
struct Place {
  const float* c;  // the lane's controls
  int clips;
  int column;
  bool writes;      // threads beyond the last column take it too, and write nothing
  long long begin;  // of the column in the first row
};

__device__ Place PlaceIn(const float* control, int rows, int width) {
  const float* c = control + blockIdx.y * CONTROLS;
  const int wanted = blockIdx.x * COLUMNS + threadIdx.x;
  const bool writes = wanted < width;
  const int column = writes ? wanted : width - 1;
  return {c, (int)c[ROWS], column, writes, (long long)blockIdx.y * rows * width + column};
}

extern "C" __global__ void Normalise(Vector scale, Vector shift, Vector mean, Vector variance,
                                     const float* linear, const unsigned char* mask,
                                     const float* control, int rows, int width, float* normalised,
                                     Vector inverse_deviation, float* active) {
  const auto [c, clips, column, writes, begin] = PlaceIn(control, rows, width);
  const bool trains = c[TRAINS] != 0;
  float sum = 0;
  for (int i = threadIdx.y; i < clips; i += PARTS) sum += linear[begin + i * width];
  const float batch_mean = Total(sum) * c[INVERSE_ROWS];
  const float centre = trains ? batch_mean : mean(column);
  sum = 0;
  for (int i = threadIdx.y; i < clips; i += PARTS) {
    const float d = linear[begin + i * width] - centre;
    sum = fmaf(d, d, sum);
  }
  const float batch_variance = Total(sum) * c[INVERSE_ROWS];
  const float inverse = 1 / sqrtf((trains ? batch_variance : variance(column)) + NORM_EPSILON);
  if (!writes) return;
  for (int i = threadIdx.y; i < rows; i += PARTS) {
    const long long at = begin + i * width;
    const float x = i < clips ? (linear[at] - centre) * inverse : 0;
    const float y = fmaf(x, scale(column), shift(column));
    normalised[at] = x;
    active[at] = (y <= 0 ? 0 : y) * (mask[at] * c[KEPT]);  // not a number stays one
  }
  if (threadIdx.y != 0) return;
  inverse_deviation(column) = inverse;
  if (!trains) return;
  mean(column) = fmaf(c[MOMENTUM], batch_mean - mean(column), mean(column));
  variance(column) = fmaf(c[MOMENTUM], batch_variance * c[VARIANCE_FACTOR] - variance(column),
                          variance(column));
}

extern "C" __global__ void NormaliseBack(Vector scale, Vector scale_gradient, Vector shift_gradient,
                                         const float* normalised, Vector inverse_deviation,
                                         const float* active, const float* gradient,
                                         const float* control, int rows, int width,
                                         float* by_linear) {
  const auto [c, clips, column, writes, begin] = PlaceIn(control, rows, width);
  const float kept = c[KEPT];
  float by_shift = 0, by_scale = 0;
  for (int i = threadIdx.y; i < clips; i += PARTS) {
    const long long at = begin + i * width;
    const float d = active[at] <= 0 ? 0 : gradient[at] * kept;
    by_shift += d;
    by_scale = fmaf(d, normalised[at], by_scale);
  }
  by_shift = Total(by_shift);
  by_scale = Total(by_scale);
  if (!writes) return;
  const float factor = scale(column) * inverse_deviation(column);
  for (int i = threadIdx.y; i < rows; i += PARTS) {
    const long long at = begin + i * width;
    const float d = active[at] <= 0 ? 0 : gradient[at] * kept;
    const float mean = fmaf(normalised[at], by_scale, by_shift) * c[INVERSE_ROWS];
    by_linear[at] = i < clips ? (d - mean) * factor : 0;
  }
  if (threadIdx.y != 0) return;
  shift_gradient(column) = by_shift;
  scale_gradient(column) = by_scale;
}
)cuda";

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
  return fmt::format("--gpu-architecture=sm_{}{}", major, minor);
}

// As the kernels call them.
constexpr std::pair<const char*, Control> kControlNames[] = {
    {"TRAINS", Control::kTrains},
    {"ROWS", Control::kRows},
    {"INVERSE_ROWS", Control::kInverseRows},
    {"MOMENTUM", Control::kMomentum},
    {"VARIANCE_FACTOR", Control::kVarianceFactor},
    {"KEPT", Control::kKept},
    {"DECAY", Control::kDecay},
    {"FIRST", Control::kFirst},
    {"SECOND", Control::kSecond},
    {"CORRECTION", Control::kCorrection},
    {"STEP", Control::kStep},
    {"CONTROLS", Control::kColumns},
};

std::vector<std::string> Options() {
  std::vector<std::string> options = {Architecture(),
                                      "--fmad=false",
                                      fmt::format("-DADAM_EPSILON={}f", kAdamEpsilon),
                                      fmt::format("-DNORM_EPSILON={}f", kLaneNormEpsilon),
                                      fmt::format("-DCOLUMNS={}", kColumns),
                                      fmt::format("-DPARTS={}", kParts)};
  for (const auto& [name, column] : kControlNames) {
    options.push_back(fmt::format("-D{}={}", name, static_cast<int>(column)));
  }
  return options;
}

// Machine code for the current device.
std::vector<char> Compile() {
  const std::vector<std::string> options = Options();
  std::vector<const char*> words;
  words.reserve(options.size());
  for (const std::string& option : options) words.push_back(option.c_str());
  nvrtcProgram program = nullptr;
  Check(nvrtcCreateProgram(&program, kSource, "lanes.cu", 0, nullptr, nullptr));
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

// For the process, which has one device. Never unloaded: CUDA may be gone before.
struct Kernels {
  Kernels() : code(Compile()) {
    cudaLibrary_t library = nullptr;
    C10_CUDA_CHECK(
        cudaLibraryLoadData(&library, code.data(), nullptr, nullptr, 0, nullptr, nullptr, 0));
    C10_CUDA_CHECK(cudaLibraryGetKernel(&adam, library, "Adam"));
    C10_CUDA_CHECK(cudaLibraryGetKernel(&normalise, library, "Normalise"));
    C10_CUDA_CHECK(cudaLibraryGetKernel(&normalise_back, library, "NormaliseBack"));
  }
  std::vector<char> code;
  cudaKernel_t adam = nullptr;
  cudaKernel_t normalise = nullptr;
  cudaKernel_t normalise_back = nullptr;
};

const Kernels& OurKernels() {
  static const Kernels& kernels = *new Kernels();
  return kernels;
}

// Arguments of exactly the types that the kernel has.
template <typename... Arguments>
void Launch(cudaKernel_t kernel, dim3 grid, dim3 block, Arguments... arguments) {
  std::array<void*, sizeof...(Arguments)> pointers{&arguments...};
  C10_CUDA_CHECK(cudaLaunchKernel(reinterpret_cast<const void*>(kernel), grid, block,
                                  pointers.data(), 0, c10::cuda::getCurrentCUDAStream()));
}

struct Vector {  // as in the kernels
  explicit Vector(const at::Tensor& rows)
      : data(rows.mutable_data_ptr<float>()), stride(rows.stride(0)) {}
  float* data;
  long long stride;
};

dim3 GridOf(const at::Tensor& batch) {
  const auto groups = (static_cast<unsigned>(batch.size(2)) + kColumns - 1) / kColumns;
  return {groups, static_cast<unsigned>(batch.size(0))};
}

}  // namespace

void MoveOnCuda(const LaneAdam& all) {
  const long long fours = all.weights.size(1) / 4;  // rows are whole cache lines (lane_layout.h)
  UNMASK_CHECK(fours * 4 == all.weights.size(1));
  const std::int64_t parts =
      std::min<std::int64_t>((fours + kAdamThreads - 1) / kAdamThreads, kAdamBlocks);
  const dim3 grid(static_cast<unsigned>(parts), static_cast<unsigned>(all.weights.size(0)));
  Launch(OurKernels().adam, grid, dim3(kAdamThreads), all.weights.mutable_data_ptr(),
         all.first.mutable_data_ptr(), all.second.mutable_data_ptr(),
         all.gradients.const_data_ptr(), all.control.const_data_ptr(), fours);
}

LaneNormed NormaliseOnCuda(const LaneNorm& norm, const at::Tensor& linear, const at::Tensor& mask,
                           const at::Tensor& control) {
  UNMASK_CHECK(linear.is_contiguous() && mask.is_contiguous());
  const LaneNormed normed{at::empty_like(linear), linear.new_empty(norm.scale.sizes()),
                          at::empty_like(linear)};
  Launch(OurKernels().normalise, GridOf(linear), dim3(kColumns, kParts), Vector(norm.scale),
         Vector(norm.shift), Vector(norm.running_mean), Vector(norm.running_var),
         linear.const_data_ptr(), mask.const_data_ptr(), control.const_data_ptr(),
         static_cast<int>(linear.size(1)), static_cast<int>(linear.size(2)),
         normed.normalised.mutable_data_ptr(), Vector(normed.inverse_deviation),
         normed.active.mutable_data_ptr());
  return normed;
}

at::Tensor NormaliseBackOnCuda(const LaneNorm& norm, const LaneNormed& normed,
                               const at::Tensor& gradient, const at::Tensor& control) {
  UNMASK_CHECK(gradient.is_contiguous());
  at::Tensor by_linear = at::empty_like(gradient);
  Launch(OurKernels().normalise_back, GridOf(gradient), dim3(kColumns, kParts), Vector(norm.scale),
         Vector(norm.scale_gradient), Vector(norm.shift_gradient),
         normed.normalised.const_data_ptr(), Vector(normed.inverse_deviation),
         normed.active.const_data_ptr(), gradient.const_data_ptr(), control.const_data_ptr(),
         static_cast<int>(gradient.size(1)), static_cast<int>(gradient.size(2)),
         by_linear.mutable_data_ptr());
  return by_linear;
}

}  // namespace unmask

#include "tests/unit/worker/lanes_engine/kernels/kernels_on_cpu.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>
#include <stdexcept>
#include <utility>

#include "worker/lanes_engine/lane_arguments.h"

// What CUDA calls it. NOLINTBEGIN(bugprone-reserved-identifier,cppcoreguidelines-macro-usage)
#define KERNEL inline void
#define ARGUMENT const
#define __device__ inline
#define __shared__ UNMASK_SHARED_MEMORY
#define __launch_bounds__(threads)
#define threadIdx ::unmask::testing::cuda::thread_index
#define blockIdx ::unmask::testing::cuda::block_index
#define blockDim ::unmask::testing::cuda::block_size
#define gridDim ::unmask::testing::cuda::grid_size
#define __syncthreads ::unmask::testing::cuda::WaitForBlock
#define __syncwarp ::unmask::testing::cuda::WaitForWarp
#define __shfl_xor_sync(mask, value, distance) \
  ::unmask::testing::cuda::ShuffleXor(value, static_cast<int>(distance))
#define __int_as_float(bits) std::bit_cast<float>(static_cast<std::uint32_t>(bits))
#define __umulhi(a, b) static_cast<std::uint32_t>((std::uint64_t{a} * std::uint64_t{b}) >> 32)
// NOLINTEND(bugprone-reserved-identifier,cppcoreguidelines-macro-usage)
struct alignas(8) float2 {  // NOLINT(readability-identifier-naming)
  float x, y;
};
struct alignas(16) float4 {  // NOLINT(readability-identifier-naming)
  float x, y, z, w;
};
using std::min;

// The kernels for tiles of every height.
#define GROUPS 1
#define KERNELS kernels_of_1
#include "tests/unit/worker/lanes_engine/kernels/kernels_of_groups.inc"
#define GROUPS 2
#define KERNELS kernels_of_2
#include "tests/unit/worker/lanes_engine/kernels/kernels_of_groups.inc"
#define GROUPS 3
#define KERNELS kernels_of_3
#include "tests/unit/worker/lanes_engine/kernels/kernels_of_groups.inc"
#define GROUPS 4
#define KERNELS kernels_of_4
#include "tests/unit/worker/lanes_engine/kernels/kernels_of_groups.inc"
#define GROUPS 5
#define KERNELS kernels_of_5
#include "tests/unit/worker/lanes_engine/kernels/kernels_of_groups.inc"
#define GROUPS 6
#define KERNELS kernels_of_6
#include "tests/unit/worker/lanes_engine/kernels/kernels_of_groups.inc"
#define GROUPS 7
#define KERNELS kernels_of_7
#include "tests/unit/worker/lanes_engine/kernels/kernels_of_groups.inc"
#define GROUPS 8
#define KERNELS kernels_of_8
#include "tests/unit/worker/lanes_engine/kernels/kernels_of_groups.inc"

namespace unmask::testing {

LaneStepper StepOnCpu(cuda::Order order) {
  return StepByKernels([order](const LaneLaunch& launch) {
    constexpr decltype(&kernels_of_1::Kernel) kByGroups[] = {
        kernels_of_1::Kernel, kernels_of_2::Kernel, kernels_of_3::Kernel, kernels_of_4::Kernel,
        kernels_of_5::Kernel, kernels_of_6::Kernel, kernels_of_7::Kernel, kernels_of_8::Kernel};
    static_assert(std::size(kByGroups) == kMostGroups);
    const auto [x, y, z] = launch.grid;
    cuda::Launch({x, y, z}, {launch.block[0], launch.block[1], 1}, order,
                 kByGroups[launch.groups - 1](launch));
  });
}

}  // namespace unmask::testing

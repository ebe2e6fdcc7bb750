// CUDA kernels as C++ functions, done by the CPU: every thread of a block is a fiber, which runs
// until it waits for the others, in any order that is asked for. A barrier that some of a block's
// threads (of a warp's) never reach is found; two threads that need one and have none give another
// result in another order. Includes macros with CUDA's names: only for the file that includes
// kernels, behind everything else.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>

namespace unmask::testing::cuda {

struct Index {
  unsigned x = 1, y = 1, z = 1;
};

// Of the thread that runs.
extern Index thread_index, block_index, block_size, grid_size;

enum class Order : std::uint8_t { kForward, kBackward, kShuffled };

// `kernel` by every thread of every block. Throws where threads wait for each other for ever. From
// several threads one launch after the other.
void Launch(Index grid, Index block, Order order, const std::function<void()>& kernel);

void WaitForBlock();
void WaitForWarp();
float OfLaneXor(float mine, int distance);  // of the thread in the same warp

struct alignas(8) Float2 {
  float x, y;
};
struct alignas(16) Float4 {
  float x, y, z, w;
};

}  // namespace unmask::testing::cuda

// NOLINTBEGIN(bugprone-reserved-identifier,cppcoreguidelines-macro-usage): CUDA's names
#define __device__ inline
#define __shared__ static
#define __launch_bounds__(threads)
#define KERNEL inline void
#define ARGUMENT const
#define threadIdx ::unmask::testing::cuda::thread_index
#define blockIdx ::unmask::testing::cuda::block_index
#define blockDim ::unmask::testing::cuda::block_size
#define gridDim ::unmask::testing::cuda::grid_size
#define __syncthreads ::unmask::testing::cuda::WaitForBlock
#define __syncwarp ::unmask::testing::cuda::WaitForWarp
#define __shfl_xor_sync(mask, value, distance) \
  ::unmask::testing::cuda::OfLaneXor(value, static_cast<int>(distance))
#define __int_as_float(bits) std::bit_cast<float>(static_cast<std::uint32_t>(bits))
#define __umulhi(a, b) static_cast<std::uint32_t>((std::uint64_t{a} * std::uint64_t{b}) >> 32)
using float2 = ::unmask::testing::cuda::Float2;
using float4 = ::unmask::testing::cuda::Float4;
using std::min;
// NOLINTEND(bugprone-reserved-identifier,cppcoreguidelines-macro-usage)

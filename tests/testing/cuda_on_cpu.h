// CUDA kernels as C++ functions, done by the CPU: every thread of a block is a fiber, which runs
// until it waits for the others, in any order that is asked for. A barrier that some of a block's
// threads (of a warp's) never reach is found; two threads that need one and have none give another
// result in another order. Shared memory holds no number when a block begins.
#pragma once

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
float ShuffleXor(float mine, int distance);  // another thread's of the warp

// How a static variable becomes shared memory.
#define UNMASK_SHARED_MEMORY static __attribute__((section("cuda_shared")))  // NOLINT

}  // namespace unmask::testing::cuda

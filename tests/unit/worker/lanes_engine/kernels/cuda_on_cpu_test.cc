// What the double finds: it is the evidence for kernels that no device has run.
#include "tests/testing/cuda_on_cpu.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace unmask::testing::cuda {
namespace {

constexpr unsigned kThreads = 64;

// Every thread reads what its opposite has written to shared memory.
std::vector<float> Exchanged(Order order, bool waits) {
  std::vector<float> read(kThreads);
  Launch({1, 1, 1}, {kThreads, 1, 1}, order, [&] {
    UNMASK_SHARED_MEMORY float shared[kThreads];
    const unsigned mine = thread_index.x;
    shared[mine] = static_cast<float>(mine);
    if (waits) WaitForBlock();
    read[mine] = shared[kThreads - 1 - mine];
  });
  return read;
}

TEST(CudaOnCpu, AMissingBarrierShows) {
  const auto numbers = [](Order order) { return Exchanged(order, /*waits=*/true); };
  EXPECT_EQ(numbers(Order::kForward)[0], kThreads - 1);
  EXPECT_EQ(numbers(Order::kForward), numbers(Order::kBackward));
  EXPECT_EQ(numbers(Order::kForward), numbers(Order::kShuffled));
  EXPECT_TRUE(std::isnan(Exchanged(Order::kForward, /*waits=*/false)[0]));
  EXPECT_TRUE(std::isnan(Exchanged(Order::kBackward, /*waits=*/false)[kThreads - 1]));
}

TEST(CudaOnCpu, ABarrierThatSomeDoNotReachIsAnError) {
  for (const auto wait : {WaitForBlock, WaitForWarp}) {
    EXPECT_THROW(Launch({2, 1, 1}, {kThreads, 1, 1}, Order::kForward,
                        [&] {
                          if (thread_index.x != 0) wait();
                        }),
                 std::logic_error);
    EXPECT_EQ(Exchanged(Order::kForward, /*waits=*/true)[0], kThreads - 1);  // it goes on
  }
}

TEST(CudaOnCpu, AWarpExchangesItsOwn) {
  std::vector<float> read(kThreads);
  Launch({1, 1, 1}, {kThreads / 2, 2, 1}, Order::kShuffled, [&] {
    const unsigned mine = thread_index.y * block_size.x + thread_index.x;
    read[mine] = ShuffleXor(static_cast<float>(mine), 5);
  });
  for (unsigned i = 0; i < kThreads; ++i) EXPECT_EQ(read[i], i ^ 5U);
}

TEST(CudaOnCpu, EveryThreadOfEveryBlockRunsOnce) {
  std::vector<int> runs(2 * 3 * 5 * 7);
  Launch({2, 3, 1}, {5, 7, 1}, Order::kBackward, [&] {
    const unsigned block = block_index.y * grid_size.x + block_index.x;
    ++runs[(block * block_size.y + thread_index.y) * block_size.x + thread_index.x];
  });
  EXPECT_EQ(runs, std::vector<int>(runs.size(), 1));
}

}  // namespace
}  // namespace unmask::testing::cuda

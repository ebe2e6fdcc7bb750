#include "tests/testing/cuda_on_cpu.h"

#include <setjmp.h>
#include <ucontext.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <numeric>
#include <random>
#include <stdexcept>
#include <vector>

// Of the section that UNMASK_SHARED_MEMORY names; the linker knows where it is.
extern "C" char __start_cuda_shared, __stop_cuda_shared;  // NOLINT(bugprone-reserved-identifier)

namespace unmask::testing::cuda {

Index thread_index, block_index, block_size, grid_size;

namespace {

constexpr unsigned kWarpThreads = 32;
constexpr std::size_t kStack = 64 << 10;

enum class State { kRuns, kWaitsForBlock, kWaitsForWarp, kDone };

// A thread of one block after another. It begins with ucontext and goes on with jumps, which make
// no system call.
struct Fiber {
  std::unique_ptr<char[]> stack;  // none: not begun
  jmp_buf here{};
  State state = State::kRuns;
  Index index;
  float shown = 0;  // to the others of the warp
};

std::vector<Fiber> fibers;  // the threads of the block that is being done, and more
jmp_buf scheduler;
std::size_t running = 0;
const std::function<void()>* body = nullptr;

void Wait(State state) {
  Fiber& mine = fibers[running];
  mine.state = state;
  if (_setjmp(mine.here) == 0) _longjmp(scheduler, 1);
}

void RunKernels() {
  while (true) {
    (*body)();
    Wait(State::kDone);
  }
}

// Runs the fiber until it waits.
void Resume(std::size_t number) {
  Fiber& fiber = fibers[number];
  running = number;
  thread_index = fiber.index;
  if (_setjmp(scheduler) != 0) return;
  if (fiber.stack) _longjmp(fiber.here, 1);
  fiber.stack = std::make_unique<char[]>(kStack);
  ucontext_t begin{};
  getcontext(&begin);
  begin.uc_stack.ss_sp = fiber.stack.get();
  begin.uc_stack.ss_size = kStack;
  makecontext(&begin, RunKernels, 0);
  setcontext(&begin);
}

void Prepare(std::size_t number) {
  const auto at = static_cast<unsigned>(number);
  fibers[number].state = State::kRuns;
  fibers[number].index = {at % block_size.x, at / block_size.x % block_size.y,
                          at / block_size.x / block_size.y};
}

// Lets go on the block's threads, or those of every warp, that all wait.
bool Release(std::size_t threads) {
  const auto all = [](std::size_t begin, std::size_t end, State state) {
    for (std::size_t i = begin; i < end; ++i) {
      if (fibers[i].state != state) return false;
    }
    for (std::size_t i = begin; i < end; ++i) fibers[i].state = State::kRuns;
    return true;
  };
  if (all(0, threads, State::kWaitsForBlock)) return true;
  bool some = false;
  for (std::size_t begin = 0; begin < threads; begin += kWarpThreads) {
    some |= all(begin, std::min<std::size_t>(begin + kWarpThreads, threads), State::kWaitsForWarp);
  }
  return some;
}

void RunBlock(std::vector<std::size_t> order, bool shuffles, std::minstd_rand& random) {
  for (std::size_t i = 0; i < order.size(); ++i) Prepare(i);
  std::fill(&__start_cuda_shared, &__stop_cuda_shared, '\xFF');  // not a number
  do {
    if (shuffles) std::shuffle(order.begin(), order.end(), random);
    for (const std::size_t number : order) {
      if (fibers[number].state == State::kRuns) Resume(number);
    }
  } while (Release(order.size()));
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (fibers[i].state != State::kDone) {
      fibers.clear();
      throw std::logic_error("threads of a block wait for others that do not come");
    }
  }
}

}  // namespace

void Launch(Index grid, Index block, Order order, const std::function<void()>& kernel) {
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  std::minstd_rand random(1);
  grid_size = grid;
  block_size = block;
  body = &kernel;
  std::vector<std::size_t> threads(std::size_t{block.x} * block.y * block.z);
  std::iota(threads.begin(), threads.end(), std::size_t{0});
  if (order == Order::kBackward) std::reverse(threads.begin(), threads.end());
  if (fibers.size() < threads.size()) fibers.resize(threads.size());
  const unsigned blocks = grid.x * grid.y * grid.z;
  for (unsigned i = 0; i < blocks; ++i) {
    const unsigned at = order == Order::kBackward ? blocks - 1 - i : i;
    block_index = {at % grid.x, at / grid.x % grid.y, at / grid.x / grid.y};
    RunBlock(threads, order == Order::kShuffled, random);
  }
}

void WaitForBlock() { Wait(State::kWaitsForBlock); }
void WaitForWarp() { Wait(State::kWaitsForWarp); }

float ShuffleXor(float mine, int distance) {
  const std::size_t me = running;
  fibers[me].shown = mine;
  WaitForWarp();
  const std::size_t begin = me / kWarpThreads * kWarpThreads;
  const float other = fibers[begin + ((me - begin) ^ static_cast<std::size_t>(distance))].shown;
  WaitForWarp();
  return other;
}

}  // namespace unmask::testing::cuda

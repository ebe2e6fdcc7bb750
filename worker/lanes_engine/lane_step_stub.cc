#include <stdexcept>

#include "worker/lanes_engine/lane_kernels.h"

namespace unmask {
namespace {

[[noreturn]] void Refuse() {
  throw std::runtime_error("this build has no CUDA: ./dev build --gpu makes one that has");
}

}  // namespace

std::vector<char> CompileLaneKernels(unsigned, const std::string&) { Refuse(); }

void LaunchOnCuda(const LaneLaunch&) { Refuse(); }

}  // namespace unmask

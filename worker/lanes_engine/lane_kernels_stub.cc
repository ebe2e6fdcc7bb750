#include <stdexcept>

#include "worker/lanes_engine/lane_kernels.h"

namespace unmask {
namespace {

[[noreturn]] void Refuse() {
  throw std::runtime_error("this build has no CUDA: ./dev build --gpu makes one that has");
}

}  // namespace

void MoveOnCuda(const LaneAdam&) { Refuse(); }

LaneNormed NormaliseOnCuda(const LaneNorm&, const at::Tensor&, const at::Tensor&,
                           const at::Tensor&) {
  Refuse();
}

at::Tensor NormaliseBackOnCuda(const LaneNorm&, const LaneNormed&, const at::Tensor&,
                               const at::Tensor&) {
  Refuse();
}

}  // namespace unmask

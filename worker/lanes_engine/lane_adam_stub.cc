#include <stdexcept>

#include "worker/lanes_engine/lane_adam.h"

namespace unmask {

void MoveOnCuda(const LaneAdam&) {
  throw std::runtime_error("this build has no CUDA: ./dev build --gpu makes one that has");
}

}  // namespace unmask

#include <stdexcept>

#include "worker/lanes_engine/step_recorder.h"

namespace unmask {

LaneStep RecordGraph(LaneStep) {  // NOLINT: as in a build for GPUs, which keeps it
  throw std::runtime_error("this build has no CUDA: ./dev build --gpu makes one that has");
}

}  // namespace unmask

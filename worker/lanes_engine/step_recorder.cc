#include "worker/lanes_engine/step_recorder.h"

namespace unmask {

LaneStep RecordNothing(LaneStep step) { return step; }

StepRecorder RecorderFor(c10::Device device) {
  return device.is_cuda() ? RecordGraph : RecordNothing;
}

}  // namespace unmask

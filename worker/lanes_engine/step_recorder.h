// A step of the lanes, recorded once and then done again as a whole. A step of a small model is a
// dozen short kernels (with HSIC as a matrix a hundred), and launching them one by one takes longer
// than doing them: on a CUDA device it becomes a graph, launched at once.
#pragma once

#include <c10/core/Device.h>

#include <functional>

namespace unmask {

using LaneStep = std::function<void()>;

// What does the step again, with the same operations on the same memory. The recorder may do `step`
// itself meanwhile, when no lane has anything to do, and may keep it.
using StepRecorder = std::function<LaneStep(LaneStep step)>;

LaneStep RecordNothing(LaneStep step);  // the step itself
// Of a CUDA device. Any thread; others may use the device meanwhile. Throws in a build for CPUs.
LaneStep RecordGraph(LaneStep step);

StepRecorder RecorderFor(c10::Device device);

}  // namespace unmask

// What the lanes do on a CUDA device by kernels of our own. A model this small is bound by memory
// and by the number of kernels in a step: what libtorch's operations do one by one is one kernel
// here, which reads and writes everything once. On the CPU, and as these kernels' test, the same is
// done by operations (lane_adam.cc, lane_model.cc). All throw in a build for CPUs.
#pragma once

#include <ATen/core/Tensor.h>

#include "worker/lanes_engine/lane_adam.h"

namespace unmask {

void MoveOnCuda(const LaneAdam& all);

inline constexpr double kLaneNormEpsilon = 1e-5;

// A block's BatchNorm1d. All [lanes, 1, width], parts of the lanes' rows.
struct LaneNorm {
  at::Tensor scale, shift;
  at::Tensor scale_gradient, shift_gradient;
  at::Tensor running_mean, running_var;
};

// Of a batch, after BatchNorm, ReLU and Dropout.
struct LaneNormed {
  at::Tensor normalised;         // [lanes, rows, width]; 0 in a row that is no clip
  at::Tensor inverse_deviation;  // [lanes, 1, width]
  at::Tensor active;             // [lanes, rows, width]
};

// `linear`: [lanes, rows, width]; `mask`: likewise, bytes; `control`: [lanes, kControlColumns]. The
// running statistics of lanes that train are moved.
LaneNormed NormaliseOnCuda(const LaneNorm& norm, const at::Tensor& linear, const at::Tensor& mask,
                           const at::Tensor& control);
// From the gradient by `active` to that by `linear`, and to those of scale and shift.
at::Tensor NormaliseBackOnCuda(const LaneNorm& norm, const LaneNormed& normed,
                               const at::Tensor& gradient, const at::Tensor& control);

}  // namespace unmask

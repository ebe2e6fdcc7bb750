// torch.optim.Adam with L2 decay, over all lanes' rows at once:
//   g += decay w;  m += first (g - m);  v += second (g^2 - v);
//   w += step m / (sqrt(v) correction + 1e-8)
// with a row of numbers for each lane (lane_control.h). A lane that does not train keeps its state.
#pragma once

#include <ATen/core/Tensor.h>

namespace unmask {

// All on one device.
struct LaneAdam {
  at::Tensor weights, first, second;  // [lanes, floats]
  at::Tensor gradients;               // likewise; anything afterwards
  at::Tensor control;                 // [lanes, kControlColumns]
};

// By libtorch's operations, on any device.
void Move(const LaneAdam& all);

}  // namespace unmask

// The independence term of every lane's loss, and its gradient by hand (the formulas are those of
// worker/reference_engine/hsic_loss.h). Includes ATen: only for the files that do already.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "worker/lanes_engine/lane_control.h"

namespace unmask {

// A column of the lanes' controls as [lanes, 1, 1].
using ControlColumn = std::function<at::Tensor(Control)>;

// Which kinds at least one lane trains with; the others are not computed. A lane takes its own
// kind's numbers, so what is computed beside them changes nothing.
struct HsicKinds {
  bool paper = false;
  bool matrix = false;  // biased or unbiased
  bool operator==(const HsicKinds&) const = default;
};

struct LaneHsic {
  at::Tensor loss;            // [lanes, 1, 1], without alpha; 0 where a lane has no such term
  at::Tensor first_gradient;  // [lanes, rows, width], alpha times d loss / d stream
  at::Tensor second_gradient;
};

// `first`, `second`: the streams [lanes, rows, width]. `valid` [lanes, rows, 1]: 1 for a row that
// is a clip; where it is 0 the streams are 0.
LaneHsic HsicOfLanes(const at::Tensor& first, const at::Tensor& second, const at::Tensor& valid,
                     const ControlColumn& control, HsicKinds kinds);

}  // namespace unmask

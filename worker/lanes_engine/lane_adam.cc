#include "worker/lanes_engine/lane_adam.h"

#include <ATen/ATen.h>

#include "worker/lanes_engine/lane_arguments.h"

namespace unmask {

// Where a lane does not train, how far its moments and weights move is zero.
void Move(const LaneAdam& all) {
  const auto column = [&](Control which) {
    return all.control.narrow(1, static_cast<std::int64_t>(which), 1);
  };
  at::Tensor weights = all.weights;
  at::Tensor first = all.first;
  at::Tensor second = all.second;
  at::Tensor gradients = all.gradients;
  gradients.addcmul_(weights, column(Control::kDecay));
  first.lerp_(gradients, column(Control::kFirst));
  second.lerp_(gradients.mul_(gradients), column(Control::kSecond));
  at::sqrt_out(gradients, second);
  gradients.mul_(column(Control::kCorrection)).add_(kLaneAdamEpsilon);
  at::div_out(gradients, first, gradients);
  weights.addcmul_(gradients, column(Control::kStep));
}

}  // namespace unmask

#include "worker/core_engine/adam.h"

#include <cmath>

namespace unmask {
namespace {

double Power(double base, std::int64_t exponent) {
  double power = 1;
  for (; exponent > 0; exponent /= 2, base *= base) {
    if (exponent % 2 == 1) power *= base;
  }
  return power;
}

}  // namespace

AdamStep::AdamStep(const Settings::Train& train, std::int64_t step)
    : decay(static_cast<float>(train.weight_decay)) {
  const double correction = std::sqrt(1 - Power(kAdamBeta2, step));
  rate = static_cast<float>(train.lr * correction / (1 - Power(kAdamBeta1, step)));
  epsilon = static_cast<float>(kAdamEpsilon * correction);
}

}  // namespace unmask

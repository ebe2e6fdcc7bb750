// What one Adam step needs besides the gradients.
#pragma once

#include <cstdint>

#include "common/config/settings.h"
#include "worker/model/constants.h"

namespace unmask {

// torch.optim.Adam (Kingma & Ba, ICLR 2015) with L2 decay added to the gradient. The correction of
// the second moment's bias stands in `rate` and `epsilon`, as in the paper's section 2.
struct AdamStep {
  // `step` counts from 1. Powers by repeated squaring, not by the library's pow.
  AdamStep(const Settings::Train& train, std::int64_t step);

  float decay;
  float first_rate = static_cast<float>(1 - kAdamBeta1);
  float second_rate = static_cast<float>(1 - kAdamBeta2);
  float rate;     // lr c / (1 - beta1^step), with c = sqrt(1 - beta2^step)
  float epsilon;  // 1e-8 c
};

}  // namespace unmask

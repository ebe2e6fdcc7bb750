// What one Adam step needs besides the gradients.
#pragma once

#include <cstdint>

#include "common/config/settings.h"

namespace unmask {

// torch.optim.Adam (Kingma & Ba, ICLR 2015) with L2 decay added to the gradient.
struct AdamStep {
  // `step` counts from 1. Powers by repeated squaring, not by the library's pow.
  AdamStep(const Settings::Train& train, std::int64_t step);

  float decay;
  float first_rate = 0.1F;     // 1 - beta1
  float second_kept = 0.999F;  // beta2
  float second_rate = 0.001F;  // 1 - beta2
  float rate;                  // lr / (1 - beta1^step)
  float root_scale;            // 1 / sqrt(1 - beta2^step)
  float epsilon = 1e-8F;
};

}  // namespace unmask

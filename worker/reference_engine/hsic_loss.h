// The independence term of the loss (docs/model.md). Includes ATen: only for the files that do
// already.
#pragma once

#include <ATen/core/Tensor.h>

#include "common/config/settings.h"

namespace unmask {

// Of two streams [clips, width], which it L2-normalises first (a zero vector stays zero, with zero
// gradient). The result is a scalar that autograd can go back through.
//   paper     mean over clips of (k(x, y) - k(x, x) k(y, y))^2: the paper's eqs. (2) and (4)
//   biased    tr(KHLH) / (n-1)^2: Gretton et al., ALT 2005
//   unbiased  Song et al., JMLR 2012, eq. (5); needs 4 clips
at::Tensor HsicLoss(const at::Tensor& ter, const at::Tensor& der, const Settings::Loss& loss);

}  // namespace unmask

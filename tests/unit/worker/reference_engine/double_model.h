// The model's loss written out again in plain loops and double precision: what finite differences
// are taken of. Shares nothing with the engine but the names of parameters.
#pragma once

#include "common/config/settings.h"
#include "worker/model/fold.h"
#include "worker/model/model_shape.h"

namespace unmask::testing {

using DoubleWeights = std::map<std::string, std::vector<double>>;

DoubleWeights ToDouble(const NamedTensors& weights);

// In training mode over all clips of the fold.
double DoubleLoss(const ModelShape& shape, const FoldData& fold, const DoubleWeights& weights,
                  const DropoutMasks& masks, const Settings::Loss& loss);

// The HSIC term alone, of rows of equal width.
using Rows = std::vector<std::vector<double>>;
double DoubleHsic(const Rows& x, const Rows& y, const Settings::Loss& loss);

}  // namespace unmask::testing

// The core engine's kernels, which otherwise only its step calls.
#pragma once

#include <vector>

#include "common/config/settings.h"
#include "worker/core_engine/adam.h"
#include "worker/core_engine/core_model.h"
#include "worker/core_engine/workspace.h"

namespace unmask {

// 12 vectors of fused multiply-adds a round, from registers; a vector is CoreLanes() floats.
float CorePeakProducts(std::size_t rounds);
std::size_t CoreLanes();

void CoreMark(const Rows& x, std::size_t rows, bool whole, Nonzeros& nonzeros);
void CoreForward(const Linear& layer, const Rows& x, const Nonzeros& nonzeros, std::size_t rows,
                 Rows& z);
void CoreBackward(const AdamStep& step, Linear& layer, const Rows& x, Nonzeros& nonzeros,
                  std::size_t rows, const Rows& dz, FloatBuffer& partial, bool input_gradient);
// The same gradient for every row.
void CoreAdam(const AdamStep& step, const Rows& gradient, Trained& weight, std::size_t rows);
float CoreIndependence(const Settings::Loss& loss, std::size_t rows, Workspace& work);
float CoreCrossEntropy(const Rows& logits, const std::vector<std::size_t>& labels, Rows& gradient);

}  // namespace unmask

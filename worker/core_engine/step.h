// The arithmetic of the core engine, compiled for several instruction sets of which the machine's
// best is taken.
#pragma once

#include <string_view>
#include <vector>

#include "common/config/settings.h"
#include "worker/core_engine/adam.h"
#include "worker/core_engine/core_model.h"
#include "worker/core_engine/workspace.h"

namespace unmask {

// One batch. `work` has room for it and its features.
struct Batch {
  std::size_t rows = 0;
  std::vector<std::vector<std::size_t>> labels;  // [heads][rows]
  const DropoutMasks* masks = nullptr;
  float kept = 1;  // what is in them beside zeros
  // [heads][rows]: what a row counts for in a head's mean; empty: all alike.
  std::vector<std::vector<float>> shares = {};
};

// Forward, backward and Adam; returns the total loss. Logits are left in `work`.
float TrainStep(const Settings::Loss& loss, const AdamStep& adam, const Batch& batch,
                CoreModel& model, Workspace& work);

// Forward in evaluation mode: logits and streams' outputs are left in `work`.
void Infer(const CoreModel& model, std::size_t rows, Workspace& work);

// Element by element, for tests: exp, log and the square root as the kernels have them. Sizes are
// equal.
void ExpOf(const FloatBuffer& x, FloatBuffer& y);
void LogOf(const FloatBuffer& x, FloatBuffer& y);
void RootOf(const FloatBuffer& x, FloatBuffer& y);

// Whether products are added without rounding between on this machine; if not, bits differ from
// those of machines that do.
bool HasFusedMultiplyAdd();

}  // namespace unmask

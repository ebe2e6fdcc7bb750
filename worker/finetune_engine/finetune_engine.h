// The engine of jobs with `features.finetune`: a backbone, then the reference engine's model, both
// trained. In a gang each member takes its share of a batch through the backbone; the features of
// all are gathered, and every member trains the small model behind them on the whole batch. So its
// BatchNorm, HSIC and dropout are those of one process, and its weights the same on each member.
#pragma once

#include <c10/core/Device.h>

#include <memory>

#include "worker/model/engine.h"

namespace unmask {

class Gang;

// Computes everything on `device`. `fold` has a backbone, and must outlive the engine. One thread
// makes and uses it. Where the fold has a gang, waits for its members (GangDismissed); then every
// member makes the same calls, with batches of at least as many clips as it has members; GangLost
// where one is gone.
std::unique_ptr<Engine> MakeFinetuneEngine(c10::Device device, const Settings& settings,
                                           const ModelShape& shape, const FoldData& fold);

// The same in a gang of this device that has met already, or (nullptr) alone.
std::unique_ptr<Engine> MakeFinetuneEngine(c10::Device device, const Settings& settings,
                                           const ModelShape& shape, const FoldData& fold,
                                           std::unique_ptr<Gang> gang);

}  // namespace unmask

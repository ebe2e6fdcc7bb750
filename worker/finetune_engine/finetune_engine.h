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

// `fold` has a backbone, and must outlive the engine, as must `gang`; nullptr: alone. One thread
// makes and uses it. In a gang every member makes the same calls, with batches of at least as many
// clips as it has members; GangLost where one is gone. All that it computes is on `device`, which
// must be the gang's.
std::unique_ptr<Engine> MakeFinetuneEngine(const Settings& settings, const ModelShape& shape,
                                           const FoldData& fold, Gang* gang = nullptr,
                                           c10::Device device = c10::kCPU);

}  // namespace unmask

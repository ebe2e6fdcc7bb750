// The engine for CPUs: forward, backward and Adam of one job by hand, in one thread and no library
// (docs/engines.md). Tested against `reference`.
#pragma once

#include <memory>
#include <string>

#include "worker/model/engine.h"

namespace unmask {

// `fold` must outlive the engine. Weights are all zero until SetWeights().
std::unique_ptr<Engine> MakeCoreEngine(const Settings& settings, const ModelShape& shape,
                                       const FoldData& fold);

// Part of the numerics class: "core-4", and what follows from the machine. Bits are equal wherever
// this is, whatever the library versions, AVX2 and AVX-512 included.
std::string CoreEngineName();

}  // namespace unmask

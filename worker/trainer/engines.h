// The engines that this trainer has.
#pragma once

#include <memory>
#include <string>

#include "common/config/settings.h"
#include "worker/model/engine.h"

namespace unmask {

// By `settings.train.engine`, which is resolved (never auto). `fold` must outlive the engine; one
// thread makes and uses it. Throws where libtorch is needed and cannot be loaded.
std::unique_ptr<Engine> MakeEngine(const Settings& settings, const ModelShape& shape,
                                   const FoldData& fold);

// Part of the numerics class: library and engine versions.
std::string EngineVersions();

}  // namespace unmask

// The engines that this trainer has.
#pragma once

#include <memory>
#include <string>

#include "common/base/result.h"
#include "common/config/settings.h"
#include "worker/model/engine.h"

namespace unmask {

// By `settings.train.engine`, which is resolved (never auto), and whether the fold has a backbone.
// `device` is this trainer's, for the engines that know others than the CPU (auto is the CPU).
// `fold` must outlive the engine; one thread makes and uses it. Throws where libtorch is needed and
// cannot be loaded.
std::unique_ptr<Engine> MakeEngine(DeviceKind device, const Settings& settings,
                                   const ModelShape& shape, const FoldData& fold);

// Whether this trainer can work on the device; a GPU's model, else "".
Result<std::string> CheckDevice(DeviceKind device);

// Part of the numerics class: versions of the library, the engines and the backbones.
std::string EngineVersions();

}  // namespace unmask

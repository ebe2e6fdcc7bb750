// Engines that know several devices, as most tests want them: on the CPU.
#pragma once

#include <c10/core/Device.h>

#include <memory>

#include "worker/model/engine.h"

namespace unmask::testing {

using MakeOnDevice = std::unique_ptr<Engine>(c10::Device, const Settings&, const ModelShape&,
                                             const FoldData&);

// As TrainJob too wants a maker.
template <MakeOnDevice* kMake>
std::unique_ptr<Engine> OnCpu(const Settings& settings, const ModelShape& shape,
                              const FoldData& fold) {
  return kMake(c10::kCPU, settings, shape, fold);
}

}  // namespace unmask::testing

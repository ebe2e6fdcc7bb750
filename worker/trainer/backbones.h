// The backbones that this trainer has.
#pragma once

#include <memory>

#include "worker/backbone/backbone.h"

namespace unmask {

// From `unmask-torch.so`, on the CUDA device or the CPU (auto is the CPU); an error where it cannot
// be loaded, or the parts make no backbone.
Result<std::unique_ptr<Backbone>> MakeTorchBackbone(DeviceKind device, BackboneParts parts);

}  // namespace unmask

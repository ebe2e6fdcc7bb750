// The backbones that this trainer has.
#pragma once

#include <memory>

#include "worker/backbone/backbone.h"

namespace unmask {

// From `unmask-torch.so`; an error where it cannot be loaded, or the parts make no backbone.
Result<std::unique_ptr<Backbone>> MakeTorchBackbone(BackboneParts parts);

}  // namespace unmask

// Features on a device, by the plain operations of trainable_backbone.h: what worker/torch_backbone
// packs for oneDNN is for CPUs alone.
#pragma once

#include <c10/core/Device.h>

#include "worker/backbone/backbone.h"

namespace unmask {

// As MakeBackbone; float32 only.
Result<std::unique_ptr<Backbone>> MakeBackboneOn(c10::Device device, BackboneParts parts);

}  // namespace unmask

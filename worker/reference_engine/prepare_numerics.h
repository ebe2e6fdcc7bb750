// What of libtorch's own settings an engine's numbers depend on.
#pragma once

#include <c10/core/Device.h>

namespace unmask {

// For the calling thread: no threads of libtorch's own beside it. On a CUDA device, for the
// process: float32 throughout, and no kernels that add in an order that changes.
void PrepareNumerics(c10::Device device);

}  // namespace unmask

#include "worker/lanes_engine/cuda_device.h"

namespace unmask {

std::string CudaDeviceModel() { return ""; }

}  // namespace unmask

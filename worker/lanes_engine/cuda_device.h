#pragma once

#include <string>

namespace unmask {

// The model of the CUDA device that this process uses; "": there is none that can be used.
std::string CudaDeviceModel();

}  // namespace unmask

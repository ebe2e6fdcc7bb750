#pragma once

#include <string>
#include <vector>

namespace unmask {

// lane_arguments.h, lane_device.cu, lane_products.cu and lane_layers.cu one after the other
// (cmake/EmbedText.cmake). Only in builds for GPUs.
extern const char* const kLaneKernelsText;

// Machine code for an architecture ("sm_90"), by NVRTC; needs no device. `groups`: of a tile's
// rows. Throws in a build for CPUs.
std::vector<char> CompileLaneKernels(unsigned groups, const std::string& architecture);

}  // namespace unmask

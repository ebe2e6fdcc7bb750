// How many jobs of one structure the lanes engine trains side by side (docs/engines.md). Libraries
// choose their kernels by it, so it never depends on a worker's slots: it changes with the engine's
// version. Also the slots that a worker gets by default where a study asks for lanes.
#pragma once

namespace unmask {

inline constexpr int kCpuLanes = 8;
inline constexpr int kCudaLanes = 32;

}  // namespace unmask

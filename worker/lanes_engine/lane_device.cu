// What the lanes do on a CUDA device. A model this small is bound by memory and by the number of
// kernels in a step, which wait for one another: what libtorch does by 160 is done by a dozen here.
// The text is compiled by NVRTC when the first lane needs it, so that it takes no nvcc to build
// unmask, behind lane_arguments.h and lane_device.cu; tests compile it as C++.
//
// blockIdx.y is the lane everywhere. Only rows that are clips are computed. Every operation is
// rounded as it stands (no contraction), and a sum has one order, whatever the other lanes do, and
// however many there are.
//
// Given to the compiler: GROUPS of a tile; TRAINS, ROWS, ..., the columns of a lane's controls
// (lane_control.h), and CONTROLS, their number; DROPOUT_WORDS; PAPER, the kind of HSIC; *_EPSILON.

#ifdef __CUDACC__
#define KERNEL extern "C" __global__ void
#define ARGUMENT const __grid_constant__
#endif

namespace unmask {

// --- what a lane is --------------------------------------------------------------------------

__device__ const float* Controls(const LaneRows& lanes) {
  return lanes.control + blockIdx.y * CONTROLS;
}
__device__ float* Parameters(const LaneRows& lanes) {
  return lanes.parameters + blockIdx.y * lanes.parameter_floats;
}
__device__ float* Gradients(const LaneRows& lanes) {
  return lanes.gradients + blockIdx.y * lanes.parameter_floats;
}
__device__ float* Buffers(const LaneRows& lanes) {
  return lanes.buffers + blockIdx.y * lanes.buffer_floats;
}
// The lane's part of [blocks, lanes, rows, width].
__device__ long long Batch(const LaneRows& lanes, int block, int width) {
  return ((long long)block * gridDim.y + blockIdx.y) * lanes.rows * width;
}
__device__ int Clips(const LaneRows& lanes) { return (int)Controls(lanes)[ROWS]; }

}  // namespace unmask

// What the lanes do on a CUDA device. A model this small is bound by memory and by the number of
// kernels in a step, which wait for one another: what libtorch does by 160 is done by a dozen here.
// NVRTC compiles lane_arguments.h, this file, lane_products.cu, lane_moves.cu, lane_norms.cu and
// lane_losses.cu as one text when the first lane needs it, so that building takes no nvcc; tests
// compile it as C++. GROUPS, how high a tile is, is given to the compiler.
//
// blockIdx.y is the lane everywhere. Rows that are no clips are neither read nor summed; products
// may compute zeros for them. Every operation is rounded as it stands (no contraction), and a sum
// has one order, whatever the other lanes do, and however many there are.

#ifdef __CUDACC__
#define KERNEL extern "C" __global__ void
#define ARGUMENT const __grid_constant__
#endif

namespace unmask {

using enum Control;

struct Controls {
  const float* row;
  __device__ float operator[](Control column) const { return row[(int)column]; }
};

// Of the lane, as all that follows.
__device__ Controls ControlsOf(const LaneRows& lanes) {
  return {lanes.control + blockIdx.y * (int)kColumns};
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
// Where its part of [blocks, lanes, rows, width] begins.
__device__ long long BatchBegin(const LaneRows& lanes, int block, int width) {
  return ((long long)block * gridDim.y + blockIdx.y) * lanes.rows * width;
}
__device__ int Clips(const LaneRows& lanes) { return (int)ControlsOf(lanes)[kRows]; }

}  // namespace unmask

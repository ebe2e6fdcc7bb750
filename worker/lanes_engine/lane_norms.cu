// BatchNorm, ReLU and Dropout (lane_prelude.cu).

namespace unmask {

// Over the threads of a column (a block of threads has kNormColumns columns, their rows in
// kNormParts parts): along each part, then over the parts.
__device__ float Total(float value) {
  __shared__ float parts[kNormParts][kNormColumns];
  parts[threadIdx.y][threadIdx.x] = value;
  __syncthreads();
  float sum = 0;
  for (int i = 0; i < kNormParts; ++i) sum += parts[i][threadIdx.x];
  __syncthreads();
  return sum;
}

// A word of Philox4x32-10, and whether Dropout keeps what it stands for (common/random/philox.h).
__device__ unsigned Random(unsigned element, unsigned step, unsigned epoch, unsigned key0,
                           unsigned key1) {
  unsigned a = element / 4, b = 0, c = step, d = epoch;
#pragma unroll
  for (int round = 0; round < 10; ++round) {
    const unsigned high_a = __umulhi(0xD2511F53u, a), high_c = __umulhi(0xCD9E8D57u, c);
    const unsigned low_a = 0xD2511F53u * a, low_c = 0xCD9E8D57u * c;
    a = high_c ^ b ^ key0;
    b = low_c;
    c = high_a ^ d ^ key1;
    d = low_a;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return element % 4 == 0 ? a : element % 4 == 1 ? b : element % 4 == 2 ? c : d;
}
__device__ bool Keeps(const LaneDropout& from, int layer, unsigned element) {
  if (from.least == 0) return true;
  const unsigned* key = from.keys[layer];
  return (int)(Random(element, from.step, from.epoch, key[0], key[1]) >> 8) >= from.least;
}

// Grid of the next two: (groups of columns, lanes, blocks). Threads beyond the last column take it
// too, and write nothing.
KERNEL Normalise(ARGUMENT LaneRows lanes, ARGUMENT LaneBlocks blocks, const float* linear,
                 float* normalised, float* inverse_deviation, float* active) {
  const Controls c = ControlsOf(lanes);
  const LaneBlock& block = blocks.at[blockIdx.z];
  const int width = blocks.out, clips = Clips(lanes);
  const int wanted = blockIdx.x * kNormColumns + threadIdx.x, column = min(wanted, width - 1);
  const float* parameters = Parameters(lanes) + column;
  float& mean = Buffers(lanes)[block.mean + column];
  float& variance = Buffers(lanes)[block.variance + column];
  const LaneDropout& dropout = lanes.dropout[blockIdx.y];
  const long long begin = BatchBegin(lanes, blockIdx.z, width) + column;
  const float bias = parameters[block.bias];
  const bool trains = c[kTrains] != 0;
  float sum = 0;
  for (int i = threadIdx.y; i < clips; i += kNormParts) sum += linear[begin + i * width] + bias;
  const float batch_mean = Total(sum) * c[kInverseRows];
  const float centre = trains ? batch_mean : mean;
  sum = 0;
  for (int i = threadIdx.y; i < clips; i += kNormParts) {
    const float d = linear[begin + i * width] + bias - centre;
    sum = fmaf(d, d, sum);
  }
  const float batch_variance = Total(sum) * c[kInverseRows];
  const float inverse = 1 / sqrtf((trains ? batch_variance : variance) + (float)kLaneNormEpsilon);
  if (wanted >= width) return;
  const float scale = parameters[block.scale], shift = parameters[block.shift], kept = c[kKept];
  for (int i = threadIdx.y; i < lanes.rows; i += kNormParts) {
    const long long at = begin + i * width;
    if (i >= clips) {
      active[at] = 0;
      continue;
    }
    const float x = (linear[at] + bias - centre) * inverse;
    const float y = fmaf(x, scale, shift);
    normalised[at] = x;
    // Not a number passes.
    active[at] =
        (y <= 0 ? 0 : y) * (Keeps(dropout, block.layer, i * blocks.width + column) ? kept : 0);
  }
  if (threadIdx.y != 0) return;
  inverse_deviation[(blockIdx.z * gridDim.y + blockIdx.y) * width + column] = inverse;
  if (!trains) return;
  mean = fmaf(c[kMomentum], batch_mean - mean, mean);
  variance = fmaf(c[kMomentum], batch_variance * c[kVarianceFactor] - variance, variance);
}

// d(linear) = scale inv (d - (sum d + x sum(d x)) / n) over the clips, x normalised.
KERNEL NormaliseBack(ARGUMENT LaneRows lanes, ARGUMENT LaneBlocks blocks, const float* normalised,
                     const float* inverse_deviation, const float* active, const float* by_active,
                     float* by_linear) {
  const Controls c = ControlsOf(lanes);
  if (c[kTrains] == 0) return;
  const LaneBlock& block = blocks.at[blockIdx.z];
  const int width = blocks.out, clips = Clips(lanes);
  const int wanted = blockIdx.x * kNormColumns + threadIdx.x, column = min(wanted, width - 1);
  const long long begin = BatchBegin(lanes, blockIdx.z, width) + column;
  const float kept = c[kKept];
  float by_shift = 0, by_scale = 0;
  for (int i = threadIdx.y; i < clips; i += kNormParts) {
    const long long at = begin + i * width;
    const float d = active[at] <= 0 ? 0 : by_active[at] * kept;
    by_shift += d;
    by_scale = fmaf(d, normalised[at], by_scale);
  }
  by_shift = Total(by_shift);
  by_scale = Total(by_scale);
  const float factor = Parameters(lanes)[block.scale + column] *
                       inverse_deviation[(blockIdx.z * gridDim.y + blockIdx.y) * width + column];
  float by_bias = 0;
  for (int i = threadIdx.y; i < clips; i += kNormParts) {
    const long long at = begin + i * width;
    const float d = active[at] <= 0 ? 0 : by_active[at] * kept;
    const float mean = fmaf(normalised[at], by_scale, by_shift) * c[kInverseRows];
    const float g = (d - mean) * factor;
    by_bias += g;
    if (wanted < width) by_linear[at] = g;
  }
  by_bias = Total(by_bias);
  if (threadIdx.y != 0 || wanted >= width) return;
  float* gradients = Gradients(lanes) + column;
  gradients[block.shift] = by_shift;
  gradients[block.scale] = by_scale;
  gradients[block.bias] = by_bias;
}

}  // namespace unmask

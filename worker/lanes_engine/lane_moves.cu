// Adam (lane_prelude.cu).

namespace unmask {

__device__ void MoveOne(const Controls& c, float& w, float& m, float& v, float g) {
  g = fmaf(c[kDecay], w, g);
  m = fmaf(c[kFirst], g - m, m);
  v = fmaf(c[kSecond], g * g - v, v);
  w = fmaf(c[kStep], m / (sqrtf(v) * c[kCorrection] + (float)kLaneAdamEpsilon), w);
}

__device__ void MoveFour(const LaneRows& lanes, const Controls& c, long long at, float4 g) {
  float4* weights = (float4*)(lanes.parameters + at);
  float4* first = (float4*)(lanes.first + at);
  float4* second = (float4*)(lanes.second + at);
  float4 w = *weights, m = *first, v = *second;
  MoveOne(c, w.x, m.x, v.x, g.x);
  MoveOne(c, w.y, m.y, v.y, g.y);
  MoveOne(c, w.z, m.z, v.z, g.z);
  MoveOne(c, w.w, m.w, v.w, g.w);
  *weights = w;
  *first = m;
  *second = v;
}

// A weight's gradient is summed over the clips and goes straight into Adam: it never reaches
// memory. A block of 128 threads has kTile outputs of kTile inputs, a thread eight of four. Grid:
// (tiles of inputs, lanes, blocks * tiles of outputs).
KERNEL __launch_bounds__(kTileThreads)
    MoveWeights(ARGUMENT LaneRows lanes, ARGUMENT LaneBlocks blocks, const float* by_linear,
                const float* input) {
  constexpr int kRowsAtOnce = 32;
  alignas(16) __shared__ float a[kRowsAtOnce][kTile];  // [clip][output]
  alignas(16) __shared__ float b[kRowsAtOnce][kTile];  // [clip][input]
  const Controls c = ControlsOf(lanes);
  if (c[kTrains] == 0) return;
  const int clips = Clips(lanes), block = blockIdx.z % blocks.count;
  const int first_out = blockIdx.z / blocks.count * kTile, first_in = blockIdx.x * kTile;
  by_linear += BatchBegin(lanes, block, blocks.out);
  input += BatchBegin(lanes, 0, blocks.in);
  const int x = threadIdx.x % 16 * 4, y = threadIdx.x / 16 * 8;
  float sums[8][4] = {};
  for (int begin = 0; begin < clips; begin += kRowsAtOnce) {
    const int count = min(kRowsAtOnce, clips - begin);
    for (int at = threadIdx.x; at < count * (kTile / 4); at += kTileThreads) {
      const int clip = at / (kTile / 4), column = at % (kTile / 4) * 4;
      *(float4*)&a[clip][column] =
          Load(by_linear + (long long)(begin + clip) * blocks.out + first_out + column,
               first_out + column < blocks.out);
      *(float4*)&b[clip][column] =
          Load(input + (long long)(begin + clip) * blocks.in + first_in + column,
               first_in + column < blocks.in);
    }
    __syncthreads();
#pragma unroll 4
    for (int clip = 0; clip < count; ++clip) {
      const float4 in = *(const float4*)&b[clip][x];
      const float4 low = *(const float4*)&a[clip][y], high = *(const float4*)&a[clip][y + 4];
      const float out[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
#pragma unroll
      for (int i = 0; i < 8; ++i) {
        sums[i][0] = fmaf(out[i], in.x, sums[i][0]);
        sums[i][1] = fmaf(out[i], in.y, sums[i][1]);
        sums[i][2] = fmaf(out[i], in.z, sums[i][2]);
        sums[i][3] = fmaf(out[i], in.w, sums[i][3]);
      }
    }
    __syncthreads();
  }
  if (first_in + x >= blocks.in) return;
  const long long weight = blockIdx.y * lanes.parameter_floats + blocks.at[block].weight;
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    const int out = first_out + y + i;
    if (out >= blocks.out) return;
    MoveFour(lanes, c, weight + (long long)out * blocks.in + first_in + x,
             {sums[i][0], sums[i][1], sums[i][2], sums[i][3]});
  }
}

// Everything else, by the gradients in memory. Grid: (any, lanes).
KERNEL MoveRest(ARGUMENT LaneRows lanes, ARGUMENT LaneParts parts) {
  const Controls c = ControlsOf(lanes);
  if (c[kTrains] == 0) return;
  for (int part = 0; part < parts.count; ++part) {
    for (long long i = blockIdx.x * blockDim.x + threadIdx.x; i < parts.fours[part];
         i += gridDim.x * blockDim.x) {
      const long long at = blockIdx.y * lanes.parameter_floats + parts.begin[part] + 4 * i;
      MoveFour(lanes, c, at, *(const float4*)(lanes.gradients + at));
    }
  }
}

}  // namespace unmask

// Matrix products, and Adam (lane_device.cu).

namespace unmask {

// --- matrix products -------------------------------------------------------------------------

// A block of 128 threads makes kTile columns of kGroup * GROUPS rows, a thread two and two columns of
// every eighth row. DEPTH terms of a sum at a time lie in shared memory, transposed; how the rows
// there are padded keeps the banks apart.
constexpr int DEPTH = 16;

struct alignas(16) Tiles {
  float a[DEPTH][kGroup * GROUPS + 2];  // [term][row]
  float b[DEPTH][kTile + 2];       // [term][column]
};

__device__ float4 Load(const float* data, bool wanted) {
  return wanted ? *(const float4*)data : float4{0, 0, 0, 0};
}

// What comes next from memory, in registers meanwhile.
struct Ahead {
  float4 a[(kGroup * GROUPS * DEPTH / 4 + kTileThreads - 1) / kTileThreads];
  float4 b[kTile * DEPTH / 4 / kTileThreads];

  // `input`: [rows, depth] from the tile's first row. `weights`: [columns, depth] or, where it is
  // TURNED, [depth, columns].
  template <bool TURNED>
  __device__ void Fetch(const float* input, int rows, const float* weights, int first_column,
                        int columns, int begin, int depth) {
#pragma unroll
    for (int i = 0; i < sizeof(a) / sizeof(a[0]); ++i) {
      const int at = threadIdx.x + i * kTileThreads, row = at / (DEPTH / 4),
                term = at % (DEPTH / 4) * 4;
      a[i] = Load(input + (long long)row * depth + begin + term, row < rows);
    }
#pragma unroll
    for (int i = 0; i < sizeof(b) / sizeof(b[0]); ++i) {
      const int at = threadIdx.x + i * kTileThreads;
      if (TURNED) {
        const int term = begin + at / (kTile / 4), column = first_column + at % (kTile / 4) * 4;
        b[i] = Load(weights + (long long)term * columns + column, column < columns);
      } else {
        const int column = first_column + at / (DEPTH / 4), term = begin + at % (DEPTH / 4) * 4;
        b[i] = Load(weights + (long long)column * depth + term, column < columns);
      }
    }
  }

  template <bool TURNED>
  __device__ void Put(Tiles& tiles) const {
#pragma unroll
    for (int i = 0; i < sizeof(a) / sizeof(a[0]); ++i) {
      const int at = threadIdx.x + i * kTileThreads, row = at / (DEPTH / 4),
                term = at % (DEPTH / 4) * 4;
      if (row >= kGroup * GROUPS) break;
      tiles.a[term][row] = a[i].x;
      tiles.a[term + 1][row] = a[i].y;
      tiles.a[term + 2][row] = a[i].z;
      tiles.a[term + 3][row] = a[i].w;
    }
#pragma unroll
    for (int i = 0; i < sizeof(b) / sizeof(b[0]); ++i) {
      const int at = threadIdx.x + i * kTileThreads;
      if (TURNED) {
        float2* to = (float2*)&tiles.b[at / (kTile / 4)][at % (kTile / 4) * 4];
        to[0] = {b[i].x, b[i].y};
        to[1] = {b[i].z, b[i].w};
      } else {
        const int column = at / (DEPTH / 4), term = at % (DEPTH / 4) * 4;
        tiles.b[term][column] = b[i].x;
        tiles.b[term + 1][column] = b[i].y;
        tiles.b[term + 2][column] = b[i].z;
        tiles.b[term + 3][column] = b[i].w;
      }
    }
  }
};

// sums += input * weights, term after term. ROW_GROUPS of the tile's GROUPS have clips.
template <bool TURNED, int ROW_GROUPS>
__device__ void AddProduct(Tiles& tiles, const float* input, int rows, const float* weights,
                           int first_column, int columns, int depth, float (&sums)[GROUPS][4]) {
  const int x = threadIdx.x % 16 * 2, y = threadIdx.x / 16;
  Ahead ahead;
  ahead.Fetch<TURNED>(input, rows, weights, first_column, columns, 0, depth);
  for (int begin = 0; begin < depth; begin += DEPTH) {
    ahead.Put<TURNED>(tiles);
    __syncthreads();
    if (begin + DEPTH < depth) {
      ahead.Fetch<TURNED>(input, rows, weights, first_column, columns, begin + DEPTH, depth);
    }
#pragma unroll
    for (int term = 0; term < DEPTH; ++term) {
      const float2 left = *(const float2*)&tiles.b[term][x];
      const float2 right = *(const float2*)&tiles.b[term][x + kTile / 2];
#pragma unroll
      for (int i = 0; i < ROW_GROUPS; ++i) {
        const float a = tiles.a[term][y + kGroup * i];
        sums[i][0] = fmaf(a, left.x, sums[i][0]);
        sums[i][1] = fmaf(a, left.y, sums[i][1]);
        sums[i][2] = fmaf(a, right.x, sums[i][2]);
        sums[i][3] = fmaf(a, right.y, sums[i][3]);
      }
    }
    __syncthreads();
  }
}

template <bool TURNED>
__device__ void AddProduct(Tiles& tiles, const float* input, int rows, const float* weights,
                           int first_column, int columns, int depth, float (&sums)[GROUPS][4]) {
  constexpr int FEWER = GROUPS > 1 ? GROUPS - 1 : 1;
  if (rows <= kGroup * FEWER) {
    AddProduct<TURNED, FEWER>(tiles, input, rows, weights, first_column, columns, depth, sums);
  } else {
    AddProduct<TURNED, GROUPS>(tiles, input, rows, weights, first_column, columns, depth, sums);
  }
}

__device__ void Write(const float (&sums)[GROUPS][4], int rows, int first_column, int columns,
                      float* to) {
  const int column = first_column + threadIdx.x % 16 * 2, y = threadIdx.x / 16;
#pragma unroll
  for (int i = 0; i < GROUPS; ++i) {
    if (y + kGroup * i >= rows) return;
    float* at = to + (long long)(y + kGroup * i) * columns + column;
    if (column < columns) *(float2*)at = {sums[i][0], sums[i][1]};
    if (column + kTile / 2 < columns) *(float2*)(at + kTile / 2) = {sums[i][2], sums[i][3]};
  }
}

// output[block] = input * weight[block]^T. Grid: (tiles of columns, lanes, blocks * tiles of rows).
KERNEL __launch_bounds__(kTileThreads) Forward(ARGUMENT LaneRows lanes, ARGUMENT LaneBlocks blocks,
                                               const float* input, float* output) {
  __shared__ Tiles tiles;
  const int block = blockIdx.z % blocks.count;
  const int first = blockIdx.z / blocks.count * kGroup * GROUPS;
  const int rows = min(Clips(lanes) - first, kGroup * GROUPS);
  if (rows <= 0) return;
  float sums[GROUPS][4] = {};
  input += Batch(lanes, 0, blocks.in) + (long long)first * blocks.in;  // one for all blocks
  AddProduct<false>(tiles, input, rows, Parameters(lanes) + blocks.at[block].weight,
                    blockIdx.x * kTile, blocks.out, blocks.in, sums);
  Write(sums, rows, blockIdx.x * kTile, blocks.out,
        output + Batch(lanes, block, blocks.out) + (long long)first * blocks.out);
}

// by_input = the sum over the blocks of by_linear[block] * weight[block]. Grid: (tiles of columns,
// lanes, tiles of rows).
KERNEL __launch_bounds__(kTileThreads) Back(ARGUMENT LaneRows lanes, ARGUMENT LaneBlocks blocks,
                                            const float* by_linear, float* by_input) {
  __shared__ Tiles tiles;
  const int first = blockIdx.z * kGroup * GROUPS, rows = min(Clips(lanes) - first, kGroup * GROUPS);
  if (rows <= 0 || Controls(lanes)[TRAINS] == 0) return;
  float sums[GROUPS][4] = {};
  for (int block = 0; block < blocks.count; ++block) {
    AddProduct<true>(tiles,
                     by_linear + Batch(lanes, block, blocks.out) + (long long)first * blocks.out,
                     rows, Parameters(lanes) + blocks.at[block].weight, blockIdx.x * kTile,
                     blocks.in, blocks.out, sums);
  }
  Write(sums, rows, blockIdx.x * kTile, blocks.in,
        by_input + Batch(lanes, 0, blocks.in) + (long long)first * blocks.in);
}

// --- Adam ------------------------------------------------------------------------------------

__device__ void MoveOne(const float* c, float& w, float& m, float& v, float g) {
  g = fmaf(c[DECAY], w, g);
  m = fmaf(c[FIRST], g - m, m);
  v = fmaf(c[SECOND], g * g - v, v);
  w = fmaf(c[STEP], m / (sqrtf(v) * c[CORRECTION] + ADAM_EPSILON), w);
}

__device__ void MoveFour(const LaneRows& lanes, const float* c, long long at, float4 g) {
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
  constexpr int ROWS_AT_ONCE = 32;
  alignas(16) __shared__ float a[ROWS_AT_ONCE][kTile];  // [clip][output]
  alignas(16) __shared__ float b[ROWS_AT_ONCE][kTile];  // [clip][input]
  const float* c = Controls(lanes);
  if (c[TRAINS] == 0) return;
  const int clips = Clips(lanes), block = blockIdx.z % blocks.count;
  const int first_out = blockIdx.z / blocks.count * kTile, first_in = blockIdx.x * kTile;
  by_linear += Batch(lanes, block, blocks.out);
  input += Batch(lanes, 0, blocks.in);
  const int x = threadIdx.x % 16 * 4, y = threadIdx.x / 16 * 8;
  float sums[8][4] = {};
  for (int begin = 0; begin < clips; begin += ROWS_AT_ONCE) {
    const int count = min(ROWS_AT_ONCE, clips - begin);
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
  const long long lane = blockIdx.y * lanes.parameter_floats + blocks.at[block].weight;
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    const int out = first_out + y + i;
    if (out >= blocks.out) return;
    MoveFour(lanes, c, lane + (long long)out * blocks.in + first_in + x,
             {sums[i][0], sums[i][1], sums[i][2], sums[i][3]});
  }
}

// Everything else, by the gradients in memory. Grid: (any, lanes).
KERNEL MoveRest(ARGUMENT LaneRows lanes, ARGUMENT LaneParts parts) {
  const float* c = Controls(lanes);
  if (c[TRAINS] == 0) return;
  for (int part = 0; part < parts.count; ++part) {
    for (long long i = blockIdx.x * blockDim.x + threadIdx.x; i < parts.fours[part];
         i += gridDim.x * blockDim.x) {
      const long long at = blockIdx.y * lanes.parameter_floats + parts.begin[part] + 4 * i;
      MoveFour(lanes, c, at, *(const float4*)(lanes.gradients + at));
    }
  }
}

}  // namespace unmask

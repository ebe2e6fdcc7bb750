// Matrix products (lane_prelude.cu).

namespace unmask {

// A block of 128 threads makes kTile columns of kGroup * GROUPS rows, a thread two and two columns
// of every eighth row. kTerms terms of a sum at a time lie in shared memory, transposed; how the
// rows there are padded keeps the banks apart.
struct alignas(16) Tiles {
  float a[kTerms][kGroup * GROUPS + 2];  // [term][row]
  float b[kTerms][kTile + 2];            // [term][column]
};

__device__ float4 Load(const float* data, bool wanted) {
  return wanted ? *(const float4*)data : float4{0, 0, 0, 0};
}

// What comes next from memory, in registers meanwhile.
struct Ahead {
  float4 a[(kGroup * GROUPS * kTerms / 4 + kTileThreads - 1) / kTileThreads];
  float4 b[kTile * kTerms / 4 / kTileThreads];

  // `input`: [rows, depth] from the tile's first row. `weights`: [columns, depth] or, where it is
  // TURNED, [depth, columns].
  template <bool TURNED>
  __device__ void Fetch(const float* input, int rows, const float* weights, int first_column,
                        int columns, int begin, int depth) {
#pragma unroll
    for (int i = 0; i < sizeof(a) / sizeof(a[0]); ++i) {
      const int at = threadIdx.x + i * kTileThreads, row = at / (kTerms / 4),
                term = at % (kTerms / 4) * 4;
      a[i] = Load(input + (long long)row * depth + begin + term, row < rows);
    }
#pragma unroll
    for (int i = 0; i < sizeof(b) / sizeof(b[0]); ++i) {
      const int at = threadIdx.x + i * kTileThreads;
      if (TURNED) {
        const int term = begin + at / (kTile / 4), column = first_column + at % (kTile / 4) * 4;
        b[i] = Load(weights + (long long)term * columns + column, column < columns);
      } else {
        const int column = first_column + at / (kTerms / 4), term = begin + at % (kTerms / 4) * 4;
        b[i] = Load(weights + (long long)column * depth + term, column < columns);
      }
    }
  }

  template <bool TURNED>
  __device__ void Put(Tiles& tiles) const {
#pragma unroll
    for (int i = 0; i < sizeof(a) / sizeof(a[0]); ++i) {
      const int at = threadIdx.x + i * kTileThreads, row = at / (kTerms / 4),
                term = at % (kTerms / 4) * 4;
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
        const int column = at / (kTerms / 4), term = at % (kTerms / 4) * 4;
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
  for (int begin = 0; begin < depth; begin += kTerms) {
    ahead.Put<TURNED>(tiles);
    __syncthreads();
    if (begin + kTerms < depth) {
      ahead.Fetch<TURNED>(input, rows, weights, first_column, columns, begin + kTerms, depth);
    }
#pragma unroll
    for (int term = 0; term < kTerms; ++term) {
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
  constexpr int kFewer = GROUPS > 1 ? GROUPS - 1 : 1;
  if (rows <= kGroup * kFewer) {
    AddProduct<TURNED, kFewer>(tiles, input, rows, weights, first_column, columns, depth, sums);
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
  input += BatchBegin(lanes, 0, blocks.in) + (long long)first * blocks.in;  // one for all blocks
  AddProduct<false>(tiles, input, rows, Parameters(lanes) + blocks.at[block].weight,
                    blockIdx.x * kTile, blocks.out, blocks.in, sums);
  Write(sums, rows, blockIdx.x * kTile, blocks.out,
        output + BatchBegin(lanes, block, blocks.out) + (long long)first * blocks.out);
}

// by_input = the sum over the blocks of by_linear[block] * weight[block]. Grid: (tiles of columns,
// lanes, tiles of rows).
KERNEL __launch_bounds__(kTileThreads) Back(ARGUMENT LaneRows lanes, ARGUMENT LaneBlocks blocks,
                                            const float* by_linear, float* by_input) {
  __shared__ Tiles tiles;
  const int first = blockIdx.z * kGroup * GROUPS, rows = min(Clips(lanes) - first, kGroup * GROUPS);
  if (rows <= 0 || ControlsOf(lanes)[kTrains] == 0) return;
  float sums[GROUPS][4] = {};
  for (int block = 0; block < blocks.count; ++block) {
    AddProduct<true>(
        tiles, by_linear + BatchBegin(lanes, block, blocks.out) + (long long)first * blocks.out,
        rows, Parameters(lanes) + blocks.at[block].weight, blockIdx.x * kTile, blocks.in,
        blocks.out, sums);
  }
  Write(sums, rows, blockIdx.x * kTile, blocks.in,
        by_input + BatchBegin(lanes, 0, blocks.in) + (long long)first * blocks.in);
}

}  // namespace unmask

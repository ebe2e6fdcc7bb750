// What lies between the products, and the loss (lane_device.cu).

namespace unmask {

// --- BatchNorm, ReLU, Dropout ----------------------------------------------------------------

// A block of threads has kNormColumns columns of a lane's batch, and its rows in kNormParts parts. Over the
// threads of one column, along a part of the rows, then over the parts:
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
__device__ bool Keeps(const int* dropout, int key, unsigned element) {
  if (dropout[0] == 0) return true;
  const unsigned word = Random(element, dropout[2], dropout[1], dropout[key], dropout[key + 1]);
  return (int)(word >> 8) >= dropout[0];
}

// Grid of the next two: (groups of columns, lanes, blocks). Threads beyond the last column take it
// too, and write nothing.
KERNEL Normalise(ARGUMENT LaneRows lanes, ARGUMENT LaneBlocks blocks, const float* linear,
                 float* normalised, float* inverse_deviation, float* active) {
  const float* c = Controls(lanes);
  const LaneBlock& block = blocks.at[blockIdx.z];
  const int width = blocks.out, clips = Clips(lanes);
  const int wanted = blockIdx.x * kNormColumns + threadIdx.x, column = min(wanted, width - 1);
  const float* parameters = Parameters(lanes) + column;
  float& mean = Buffers(lanes)[block.mean + column];
  float& variance = Buffers(lanes)[block.variance + column];
  const int* dropout = lanes.dropout + blockIdx.y * DROPOUT_WORDS;
  const long long begin = Batch(lanes, blockIdx.z, width) + column;
  const float bias = parameters[block.bias];
  const bool trains = c[TRAINS] != 0;
  float sum = 0;
  for (int i = threadIdx.y; i < clips; i += kNormParts) sum += linear[begin + i * width] + bias;
  const float batch_mean = Total(sum) * c[INVERSE_ROWS];
  const float centre = trains ? batch_mean : mean;
  sum = 0;
  for (int i = threadIdx.y; i < clips; i += kNormParts) {
    const float d = linear[begin + i * width] + bias - centre;
    sum = fmaf(d, d, sum);
  }
  const float batch_variance = Total(sum) * c[INVERSE_ROWS];
  const float inverse = 1 / sqrtf((trains ? batch_variance : variance) + NORM_EPSILON);
  if (wanted >= width) return;
  const float scale = parameters[block.scale], shift = parameters[block.shift], kept = c[KEPT];
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
        (y <= 0 ? 0 : y) * (Keeps(dropout, block.key, i * blocks.width + column) ? kept : 0);
  }
  if (threadIdx.y != 0) return;
  inverse_deviation[(blockIdx.z * gridDim.y + blockIdx.y) * width + column] = inverse;
  if (!trains) return;
  mean = fmaf(c[MOMENTUM], batch_mean - mean, mean);
  variance = fmaf(c[MOMENTUM], batch_variance * c[VARIANCE_FACTOR] - variance, variance);
}

// d(linear) = scale inv (d - (sum d + x sum(d x)) / n) over the clips, x normalised.
KERNEL NormaliseBack(ARGUMENT LaneRows lanes, ARGUMENT LaneBlocks blocks, const float* normalised,
                     const float* inverse_deviation, const float* active, const float* by_active,
                     float* by_linear) {
  const float* c = Controls(lanes);
  if (c[TRAINS] == 0) return;
  const LaneBlock& block = blocks.at[blockIdx.z];
  const int width = blocks.out, clips = Clips(lanes);
  const int wanted = blockIdx.x * kNormColumns + threadIdx.x, column = min(wanted, width - 1);
  const long long begin = Batch(lanes, blockIdx.z, width) + column;
  const float kept = c[KEPT];
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
    const float mean = fmaf(normalised[at], by_scale, by_shift) * c[INVERSE_ROWS];
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

// --- classifiers and loss --------------------------------------------------------------------

constexpr unsigned ALL = 0xFFFFFFFF;

// Over a warp; the same bits in all its threads.
__device__ float WarpSum(float value) {
  for (int d = kWarp / 2; d > 0; d /= 2) value += __shfl_xor_sync(ALL, value, d);
  return value;
}

// A row's logits, its share of the cross-entropy, and the derivative by the logits.
__device__ float CrossEntropy(const LaneRows& lanes, const LaneClassifier& of, const float* stream,
                              int width, int row, float factor) {
  const float* c = Controls(lanes);
  const float* weight = Parameters(lanes) + of.weight;
  const long long at = (long long)blockIdx.y * lanes.rows + row;
  float* logits = of.logits + at * of.padded;
  float most = __int_as_float(0xFF800000);  // -infinity
  for (int k = 0; k < of.classes; ++k) {
    float sum = 0;
    for (int j = threadIdx.x; j < width; j += kWarp) {
      sum = fmaf(stream[j], weight[(long long)k * width + j], sum);
    }
    const float logit = WarpSum(sum) + Parameters(lanes)[of.bias + k];
    if (threadIdx.x == 0) logits[k] = logit;
    most = fmaxf(most, logit);
  }
  __syncwarp();
  float sum = 0;
  for (int k = threadIdx.x; k < of.classes; k += kWarp) sum += expf(logits[k] - most);
  const float log_sum = logf(WarpSum(sum));
  const long long label = of.labels[at];
  for (int k = threadIdx.x; k < of.padded; k += kWarp) {
    const float p = k < of.classes ? expf(logits[k] - most - log_sum) : 0;
    of.by_logits[at * of.padded + k] = (p - (k == label ? 1 : 0)) * c[INVERSE_ROWS] * factor;
  }
  return -(logits[label] - most - log_sum) * c[INVERSE_ROWS];
}

// The mean over rows of (k(x, y) - k(x, x) k(y, y))^2 of normalised rows: this row's share. An RBF
// kernel of a row and itself is 1.
__device__ float Independence(const float* c, const float* x, const float* y, int width,
                              LanePull& pull) {
  float squares_x = 0, squares_y = 0;
  for (int j = threadIdx.x; j < width; j += kWarp) {
    squares_x = fmaf(x[j], x[j], squares_x);
    squares_y = fmaf(y[j], y[j], squares_y);
  }
  squares_x = WarpSum(squares_x);
  squares_y = WarpSum(squares_y);
  const float norm_x = sqrtf(squares_x), norm_y = sqrtf(squares_y);
  // torch's normalize divides by at least this, and is constant there.
  const bool clamped_x = norm_x < UNIT_EPSILON, clamped_y = norm_y < UNIT_EPSILON;
  const float inverse_x = 1 / (clamped_x ? UNIT_EPSILON : norm_x);
  const float inverse_y = 1 / (clamped_y ? UNIT_EPSILON : norm_y);
  float uu = 0, vv = 0, uv = 0, u_apart = 0, v_apart = 0, apart = 0;
  for (int j = threadIdx.x; j < width; j += kWarp) {
    const float u = x[j] * inverse_x, v = y[j] * inverse_y, d = u - v;
    uu = fmaf(u, u, uu);
    vv = fmaf(v, v, vv);
    uv = fmaf(u, v, uv);
    u_apart = fmaf(u, d, u_apart);
    v_apart = fmaf(v, d, v_apart);
    apart = fmaf(d, d, apart);
  }
  uu = WarpSum(uu);
  vv = WarpSum(vv);
  uv = WarpSum(uv);
  u_apart = WarpSum(u_apart);
  v_apart = WarpSum(v_apart);
  apart = WarpSum(apart);
  const bool linear = c[LINEAR_KERNEL] != 0;
  const float rbf = expf(apart * c[GAMMA]);
  const float error = linear ? uv - uu * vv : rbf - 1;
  const float d = 2 * error * c[INVERSE_ROWS];
  // By u: q (u - v) + own_u u + other v; by v: q (v - u) + own_v v + other u.
  const float q = linear ? 0 : 2 * d * rbf * c[GAMMA], other = linear ? d : 0;
  float own_u = linear ? -2 * d * vv : 0, own_v = linear ? -2 * d * uu : 0;
  // Normalising takes off what lies along the row.
  const float along_u = q * u_apart + own_u * uu + other * uv;
  const float along_v = -q * v_apart + own_v * vv + other * uv;
  if (!clamped_x) own_u -= along_u;
  if (!clamped_y) own_v -= along_v;
  const float scale_x = squares_x == 0 ? 0 : c[ALPHA] * inverse_x;
  const float scale_y = squares_y == 0 ? 0 : c[ALPHA] * inverse_y;
  pull = {scale_x * (q + own_u) * inverse_x, scale_x * (other - q) * inverse_y,
          scale_y * (q + own_v) * inverse_y, scale_y * (other - q) * inverse_x};
  return error * error * c[INVERSE_ROWS];
}

// A warp has a row. Grid: (groups of rows, lanes).
KERNEL Classify(ARGUMENT LaneRows lanes, ARGUMENT LaneClassifiers heads, int width,
                const float* active, LanePull* pulls, float* losses) {
  const int row = blockIdx.x * blockDim.y + threadIdx.y;
  if (row >= lanes.rows) return;
  const float* c = Controls(lanes);
  const long long at = (long long)blockIdx.y * lanes.rows + row;
  float loss = 0;
  LanePull pull = {};
  if (row < Clips(lanes)) {
    const float* x = active + Batch(lanes, 0, width) + (long long)row * width;
    const float* y = active + Batch(lanes, 1, width) + (long long)row * width;
    loss = CrossEntropy(lanes, heads.at[0], x, width, row, 1);
    if (heads.count == 2) {
      loss = loss + c[BETA] * CrossEntropy(lanes, heads.at[1], y, width, row, c[BETA]);
      if (c[ALPHA] != 0 && c[HSIC] == PAPER) {
        loss = loss + c[ALPHA] * Independence(c, x, y, width, pull);
      }
    }
  }
  if (threadIdx.x != 0) return;
  pulls[at] = pull;
  losses[at] = loss;
}

// Gradients by the classifiers and by what they see; a thread has a column, and AT_ONCE classes at
// a time. Grid: (groups of columns, lanes, heads).
KERNEL ClassifyBack(ARGUMENT LaneRows lanes, ARGUMENT LaneClassifiers heads, int width,
                    const float* active, const LanePull* pulls, const float* losses,
                    float* by_active, float* loss) {
  constexpr int AT_ONCE = 8;
  const float* c = Controls(lanes);
  const int clips = Clips(lanes), column = blockIdx.x * blockDim.x + threadIdx.x;
  const long long rows = (long long)blockIdx.y * lanes.rows;
  if (blockIdx.x == 0 && blockIdx.z == 0 && threadIdx.x < kWarp) {
    float sum = 0;
    for (int i = threadIdx.x; i < clips; i += kWarp) sum += losses[rows + i];
    sum = WarpSum(sum);
    if (threadIdx.x == 0) loss[blockIdx.y] = sum;
  }
  if (c[TRAINS] == 0) return;
  const LaneClassifier& head = heads.at[blockIdx.z];
  const float* by_logits = head.by_logits + rows * head.padded;
  float* gradients = Gradients(lanes);
  if (blockIdx.x == 0) {
    for (int k = threadIdx.x; k < head.classes; k += blockDim.x) {
      float sum = 0;
      for (int i = 0; i < clips; ++i) sum += by_logits[i * head.padded + k];
      gradients[head.bias + k] = sum;
    }
  }
  if (column >= width) return;
  const float* weight = Parameters(lanes) + head.weight + column;
  const float* mine = active + Batch(lanes, blockIdx.z, width) + column;
  const float* other = active + Batch(lanes, 1 - blockIdx.z, width) + column;
  by_active += Batch(lanes, blockIdx.z, width) + column;
  for (int begin = 0; begin < head.classes; begin += AT_ONCE) {
    const int count = min(AT_ONCE, head.classes - begin);
    float w[AT_ONCE], sums[AT_ONCE] = {};
#pragma unroll
    for (int k = 0; k < AT_ONCE; ++k) {
      w[k] = k < count ? weight[(long long)(begin + k) * width] : 0;
    }
    for (int i = 0; i < clips; ++i) {
      const float* g = by_logits + i * head.padded + begin;
      const float a = mine[i * width];
      float d = begin == 0 ? 0 : by_active[i * width];
      if (begin == 0 && heads.count == 2) {
        const LanePull& pull = pulls[rows + i];
        const float own = blockIdx.z == 0 ? pull.own_x : pull.own_y;
        const float cross = blockIdx.z == 0 ? pull.cross_x : pull.cross_y;
        d = own * a + cross * other[i * width];
      }
#pragma unroll
      for (int k = 0; k < AT_ONCE; ++k) {
        if (k >= count) break;
        d = fmaf(g[k], w[k], d);
        sums[k] = fmaf(g[k], a, sums[k]);
      }
      by_active[i * width] = d;
    }
#pragma unroll
    for (int k = 0; k < AT_ONCE; ++k) {
      if (k < count) gradients[head.weight + (long long)(begin + k) * width + column] = sums[k];
    }
  }
}

}  // namespace unmask

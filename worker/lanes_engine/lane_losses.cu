// Classifiers and losses (lane_prelude.cu).

namespace unmask {

constexpr unsigned kAllThreads = 0xFFFFFFFF;

// Over a warp; the same bits in all its threads.
__device__ float WarpSum(float value) {
  for (int d = kWarp / 2; d > 0; d /= 2) value += __shfl_xor_sync(kAllThreads, value, d);
  return value;
}

// A row's logits, its share of the cross-entropy, and the derivative by the logits.
__device__ float CrossEntropy(const LaneRows& lanes, const LaneClassifier& of, const float* stream,
                              int width, int row, float factor) {
  const float* weight = Parameters(lanes) + of.weight;
  const long long at = (long long)blockIdx.y * lanes.rows + row;
  const float share = of.shares[at];
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
  const long label = of.labels[at];
  for (int k = threadIdx.x; k < of.padded; k += kWarp) {
    const float p = k < of.classes ? expf(logits[k] - most - log_sum) : 0;
    of.by_logits[at * of.padded + k] = (p - (k == label ? 1 : 0)) * share * factor;
  }
  return -(logits[label] - most - log_sum) * share;
}

// The mean over rows of (k(x, y) - k(x, x) k(y, y))^2 of normalised rows: this row's share. An RBF
// kernel of a row and itself is 1.
__device__ float Independence(const Controls& c, const float* x, const float* y, int width,
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
  const bool clamped_x = norm_x < (float)kLaneUnitEpsilon,
             clamped_y = norm_y < (float)kLaneUnitEpsilon;
  const float inverse_x = 1 / (clamped_x ? (float)kLaneUnitEpsilon : norm_x);
  const float inverse_y = 1 / (clamped_y ? (float)kLaneUnitEpsilon : norm_y);
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
  const bool linear = c[kLinearKernel] != 0;
  const float rbf = expf(apart * c[kGamma]);
  const float error = linear ? uv - uu * vv : rbf - 1;
  const float d = 2 * error * c[kInverseRows];
  // By u: q (u - v) + own_u u + other v; by v: q (v - u) + own_v v + other u.
  const float q = linear ? 0 : 2 * d * rbf * c[kGamma], other = linear ? d : 0;
  float own_u = linear ? -2 * d * vv : 0, own_v = linear ? -2 * d * uu : 0;
  // Normalising takes off what lies along the row.
  const float along_u = q * u_apart + own_u * uu + other * uv;
  const float along_v = -q * v_apart + own_v * vv + other * uv;
  if (!clamped_x) own_u -= along_u;
  if (!clamped_y) own_v -= along_v;
  const float scale_x = squares_x == 0 ? 0 : c[kAlpha] * inverse_x;
  const float scale_y = squares_y == 0 ? 0 : c[kAlpha] * inverse_y;
  pull = {scale_x * (q + own_u) * inverse_x, scale_x * (other - q) * inverse_y,
          scale_y * (q + own_v) * inverse_y, scale_y * (other - q) * inverse_x};
  return error * error * c[kInverseRows];
}

// A warp has a row. Grid: (groups of rows, lanes).
KERNEL Classify(ARGUMENT LaneRows lanes, ARGUMENT LaneClassifiers heads, int width,
                const float* active, LanePull* pulls, float* losses) {
  const int row = blockIdx.x * blockDim.y + threadIdx.y;
  if (row >= lanes.rows) return;
  const Controls c = ControlsOf(lanes);
  const long long at = (long long)blockIdx.y * lanes.rows + row;
  float loss = 0;
  LanePull pull = {};
  if (row < Clips(lanes)) {
    const float* x = active + BatchBegin(lanes, 0, width) + (long long)row * width;
    const float* y = active + BatchBegin(lanes, 1, width) + (long long)row * width;
    loss = CrossEntropy(lanes, heads.at[0], x, width, row, 1);
    if (heads.count == 2) {
      loss = loss + c[kBeta] * CrossEntropy(lanes, heads.at[1], y, width, row, c[kBeta]);
      if (c[kAlpha] != 0 && c[kHsic] == kPaperHsic) {
        loss = loss + c[kAlpha] * Independence(c, x, y, width, pull);
      }
    }
  }
  if (threadIdx.x != 0) return;
  pulls[at] = pull;
  losses[at] = loss;
}

// Gradients by the classifiers and by what they see; a thread has a column, and kClassesAtOnce
// classes at a time. Grid: (groups of columns, lanes, heads).
KERNEL ClassifyBack(ARGUMENT LaneRows lanes, ARGUMENT LaneClassifiers heads, int width,
                    const float* active, const LanePull* pulls, const float* losses,
                    float* by_active, float* loss) {
  constexpr int kClassesAtOnce = 8;
  const Controls c = ControlsOf(lanes);
  const int clips = Clips(lanes), column = blockIdx.x * blockDim.x + threadIdx.x;
  const long long first_row = (long long)blockIdx.y * lanes.rows;
  if (blockIdx.x == 0 && blockIdx.z == 0 && threadIdx.x < kWarp) {
    float sum = 0;
    for (int i = threadIdx.x; i < clips; i += kWarp) sum += losses[first_row + i];
    sum = WarpSum(sum);
    if (threadIdx.x == 0) loss[blockIdx.y] = sum;
  }
  if (c[kTrains] == 0) return;
  const LaneClassifier& head = heads.at[blockIdx.z];
  const float* by_logits = head.by_logits + first_row * head.padded;
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
  const float* mine = active + BatchBegin(lanes, blockIdx.z, width) + column;
  const float* other = active + BatchBegin(lanes, 1 - blockIdx.z, width) + column;
  by_active += BatchBegin(lanes, blockIdx.z, width) + column;
  for (int begin = 0; begin < head.classes; begin += kClassesAtOnce) {
    const int count = min(kClassesAtOnce, head.classes - begin);
    float w[kClassesAtOnce], sums[kClassesAtOnce] = {};
#pragma unroll
    for (int k = 0; k < kClassesAtOnce; ++k) {
      w[k] = k < count ? weight[(long long)(begin + k) * width] : 0;
    }
    for (int i = 0; i < clips; ++i) {
      const float* g = by_logits + i * head.padded + begin;
      const float a = mine[i * width];
      float d = begin == 0 ? 0 : by_active[i * width];
      if (begin == 0 && heads.count == 2) {
        const LanePull& pull = pulls[first_row + i];
        const float own = blockIdx.z == 0 ? pull.own_x : pull.own_y;
        const float cross = blockIdx.z == 0 ? pull.cross_x : pull.cross_y;
        d = own * a + cross * other[i * width];
      }
#pragma unroll
      for (int k = 0; k < kClassesAtOnce; ++k) {
        if (k >= count) break;
        d = fmaf(g[k], w[k], d);
        sums[k] = fmaf(g[k], a, sums[k]);
      }
      by_active[i * width] = d;
    }
#pragma unroll
    for (int k = 0; k < kClassesAtOnce; ++k) {
      if (k < count) gradients[head.weight + (long long)(begin + k) * width + column] = sums[k];
    }
  }
}

}  // namespace unmask

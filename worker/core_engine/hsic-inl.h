// The independence term alpha HSIC(x, y) of two streams' rows, and its gradients.
//
// Rows are normalised first, u = x / |x|. Whatever a gradient has along u itself is lost in
// that, so terms of |u|^2 (always 1) are left out of the gradients below.
#if defined(UNMASK_CORE_HSIC_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNMASK_CORE_HSIC_INL_H_
#undef UNMASK_CORE_HSIC_INL_H_
#else
#define UNMASK_CORE_HSIC_INL_H_
#endif

#include <cmath>

#include "common/config/settings.h"
#include "worker/core_engine/math-inl.h"
#include "worker/core_engine/sums-inl.h"
#include "worker/core_engine/workspace.h"
#include "worker/model/constants.h"

HWY_BEFORE_NAMESPACE();
namespace unmask {
namespace HWY_NAMESPACE {

inline constexpr auto kLeastNorm = static_cast<float>(kUnitEpsilon);

HWY_INLINE void NormalizeRows(const Rows& x, std::size_t rows, StreamRows& stream) {
  for (std::size_t b = 0; b < rows; ++b) {
    const float norm = std::sqrt(Dot(x.row(b), x.row(b), x.padded()));
    const float inverse = norm == 0 ? 0.0F : 1.0F / std::max(norm, kLeastNorm);
    for (std::size_t at = 0; at < x.padded(); at += kLanes) {
      Store(hn::Mul(Load(x.row(b) + at), Splat(inverse)), stream.unit.row(b) + at);
    }
    stream.inverse_norms[b] = inverse;
    stream.squares[b] = Dot(stream.unit.row(b), stream.unit.row(b), x.padded());
  }
}

// From the gradient g of u in `gradient` to that of x: (g - u (u . g)) / |x|; 0 for a zero row.
HWY_INLINE void BackwardNormalizeRow(const StreamRows& stream, std::size_t b, float* gradient) {
  const float* unit = stream.unit.row(b);
  const std::size_t padded = stream.unit.padded();
  const Vec along = Splat(Dot(unit, gradient, padded));
  const Vec inverse = Splat(stream.inverse_norms[b]);
  for (std::size_t at = 0; at < padded; at += kLanes) {
    const Vec across = hn::NegMulAdd(Load(unit + at), along, Load(gradient + at));
    Store(hn::Mul(across, inverse), gradient + at);
  }
}

HWY_INLINE float SquaredDistance(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b,
                                 std::size_t padded) {
  Group sum = ZeroGroup();
  for (std::size_t at = 0; at < padded; at += kGroup) {
    UNMASK_UNROLL
    for (std::size_t i = 0; i < kGroupVecs; ++i) {
      const std::size_t j = at + i * kLanes;
      const Vec difference = hn::Sub(Load(a + j), Load(b + j));
      sum.v[i] = hn::MulAdd(difference, difference, sum.v[i]);
    }
  }
  return SumOf(sum);
}

// to = a_factor a + b_factor b
HWY_INLINE void Combine(const float* a, float a_factor, const float* b, float b_factor,
                        std::size_t padded, float* to) {
  for (std::size_t at = 0; at < padded; at += kLanes) {
    const Vec scaled = hn::Mul(Load(b + at), Splat(b_factor));
    Store(hn::MulAdd(Load(a + at), Splat(a_factor), scaled), to + at);
  }
}

// The paper's eqs. (2) and (4): mean over clips of (k - s)^2 with k = k(u, v), s = k(u, u) k(v, v).
//   RBF: k = exp(-|u - v|^2 / 2 sigma^2), s = 1;  dk/du = k (v - u) / sigma^2, dk/dv = -dk/du
//   linear: k = u . v, s = |u|^2 |v|^2;  dk/du = v, dk/dv = u
HWY_INLINE float PaperHsic(const Settings::Loss& loss, std::size_t rows, StreamRows& x,
                           StreamRows& y, Rows& x_gradient, Rows& y_gradient) {
  const std::size_t padded = x.unit.padded();
  const auto inverse_variance = static_cast<float>(1 / (loss.sigma * loss.sigma));
  const auto alpha = static_cast<float>(loss.alpha);
  float sum = 0;
  for (std::size_t b = 0; b < rows; ++b) {
    const float* u = x.unit.row(b);
    const float* v = y.unit.row(b);
    const bool rbf = loss.kernel == KernelKind::kRbf;
    const float k =
        rbf ? hn::GetLane(Exp(Splat(SquaredDistance(u, v, padded) * -0.5F * inverse_variance)))
            : Dot(u, v, padded);
    const float difference = k - (rbf ? 1.0F : x.squares[b] * y.squares[b]);
    sum += difference * difference;
    const float slope = 2 * alpha * difference / static_cast<float>(rows);
    const float toward = rbf ? slope * k * inverse_variance : slope;
    const float away = rbf ? -toward : 0.0F;
    Combine(v, toward, u, away, padded, x_gradient.row(b));
    Combine(u, toward, v, away, padded, y_gradient.row(b));
  }
  return sum / static_cast<float>(rows);
}

// K[i][j] = u_i . u_j, or exp(-|u_i - u_j|^2 / 2 sigma^2), and the sums of its rows. Padding is 0;
// so is the diagonal for the unbiased estimator.
HWY_INLINE void KernelMatrix(const Settings::Loss& loss, std::size_t rows, StreamRows& stream) {
  const std::size_t padded = PadToGroup(rows);
  const auto factor = static_cast<float>(0.5 / (loss.sigma * loss.sigma));
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const float product = Dot(stream.unit.row(i), stream.unit.row(j), stream.unit.padded());
      stream.kernel.row(i)[j] = product;
      stream.kernel.row(j)[i] = product;
    }
  }
  for (std::size_t i = 0; i < rows; ++i) {
    float* row = stream.kernel.row(i);
    for (std::size_t at = 0; loss.kernel == KernelKind::kRbf && at < padded; at += kLanes) {
      const Vec squares =
          hn::Add(Splat(stream.squares[i]), hn::LoadU(Floats(), &stream.squares[at]));
      const Vec distance = hn::NegMulAdd(Splat(2.0F), Load(row + at), squares);
      Store(Exp(hn::Mul(distance, Splat(-factor))), row + at);
    }
    std::fill(row + rows, row + padded, 0.0F);
    if (loss.hsic == HsicKind::kUnbiased) row[i] = 0;
    Group sum = ZeroGroup();
    for (std::size_t at = 0; at < padded; at += kLanes) {
      const std::size_t lane = at / kLanes % kGroupVecs;
      sum.v[lane] = hn::Add(sum.v[lane], Load(row + at));
    }
    stream.kernel_sums[i] = SumOf(sum);
  }
}

// Both estimators are a sum over i, j of K[i][j] M(L)[i][j], with l[i] the sums of L's rows and
// M(L)[i][j] = scale (L[i][j] - share (l[i] + l[j]) + constant):
//   biased: share 1/n, constant sum l / n^2, scale 1 / (n-1)^2: tr(KHLH) / (n-1)^2
//   unbiased (zero diagonals): share 1/(n-2), constant sum l / ((n-1)(n-2)), scale 1 / (n(n-3))
// M(L) is dHSIC/dK, and M(K) is dHSIC/dL.
struct Centring {
  HWY_INLINE Centring(HsicKind kind, const StreamRows& l, std::size_t rows) {
    const auto n = static_cast<double>(rows);
    double sum = 0;
    for (std::size_t i = 0; i < rows; ++i) sum += l.kernel_sums[i];
    const bool biased = kind == HsicKind::kBiased;
    share = static_cast<float>(1 / (biased ? n : n - 2));
    constant = static_cast<float>(sum / (biased ? n * n : (n - 1) * (n - 2)));
    scale = static_cast<float>(1 / (biased ? (n - 1) * (n - 1) : n * (n - 3)));
  }
  float share, constant, scale;
};

// g = alpha dHSIC/du: row i of it is 2 alpha sum over j of P[i][j] u_j with P = M(L) for the linear
// kernel, M(L) K / sigma^2 for RBF, j other than i. Returns HSIC; `scratch` holds one row of P.
HWY_INLINE float KernelHsic(const Settings::Loss& loss, std::size_t rows, const StreamRows& x,
                            const StreamRows& y, float* HWY_RESTRICT scratch, Rows& x_gradient) {
  const Centring centring(loss.hsic, y, rows);
  const bool rbf = loss.kernel == KernelKind::kRbf;
  const auto factor = static_cast<float>(2 * loss.alpha / (rbf ? loss.sigma * loss.sigma : 1.0));
  float hsic = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    Group sum = ZeroGroup();
    for (std::size_t at = 0; at < PadToGroup(rows); at += kLanes) {
      const Vec sums = hn::Add(Splat(y.kernel_sums[i]), hn::LoadU(Floats(), &y.kernel_sums[at]));
      const Vec centred =
          hn::NegMulAdd(Splat(centring.share), sums,
                        hn::Add(Load(y.kernel.row(i) + at), Splat(centring.constant)));
      const Vec m = hn::Mul(centred, Splat(centring.scale));
      const Vec k = Load(x.kernel.row(i) + at);
      const std::size_t lane = at / kLanes % kGroupVecs;
      sum.v[lane] = hn::MulAdd(k, m, sum.v[lane]);
      Store(hn::Mul(rbf ? hn::Mul(m, k) : m, Splat(factor)), scratch + at);
    }
    hsic += SumOf(sum);
    scratch[i] = 0;  // lies along u_i: beside it the others would lose their last digits
    for (std::size_t at = 0; at < x.unit.padded(); at += kLanes) {
      Vec row = Zero();
      for (std::size_t j = 0; j < rows; ++j) {
        row = hn::MulAdd(Splat(scratch[j]), Load(x.unit.row(j) + at), row);
      }
      Store(row, x_gradient.row(i) + at);
    }
  }
  return hsic;
}

// Sets the gradients of the two streams' outputs to those of alpha HSIC, and returns HSIC.
HWY_INLINE float IndependenceLoss(const Settings::Loss& loss, std::size_t rows, Workspace& work) {
  StreamRows& x = work.streams[0];
  StreamRows& y = work.streams[1];
  BlockRows& x_block = work.heads[0].block;
  BlockRows& y_block = work.heads[1].block;
  NormalizeRows(x_block.output, rows, x);
  NormalizeRows(y_block.output, rows, y);
  float hsic = 0;
  if (loss.hsic == HsicKind::kPaper) {
    hsic = PaperHsic(loss, rows, x, y, x_block.gradient, y_block.gradient);
  } else {
    KernelMatrix(loss, rows, x);
    KernelMatrix(loss, rows, y);
    hsic = KernelHsic(loss, rows, x, y, work.kernel_row.data(), x_block.gradient);
    KernelHsic(loss, rows, y, x, work.kernel_row.data(), y_block.gradient);
  }
  for (std::size_t b = 0; b < rows; ++b) {
    BackwardNormalizeRow(x, b, x_block.gradient.row(b));
    BackwardNormalizeRow(y, b, y_block.gradient.row(b));
  }
  return hsic;
}

}  // namespace HWY_NAMESPACE
}  // namespace unmask
HWY_AFTER_NAMESPACE();

#endif  // UNMASK_CORE_HSIC_INL_H_

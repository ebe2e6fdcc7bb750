// BatchNorm1d, ReLU and Dropout of some columns of a batch, in one pass over them.
#if defined(UNMASK_CORE_BATCH_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNMASK_CORE_BATCH_NORM_INL_H_
#undef UNMASK_CORE_BATCH_NORM_INL_H_
#else
#define UNMASK_CORE_BATCH_NORM_INL_H_
#endif

#include <cstring>

#include "worker/core_engine/adam-inl.h"
#include "worker/core_engine/nonzero-inl.h"
#include "worker/core_engine/sums-inl.h"
#include "worker/core_engine/workspace.h"
#include "worker/model/constants.h"

HWY_BEFORE_NAMESPACE();
namespace unmask {
namespace HWY_NAMESPACE {

inline constexpr auto kNormMomentum = static_cast<float>(kBatchNormMomentum);
inline constexpr auto kNormEpsilon = static_cast<float>(kBatchNormEpsilon);

// Of a caller's row-major [batch, width], which ends where it ends: lanes beyond are 0.
HWY_INLINE Vec LoadMask(const float* mask, std::size_t width, std::size_t row, std::size_t column) {
  const float* at = mask + row * width + column;
  if (column + kLanes <= width) return hn::LoadU(Floats(), at);
  HWY_ALIGN float lanes[kLanes] = {};
  if (column < width) std::memcpy(lanes, at, (width - column) * sizeof(float));
  return Load(lanes);
}

// running += momentum (value - running)
HWY_INLINE void MoveRunning(Rows& running, std::size_t at, Vec value) {
  const Vec old = Load(running.row(0) + at);
  Store(hn::MulAdd(Splat(kNormMomentum), hn::Sub(value, old), old), running.row(0) + at);
}

// Of some columns of a batch.
template <std::size_t Vecs>
struct Moments {
  Vec mean[Vecs];
  Vec inverse[Vecs];  // of the deviation
};

// mean = sum z / B; var = sum (z - mean)^2 / B; inverse = 1 / sqrt(var + eps). The running variance
// takes the unbiased one, sum (z - mean)^2 / (B - 1).
template <std::size_t Vecs>
HWY_INLINE Moments<Vecs> MomentsOf(const Rows& z, std::size_t rows, std::size_t first, Norm& norm) {
  Moments<Vecs> of;
  Vec sum[Vecs];
  SumRows(z, rows, first, sum);
  Vec squares[Vecs];
  const Vec count = Splat(static_cast<float>(rows));
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) {
    of.mean[i] = hn::Div(sum[i], count);
    squares[i] = Zero();
  }
  for (std::size_t b = 0; b < rows; ++b) {
    const float* row = z.row(b) + first;
    UNMASK_UNROLL
    for (std::size_t i = 0; i < Vecs; ++i) {
      const Vec centred = hn::Sub(Load(row + i * kLanes), of.mean[i]);
      squares[i] = hn::MulAdd(centred, centred, squares[i]);
    }
  }
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) {
    const std::size_t at = first + i * kLanes;
    const Vec variance = hn::Add(hn::Div(squares[i], count), Splat(kNormEpsilon));
    of.inverse[i] = hn::Div(Splat(1.0F), hn::Sqrt(variance));
    MoveRunning(norm.running_mean, at, of.mean[i]);
    MoveRunning(norm.running_var, at, hn::Div(squares[i], Splat(static_cast<float>(rows - 1))));
  }
  return of;
}

// normal = (z - mean) inverse; y = scale normal + shift; output = y mask where y > 0, else 0.
// Vectors of columns that follow one another.
template <std::size_t Vecs>
HWY_INLINE void NormalizeColumns(Norm& norm, const float* mask, std::size_t rows, std::size_t first,
                                 BlockRows& block) {
  const Moments<Vecs> of = MomentsOf<Vecs>(block.normal, rows, first, norm);
  const float* scale = norm.scale.value.row(0) + first;
  const float* shift = norm.shift.value.row(0) + first;
  for (std::size_t b = 0; b < rows; ++b) {
    float* z = block.normal.row(b) + first;
    float* output = block.output.row(b) + first;
    UNMASK_UNROLL
    for (std::size_t i = 0; i < Vecs; ++i) {
      const std::size_t at = i * kLanes;
      const Vec normal = hn::Mul(hn::Sub(Load(z + at), of.mean[i]), of.inverse[i]);
      const Vec y = hn::MulAdd(Load(scale + at), normal, Load(shift + at));
      const Vec kept = hn::Mul(y, LoadMask(mask, block.normal.width(), b, first + at));
      Store(normal, z + at);
      // Not a number passes, so that the loss shows it.
      Store(hn::IfThenZeroElse(hn::Le(y, Zero()), kept), output + at);
    }
  }
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) {
    Store(of.inverse[i], block.inverse_deviation.data() + first + i * kLanes);
  }
}

// In evaluation: by the running statistics, and nothing is dropped.
HWY_INLINE void NormalizeColumnsByRunning(const Norm& norm, std::size_t rows, std::size_t at,
                                          BlockRows& block) {
  const Vec mean = Load(norm.running_mean.row(0) + at);
  const Vec variance = Load(norm.running_var.row(0) + at);
  const Vec inverse = hn::Div(Splat(1.0F), hn::Sqrt(hn::Add(variance, Splat(kNormEpsilon))));
  const Vec scale = hn::Mul(Load(norm.scale.value.row(0) + at), inverse);
  const Vec shift = Load(norm.shift.value.row(0) + at);
  for (std::size_t b = 0; b < rows; ++b) {
    const Vec centred = hn::Sub(Load(block.normal.row(b) + at), mean);
    const Vec y = hn::MulAdd(scale, centred, shift);
    Store(hn::IfThenZeroElse(hn::Le(y, Zero()), y), block.output.row(b) + at);
  }
}

// dy = d kept where the output is not zero, else 0, in place of the output's gradient d;
// dshift = sum dy; dscale = sum dy normal.
template <std::size_t Vecs>
HWY_INLINE void BackwardActivation(float kept, std::size_t rows, std::size_t first,
                                   BlockRows& block, Vec (&dshift)[Vecs], Vec (&dscale)[Vecs]) {
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) dshift[i] = dscale[i] = Zero();
  for (std::size_t b = 0; b < rows; ++b) {
    float* d = block.gradient.row(b) + first;
    const float* output = block.output.row(b) + first;
    const float* normal = block.normal.row(b) + first;
    UNMASK_UNROLL
    for (std::size_t i = 0; i < Vecs; ++i) {
      const std::size_t at = i * kLanes;
      const Vec passed = hn::Mul(Load(d + at), Splat(kept));
      const Vec dy = hn::IfThenElseZero(IsNonzero(Load(output + at)), passed);
      dshift[i] = hn::Add(dshift[i], dy);
      dscale[i] = hn::MulAdd(dy, Load(normal + at), dscale[i]);
      Store(dy, d + at);
    }
  }
}

// dz = scale inverse (dy - dshift / B - normal dscale / B), in place of d. Scale and shift are
// updated. Vectors of columns that follow one another.
template <std::size_t Vecs>
HWY_INLINE void BackwardNormColumns(const Adam& adam, float kept, Norm& norm, std::size_t rows,
                                    std::size_t first, BlockRows& block) {
  Vec dshift[Vecs];
  Vec dscale[Vecs];
  BackwardActivation(kept, rows, first, block, dshift, dscale);
  Vec mean[Vecs];
  Vec slope[Vecs];
  Vec factor[Vecs];
  const Vec share = Splat(1.0F / static_cast<float>(rows));
  const float* scale = norm.scale.value.row(0) + first;
  const float* inverse = block.inverse_deviation.data() + first;
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) {
    mean[i] = hn::Mul(dshift[i], share);
    slope[i] = hn::Mul(dscale[i], share);
    factor[i] = hn::Mul(Load(scale + i * kLanes), Load(inverse + i * kLanes));
  }
  for (std::size_t b = 0; b < rows; ++b) {
    float* d = block.gradient.row(b) + first;
    const float* normal = block.normal.row(b) + first;
    UNMASK_UNROLL
    for (std::size_t i = 0; i < Vecs; ++i) {
      const Vec centred = hn::Sub(Load(d + i * kLanes), mean[i]);
      const Vec dy = hn::NegMulAdd(Load(normal + i * kLanes), slope[i], centred);
      Store(hn::Mul(factor[i], dy), d + i * kLanes);
    }
  }
  Update(adam, dscale, first, norm.scale);
  Update(adam, dshift, first, norm.shift);
}

}  // namespace HWY_NAMESPACE
}  // namespace unmask
HWY_AFTER_NAMESPACE();

#endif  // UNMASK_CORE_BATCH_NORM_INL_H_

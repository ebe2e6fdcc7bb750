// BatchNorm1d, ReLU and Dropout of some columns of a batch, in one pass over them.
#if defined(UNMASK_CORE_BATCH_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNMASK_CORE_BATCH_NORM_INL_H_
#undef UNMASK_CORE_BATCH_NORM_INL_H_
#else
#define UNMASK_CORE_BATCH_NORM_INL_H_
#endif

#include <cstring>

#include "worker/core_engine/adam-inl.h"
#include "worker/core_engine/vectors-inl.h"
#include "worker/core_engine/workspace.h"

HWY_BEFORE_NAMESPACE();
namespace unmask {
namespace HWY_NAMESPACE {

inline constexpr float kNormMomentum = 0.1F;
inline constexpr float kNormEpsilon = 1e-5F;

// Of a caller's row-major [batch, width], which ends where it ends: lanes beyond are 0.
HWY_INLINE Vec LoadMask(const float* mask, std::size_t width, std::size_t row, std::size_t column) {
  const float* at = mask + row * width + column;
  if (column + kLanes <= width) return hn::LoadU(Floats(), at);
  HWY_ALIGN float lanes[kLanes] = {};
  if (column < width) std::memcpy(lanes, at, (width - column) * sizeof(float));
  return Load(lanes);
}

// mean = sum z / B; var = sum (z - mean)^2 / B; normal = (z - mean) / sqrt(var + eps);
// y = scale normal + shift; gate = mask where y > 0, else 0; output = y gate.
// The running variance takes the unbiased one, sum (z - mean)^2 / (B - 1). One vector of columns.
HWY_INLINE void NormalizeColumns(Norm& norm, const float* mask, std::size_t rows, std::size_t at,
                                 BlockRows& block) {
  Vec sum = Zero();
  for (std::size_t b = 0; b < rows; ++b) sum = hn::Add(sum, Load(block.normal.row(b) + at));
  const Vec mean = hn::Div(sum, Splat(static_cast<float>(rows)));
  Vec squares = Zero();
  for (std::size_t b = 0; b < rows; ++b) {
    const Vec centred = hn::Sub(Load(block.normal.row(b) + at), mean);
    squares = hn::MulAdd(centred, centred, squares);
  }
  const Vec variance = hn::Div(squares, Splat(static_cast<float>(rows)));
  const Vec inverse = hn::Div(Splat(1.0F), hn::Sqrt(hn::Add(variance, Splat(kNormEpsilon))));
  Store(inverse, block.inverse_deviation.data() + at);
  const auto move = [&](Rows& running, Vec value) HWY_ATTR {
    const Vec old = Load(running.row(0) + at);
    Store(hn::MulAdd(Splat(kNormMomentum), hn::Sub(value, old), old), running.row(0) + at);
  };
  move(norm.running_mean, mean);
  move(norm.running_var, hn::Div(squares, Splat(static_cast<float>(rows - 1))));

  const Vec scale = Load(norm.scale.value.row(0) + at);
  const Vec shift = Load(norm.shift.value.row(0) + at);
  for (std::size_t b = 0; b < rows; ++b) {
    const Vec normal = hn::Mul(hn::Sub(Load(block.normal.row(b) + at), mean), inverse);
    const Vec y = hn::MulAdd(scale, normal, shift);
    // Not a number passes, so that the loss shows it.
    const Vec gate =
        hn::IfThenZeroElse(hn::Le(y, Zero()), LoadMask(mask, block.normal.width(), b, at));
    Store(normal, block.normal.row(b) + at);
    Store(gate, block.gate.row(b) + at);
    Store(hn::Mul(y, gate), block.output.row(b) + at);
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

// dy = d gate, d being the output's gradient; dshift = sum dy; dscale = sum dy normal;
// dz = scale inverse (dy - dshift / B - normal dscale / B), in place of d. Scale and shift are
// updated.
HWY_INLINE void BackwardNormColumns(const Adam& adam, Norm& norm, std::size_t rows, std::size_t at,
                                    BlockRows& block) {
  Vec dshift = Zero();
  Vec dscale = Zero();
  for (std::size_t b = 0; b < rows; ++b) {
    float* d = block.gradient.row(b) + at;
    const Vec dy = hn::Mul(Load(d), Load(block.gate.row(b) + at));
    dshift = hn::Add(dshift, dy);
    dscale = hn::MulAdd(dy, Load(block.normal.row(b) + at), dscale);
    Store(dy, d);
  }
  const Vec share = Splat(1.0F / static_cast<float>(rows));
  const Vec mean = hn::Mul(dshift, share);
  const Vec slope = hn::Mul(dscale, share);
  const Vec factor =
      hn::Mul(Load(norm.scale.value.row(0) + at), Load(block.inverse_deviation.data() + at));
  for (std::size_t b = 0; b < rows; ++b) {
    float* d = block.gradient.row(b) + at;
    const Vec centred = hn::Sub(Load(d), mean);
    const Vec normal = Load(block.normal.row(b) + at);
    Store(hn::Mul(factor, hn::NegMulAdd(normal, slope, centred)), d);
  }
  Update(adam, dscale, at, norm.scale);
  Update(adam, dshift, at, norm.shift);
}

}  // namespace HWY_NAMESPACE
}  // namespace unmask
HWY_AFTER_NAMESPACE();

#endif  // UNMASK_CORE_BATCH_NORM_INL_H_

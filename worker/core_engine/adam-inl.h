#if defined(UNMASK_CORE_ADAM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNMASK_CORE_ADAM_INL_H_
#undef UNMASK_CORE_ADAM_INL_H_
#else
#define UNMASK_CORE_ADAM_INL_H_
#endif

#include "worker/core_engine/adam.h"
#include "worker/core_engine/core_model.h"
#include "worker/core_engine/math-inl.h"
#include "worker/core_engine/sums-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unmask {
namespace HWY_NAMESPACE {

// AdamStep's numbers in every lane.
struct Adam {
  explicit HWY_INLINE Adam(const AdamStep& step)
      : decay(Splat(step.decay)),
        first_rate(Splat(step.first_rate)),
        second_kept(Splat(step.second_kept)),
        second_rate(Splat(step.second_rate)),
        rate(Splat(step.rate)),
        root_scale(Splat(step.root_scale)),
        epsilon(Splat(step.epsilon)) {}
  Vec decay, first_rate, second_kept, second_rate, rate, root_scale, epsilon;
};

// g = gradient + decay w;  m += (1 - beta1) (g - m);  v = beta2 v + (1 - beta2) g^2
HWY_INLINE Vec MoveMoments(const Adam& adam, Vec gradient, const float* HWY_RESTRICT weight,
                           float* HWY_RESTRICT first, float* HWY_RESTRICT second) {
  const Vec m = Load(first);
  const Vec g = hn::MulAdd(adam.decay, Load(weight), gradient);
  const Vec v =
      hn::MulAdd(hn::Mul(adam.second_rate, g), g, hn::Mul(adam.second_kept, Load(second)));
  Store(hn::MulAdd(adam.first_rate, hn::Sub(g, m), m), first);
  Store(v, second);
  return v;
}

// w -= rate m / (sqrt(v) root_scale + epsilon)
HWY_INLINE void MoveWeight(const Adam& adam, Vec root, const float* HWY_RESTRICT first,
                           float* HWY_RESTRICT weight) {
  const Vec divisor = hn::MulAdd(root, adam.root_scale, adam.epsilon);
  Store(hn::NegMulAdd(adam.rate, hn::Div(Load(first), divisor), Load(weight)), weight);
}

// Of vectors that follow one another.
template <std::size_t Vecs>
HWY_INLINE void Update(const Adam& adam, const Vec (&gradient)[Vecs], float* HWY_RESTRICT weight,
                       float* HWY_RESTRICT first, float* HWY_RESTRICT second) {
  Vec v[Vecs];
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) {
    const std::size_t at = i * kLanes;
    v[i] = MoveMoments(adam, gradient[i], weight + at, first + at, second + at);
  }
  if (HWY_LIKELY(HaveRoots(v))) {
    // Every second one by the divider all the same: it and the multipliers are busy alike then.
    UNMASK_UNROLL
    for (std::size_t i = 0; i < Vecs; ++i) {
      const Vec root = i % 2 == 0 ? Root(v[i]) : hn::Sqrt(v[i]);
      MoveWeight(adam, root, first + i * kLanes, weight + i * kLanes);
    }
    return;
  }
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) {
    MoveWeight(adam, hn::Sqrt(v[i]), first + i * kLanes, weight + i * kLanes);
  }
}

// Vectors of a parameter without rows.
template <std::size_t Vecs>
HWY_INLINE void Update(const Adam& adam, const Vec (&gradient)[Vecs], std::size_t at,
                       Trained& vector) {
  Update(adam, gradient, vector.value.row(0) + at, vector.first.row(0) + at,
         vector.second.row(0) + at);
}

// How many vectors are updated together where nothing else decides it: their steps take turns.
inline constexpr std::size_t kUpdateVecs =
    kManyRegisters ? 8 : std::max<std::size_t>(4, kGroupVecs);

// A bias, whose gradient is the sum of `gradients`' rows.
HWY_INLINE void UpdateBySumOfRows(const Adam& adam, const Rows& gradients, std::size_t rows,
                                  std::size_t first, std::size_t columns, Trained& bias) {
  ForEachChunk<kUpdateVecs>(first, columns, [&](std::size_t at, auto vecs) HWY_ATTR {
    Vec sum[vecs()];
    SumRows(gradients, rows, at, sum);
    Update(adam, sum, at, bias);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace unmask
HWY_AFTER_NAMESPACE();

#endif  // UNMASK_CORE_ADAM_INL_H_

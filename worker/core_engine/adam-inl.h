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
        second_rate(Splat(step.second_rate)),
        rate(Splat(step.rate)),
        epsilon(Splat(step.epsilon)) {}
  Vec decay, first_rate, second_rate, rate, epsilon;
};

// g = gradient + decay w;  m += (1 - beta1) (g - m);  v += (1 - beta2) (g^2 - v)
HWY_INLINE Vec MoveMoments(const Adam& adam, Vec gradient, Vec weight, float* HWY_RESTRICT first,
                           float* HWY_RESTRICT second) {
  const Vec m = Load(first);
  const Vec v = Load(second);
  const Vec g = hn::MulAdd(adam.decay, weight, gradient);
  const Vec moved = hn::MulAdd(adam.second_rate, hn::MulSub(g, g, v), v);
  Store(hn::MulAdd(adam.first_rate, hn::Sub(g, m), m), first);
  Store(moved, second);
  return moved;
}

// w -= rate m / (sqrt(v) + epsilon)
HWY_INLINE Vec MovedWeight(const Adam& adam, Vec root, Vec first, Vec weight) {
  return hn::NegMulAdd(adam.rate, hn::Div(first, hn::Add(root, adam.epsilon)), weight);
}

// Of vectors that follow one another.
template <std::size_t Vecs>
HWY_INLINE void Update(const Adam& adam, const Vec (&gradient)[Vecs], float* HWY_RESTRICT weight,
                       float* HWY_RESTRICT first, float* HWY_RESTRICT second) {
  Vec v[Vecs];
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) {
    const std::size_t at = i * kLanes;
    v[i] = MoveMoments(adam, gradient[i], Load(weight + at), first + at, second + at);
  }
  Vec root[Vecs];
  if (HWY_LIKELY(HaveRoots(v))) {
    // Every second one by the divider all the same: it and the multipliers are busy alike then.
    UNMASK_UNROLL
    for (std::size_t i = 0; i < Vecs; ++i) root[i] = i % 2 == 0 ? Root(v[i]) : hn::Sqrt(v[i]);
  } else {
    UNMASK_UNROLL
    for (std::size_t i = 0; i < Vecs; ++i) root[i] = hn::Sqrt(v[i]);
  }
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) {
    const std::size_t at = i * kLanes;
    Store(MovedWeight(adam, root[i], Load(first + at), Load(weight + at)), weight + at);
  }
}

// An update of some columns of one or two rows of a matrix, put off until the next one's gradients
// are summed up: a vector of it at a time goes between their products, which leave the divider
// idle. So it is where there are registers enough, on AMD's processors. On Intel's the divider
// shares a port with the products, and all of it takes longer so. The bits are the same.
class LateUpdate {
 public:
  // Nothing waits at first. `adam` outlives this.
  explicit HWY_INLINE LateUpdate(const Adam& adam)
      : adam_(adam), wanted_(kManyRegisters && __builtin_cpu_is("amd")) {}

  bool wanted() const { return wanted_; }

  // Of rows k to k + N - 1, from column `at` on. What waited before has been run.
  template <std::size_t N, std::size_t Vecs>
  HWY_INLINE void Set(const Vec (&gradient)[N][Vecs], std::size_t k, std::size_t at,
                      TrainedPanels& weight) {
    static_assert(N <= 2 && N * Vecs <= kMostVecs);
    UNMASK_UNROLL
    for (std::size_t n = 0; n < N; ++n) {
      UNMASK_UNROLL
      for (std::size_t i = 0; i < Vecs; ++i) {
        Store(gradient[n][i], gradient_ + (n * Vecs + i) * kLanes);
      }
    }
    weight_ = weight.value.at(k, at);
    first_ = weight.first.at(k, at);
    second_ = weight.second.at(k, at);
    count_ = N * Vecs * kLanes;
    width_ = Vecs * kLanes;
    skipped_ = weight.value.stride(at) - width_;
  }

  // Does what waits; before each of its vectors it calls before().
  template <typename F>
  HWY_INLINE void Run(F before) {
    const Adam adam = adam_;  // in registers
    for (std::size_t i = 0; i != count_; i += kLanes) {
      before();
      const std::size_t at = i < width_ ? i : i + skipped_;
      const Vec weight = LoadOnce(weight_ + at);
      const Vec v = MoveMoments(adam, Load(gradient_ + i), weight, first_ + at, second_ + at);
      Store(MovedWeight(adam, hn::Sqrt(v), Load(first_ + at), weight), weight_ + at);
    }
    count_ = 0;
  }

 private:
  static constexpr std::size_t kMostVecs = 16;
  const Adam& adam_;
  const bool wanted_;
  std::size_t count_ = 0;    // floats that wait
  std::size_t width_ = 0;    // of them in a row
  std::size_t skipped_ = 0;  // columns from a row's end to the next row
  float *weight_ = nullptr, *first_ = nullptr, *second_ = nullptr;  // of the first float
  HWY_ALIGN float gradient_[kMostVecs * kLanes];
};

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

// Linear layers: z = x W + b forward; backward the gradients of W and x, each consumed at once.
#if defined(UNMASK_CORE_LINEAR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNMASK_CORE_LINEAR_INL_H_
#undef UNMASK_CORE_LINEAR_INL_H_
#else
#define UNMASK_CORE_LINEAR_INL_H_
#endif

#include "worker/core_engine/adam-inl.h"
#include "worker/core_engine/sums-inl.h"
#include "worker/core_engine/workspace.h"

HWY_BEFORE_NAMESPACE();
namespace unmask {
namespace HWY_NAMESPACE {

// z[b][n] += sum over k of x[b][k] w[k][n], for one word of inputs (64 rows of w) and one chunk of
// outputs, whose sums stay in registers while a row of x is read. The pointers are at the chunk;
// `start` is what is added to.
template <std::size_t Vecs>
HWY_INLINE void AddProducts(const float* HWY_RESTRICT x, std::uint64_t bits,
                            const float* HWY_RESTRICT w, std::size_t w_stride, const float* start,
                            float* z) {
  Vec sum[Vecs];
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) sum[i] = Load(start + i * kLanes);
  for (; bits != 0; bits &= bits - 1) {
    const auto k = static_cast<std::size_t>(__builtin_ctzll(bits));
    const Vec factor = Splat(x[k]);
    const float* row = OneAddress(w + k * w_stride);
    UNMASK_UNROLL
    for (std::size_t i = 0; i < Vecs; ++i) {
      sum[i] = hn::MulAdd(factor, Load(row + i * kLanes), sum[i]);
    }
  }
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) Store(sum[i], z + i * kLanes);
}

// The same for two rows of x, one x_stride and one z_stride apart, whose bits are equal: what is
// read of w serves both. Dense inputs come this way.
template <std::size_t Vecs>
HWY_INLINE void AddProductsOfTwo(const float* HWY_RESTRICT x, std::size_t x_stride,
                                 std::uint64_t bits, const float* HWY_RESTRICT w,
                                 std::size_t w_stride, const float* start, std::size_t start_stride,
                                 float* z, std::size_t z_stride) {
  Vec sum[2][Vecs];
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) {
    sum[0][i] = Load(start + i * kLanes);
    sum[1][i] = Load(start + start_stride + i * kLanes);
  }
  for (; bits != 0; bits &= bits - 1) {
    const auto k = static_cast<std::size_t>(__builtin_ctzll(bits));
    const Vec factor[2] = {Splat(x[k]), Splat(x[x_stride + k])};
    const float* row = OneAddress(w + k * w_stride);
    UNMASK_UNROLL
    for (std::size_t i = 0; i < Vecs; ++i) {
      const Vec each = LoadOnce(row + i * kLanes);
      sum[0][i] = hn::MulAdd(factor[0], each, sum[0][i]);
      sum[1][i] = hn::MulAdd(factor[1], each, sum[1][i]);
    }
  }
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) {
    Store(sum[0][i], z + i * kLanes);
    Store(sum[1][i], z + z_stride + i * kLanes);
  }
}

// The rows of W that the next word of inputs will meet. They are asked for, into the second cache,
// a part at a time while the rows of a batch pass over this word's: by the last row all of them.
class NextWord {
 public:
  HWY_INLINE NextWord(const float* weights, std::size_t floats, std::size_t rows)
      : next_(weights), end_(weights + floats), part_(CeilDiv(floats / kGroup, rows) * kGroup) {}

  HWY_INLINE void Prefetch(std::size_t rows) {
    const std::size_t left = static_cast<std::size_t>(end_ - next_);
    for (const float* end = next_ + std::min(rows * part_, left); next_ != end; next_ += kGroup) {
      __builtin_prefetch(next_, 0, 2);
    }
  }

 private:
  const float* next_;
  const float* end_;
  std::size_t part_;  // floats for a row of the batch
};

// Columns [first, first + width) of z = x W + b. Inputs go by words of 64, so that those rows of W
// stay in the first cache while all of the batch passes over them.
HWY_INLINE void ForwardPanel(const Linear& layer, const Rows& x, const Nonzeros& nonzeros,
                             std::size_t rows, std::size_t first, std::size_t width, Rows& z) {
  constexpr std::size_t kVecs = kManyRegisters ? 16 : std::max<std::size_t>(8, kGroupVecs);
  const std::size_t stride = layer.weight.value.stride(first);
  for (std::size_t word = 0; word < nonzeros.words(); ++word) {
    const float* words = layer.weight.value.at(word * kWord, first);
    const std::size_t next = std::min((word + 1) * kWord, layer.in);
    NextWord next_word(layer.weight.value.at(next, first),
                       (std::min(next + kWord, layer.in) - next) * stride, rows);
    for (std::size_t b = 0, together; b < rows; b += together) {
      const std::uint64_t bits = nonzeros.row(b)[word];
      together = b + 1 < rows && nonzeros.row(b + 1)[word] == bits ? 2 : 1;
      next_word.Prefetch(together);
      const float* start = word == 0 ? layer.bias.value.row(0) : z.row(b);
      if (together == 2) {
        ForEachChunk<kVecs / 2>(first, width, [&](std::size_t at, auto vecs) HWY_ATTR {
          AddProductsOfTwo<vecs()>(x.row(b) + word * kWord, x.stride(), bits, words + (at - first),
                                   stride, start + at, word == 0 ? 0 : z.stride(), z.row(b) + at,
                                   z.stride());
        });
        continue;
      }
      ForEachChunk<kVecs>(first, width, [&](std::size_t at, auto vecs) HWY_ATTR {
        AddProducts<vecs()>(x.row(b) + word * kWord, bits, words + (at - first), stride, start + at,
                            z.row(b) + at);
      });
    }
  }
}

// The nonzero elements of one input k: their rows b, and the places of x[b][k] in `x`.
struct InputColumn {
  std::size_t count;
  const std::uint32_t* rows;
  const std::uint32_t* places;
  const float* x;
};

// For input k and one chunk of outputs n:
//   dw[k][n] = sum over b of x[b][k] dz[b][n], which Adam consumes in registers;
//   dx[b][k] = sum over n of w[k][n] dz[b][n], with the weight before the update, in 16 lanes that
//   `partial` keeps, [count][16]; the first chunk begins them.
// Only where x[b][k] is not zero: elsewhere ReLU or dropout stop dx. Moments `ahead` floats further
// on are asked for meanwhile: of a wide layer they come from the third cache.
template <std::size_t Vecs, bool kInputGradient>
HWY_INLINE void BackwardChunk(const Adam& adam, const InputColumn& column, bool begin,
                              const float* HWY_RESTRICT dz, std::size_t dz_stride,
                              float* HWY_RESTRICT weight, float* HWY_RESTRICT first,
                              float* HWY_RESTRICT second, std::size_t ahead,
                              float* HWY_RESTRICT partial) {
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs * kLanes; i += kGroup) {
    __builtin_prefetch(first + ahead + i);
    __builtin_prefetch(second + ahead + i);
  }
  Vec gradient[Vecs];
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) gradient[i] = Zero();
  // Weights stay in registers where there are enough of them.
  constexpr bool kHeld = kInputGradient && kManyRegisters;
  Vec held[kHeld ? Vecs : 1];
  if constexpr (kHeld) {
    UNMASK_UNROLL
    for (std::size_t i = 0; i < Vecs; ++i) held[i] = LoadOnce(weight + i * kLanes);
  }
  for (std::size_t j = 0; j < column.count; ++j) {
    const float* row = OneAddress(dz + column.rows[j] * dz_stride);
    const Vec x = Splat(column.x[column.places[j]]);
    Group dot;
    if constexpr (kInputGradient) dot = begin ? ZeroGroup() : LoadGroup(partial + j * kGroup);
    UNMASK_UNROLL
    for (std::size_t i = 0; i < Vecs; ++i) {
      const Vec d = LoadOnce(row + i * kLanes);
      gradient[i] = hn::MulAdd(x, d, gradient[i]);
      if constexpr (kInputGradient) {
        Vec& lane = dot.v[i % kGroupVecs];
        lane = hn::MulAdd(d, kHeld ? held[i] : Load(weight + i * kLanes), lane);
      }
    }
    if constexpr (kInputGradient) StoreGroup(dot, partial + j * kGroup);
  }
  Update(adam, gradient, weight, first, second);
}

// dw of N inputs from k on that are nonzero in every row, one chunk of it: what is read of dz
// serves all of them, and x is read where it stands.
template <std::size_t N, std::size_t Vecs>
HWY_INLINE void BackwardDenseInputs(const Adam& adam, const Rows& x, std::size_t rows,
                                    std::size_t k, const Rows& dz, std::size_t at,
                                    TrainedPanels& weight, LateUpdate& late) {
  Vec gradient[N][Vecs];
  UNMASK_UNROLL
  for (std::size_t n = 0; n < N; ++n) {
    UNMASK_UNROLL
    for (std::size_t i = 0; i < Vecs; ++i) gradient[n][i] = Zero();
  }
  const float* HWY_RESTRICT values = x.row(0) + k;
  const float* HWY_RESTRICT gradients = dz.row(0) + at;
  const auto add_row = [&]() HWY_ATTR {
    Vec value[N];
    UNMASK_UNROLL
    for (std::size_t n = 0; n < N; ++n) value[n] = Splat(values[n]);
    UNMASK_UNROLL
    for (std::size_t i = 0; i < Vecs; ++i) {
      const Vec d = LoadOnce(gradients + i * kLanes);
      UNMASK_UNROLL
      for (std::size_t n = 0; n < N; ++n) gradient[n][i] = hn::MulAdd(value[n], d, gradient[n][i]);
    }
    values += x.stride();
    gradients += dz.stride();
  };
  std::size_t b = 0;
  if (late.wanted()) {
    late.Run([&]() HWY_ATTR {
      if (b + 2 > rows) return;
      add_row();
      add_row();
      b += 2;
    });
  }
  for (; b < rows; ++b) add_row();
  if (late.wanted()) return late.Set(gradient, k, at, weight);
  UNMASK_UNROLL
  for (std::size_t n = 0; n < N; ++n) {
    Update(adam, gradient[n], weight.value.at(k + n, at), weight.first.at(k + n, at),
           weight.second.at(k + n, at));
  }
}

HWY_INLINE InputColumn ColumnOf(const Nonzeros& nonzeros, const Rows& x, std::size_t k) {
  const std::size_t start = nonzeros.starts()[k];
  return {nonzeros.starts()[k + 1] - start, nonzeros.rows() + start, nonzeros.places() + start,
          x.row(0)};
}

// Backward for columns [first, first + width), whose gradients `dz` are complete: W is updated
// there, and their share of dx is added to the gradients of `nonzeros`. Inputs go one by one, so
// that their weights and moments are read once, in order.
template <bool kInputGradient>
HWY_INLINE void BackwardPanel(const Adam& adam, Linear& layer, const Rows& x, Nonzeros& nonzeros,
                              std::size_t rows, std::size_t first, std::size_t width,
                              const Rows& dz, FloatBuffer& partial) {
  constexpr std::size_t kVecs = kManyRegisters ? 16 : std::max<std::size_t>(8, kGroupVecs);
  constexpr std::size_t kRowsAhead = 2;
  TrainedPanels& weight = layer.weight;
  LateUpdate late(adam);
  const std::size_t stride = weight.value.stride(first);
  for (std::size_t k = 0; k < layer.in; ++k) {
    const InputColumn column = ColumnOf(nonzeros, x, k);
    if (!kInputGradient && column.count == rows) {
      if (k + 1 < layer.in && ColumnOf(nonzeros, x, k + 1).count == rows) {
        ForEachChunk<kVecs / 2>(first, width, [&](std::size_t at, auto vecs) HWY_ATTR {
          BackwardDenseInputs<2, vecs()>(adam, x, rows, k, dz, at, weight, late);
        });
        ++k;
      } else {
        ForEachChunk<kVecs>(first, width, [&](std::size_t at, auto vecs) HWY_ATTR {
          BackwardDenseInputs<1, vecs()>(adam, x, rows, k, dz, at, weight, late);
        });
      }
      continue;
    }
    const std::size_t summed = nonzeros.starts()[k / kInputsAtATime * kInputsAtATime];
    float* column_partial = partial.data() + (nonzeros.starts()[k] - summed) * kGroup;
    const std::size_t ahead = std::min(kRowsAhead, layer.in - 1 - k) * stride;
    ForEachChunk<kVecs>(first, width, [&](std::size_t at, auto vecs) HWY_ATTR {
      BackwardChunk<vecs(), kInputGradient>(adam, column, at == first, dz.row(0) + at, dz.stride(),
                                            weight.value.at(k, at), weight.first.at(k, at),
                                            weight.second.at(k, at), ahead, column_partial);
    });
    if (!kInputGradient) continue;
    if ((k + 1) % kInputsAtATime == 0 || k + 1 == layer.in) {
      AddSumsOfGroups(partial.data(), nonzeros.starts()[k + 1] - summed,
                      nonzeros.gradients() + summed);
    }
  }
  late.Run([] {});
}

// The gathered gradients to their places in a matrix; what is elsewhere stays, for nobody asks for
// the gradient of a zero.
HWY_INLINE void ScatterGradients(const Nonzeros& nonzeros, Rows& dx) {
  const std::size_t count = nonzeros.starts().back();
  const std::uint32_t* HWY_RESTRICT places = nonzeros.places();
  const float* HWY_RESTRICT gradients = nonzeros.gradients();
  float* HWY_RESTRICT to = dx.row(0);
  for (std::size_t i = 0; i < count; ++i) to[places[i]] = gradients[i];
}

}  // namespace HWY_NAMESPACE
}  // namespace unmask
HWY_AFTER_NAMESPACE();

#endif  // UNMASK_CORE_LINEAR_INL_H_

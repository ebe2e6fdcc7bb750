// Linear layers: z = x W + b forward; backward the gradients of W and x, each consumed at once.
#if defined(UNMASK_CORE_LINEAR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNMASK_CORE_LINEAR_INL_H_
#undef UNMASK_CORE_LINEAR_INL_H_
#else
#define UNMASK_CORE_LINEAR_INL_H_
#endif

#include <type_traits>

#include "worker/core_engine/adam-inl.h"
#include "worker/core_engine/vectors-inl.h"
#include "worker/core_engine/workspace.h"

HWY_BEFORE_NAMESPACE();
namespace unmask {
namespace HWY_NAMESPACE {

// Cuts [0, columns), whole groups, into chunks of Vecs, Vecs / 2, ... vectors and calls
// visit(first column, integral_constant of the number of vectors).
template <std::size_t Vecs, typename F>
HWY_INLINE void ForEachChunk(std::size_t first, std::size_t columns, F visit) {
  constexpr std::size_t kWidth = Vecs * kLanes;
  for (; columns >= kWidth; first += kWidth, columns -= kWidth) {
    visit(first, std::integral_constant<std::size_t, Vecs>());
  }
  if constexpr (Vecs > kGroupVecs) {
    if (columns > 0) ForEachChunk<Vecs / 2>(first, columns, visit);
  }
}

// z[b][n] += sum over k of x[b][k] w[k][n], for one word of inputs (32 rows of w) and one chunk of
// outputs, whose sums stay in registers while a row of x is read. The pointers are at the chunk;
// `start` is what is added to.
template <std::size_t Vecs>
HWY_INLINE void AddProducts(const float* HWY_RESTRICT x, std::uint32_t bits,
                            const float* HWY_RESTRICT w, std::size_t w_stride,
                            const float* HWY_RESTRICT start, float* HWY_RESTRICT z) {
  Vec sum[Vecs];
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) sum[i] = Load(start + i * kLanes);
  for (; bits != 0; bits &= bits - 1) {
    const auto k = static_cast<std::size_t>(__builtin_ctz(bits));
    const Vec factor = Splat(x[k]);
    const float* row = w + k * w_stride;
    UNMASK_UNROLL
    for (std::size_t i = 0; i < Vecs; ++i) {
      sum[i] = hn::MulAdd(factor, Load(row + i * kLanes), sum[i]);
    }
  }
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) Store(sum[i], z + i * kLanes);
}

// One panel of z = x W + b: columns from `first`. Inputs go by words of 32, so that the panel's 32
// rows of W (32 KB) stay in the first cache while all of the batch passes over them.
HWY_INLINE void ForwardPanel(const Linear& layer, const Rows& x, const NonzeroBits& nonzero,
                             std::size_t rows, std::size_t first, Rows& z) {
  constexpr std::size_t kVecs = kManyRegisters ? 16 : std::max<std::size_t>(8, kGroupVecs);
  const std::size_t width = layer.PanelWidth(first);
  const float* panel = layer.weight.value.data() + layer.PanelOffset(first);
  for (std::size_t word = 0; word < nonzero.words(); ++word) {
    for (std::size_t b = 0; b < rows; ++b) {
      const float* start = word == 0 ? layer.bias.value.data() : z.row(b);
      ForEachChunk<kVecs>(first, width, [&](std::size_t at, auto vecs) HWY_ATTR {
        AddProducts<vecs()>(x.row(b) + word * kWord, nonzero.row(b)[word],
                            panel + word * kWord * width + (at - first), width, start + at,
                            z.row(b) + at);
      });
    }
  }
}

// What one input k has to do with the batch: the rows where it is not zero, and their values.
struct InputColumn {
  std::size_t count = 0;
  std::uint32_t* rows;
  float* values;
};

HWY_INLINE void GatherColumn(const Rows& x, const NonzeroBits& nonzero, std::size_t rows,
                             std::size_t k, InputColumn& column) {
  column.count = 0;
  for (std::size_t block = 0; block * kWord < rows; ++block) {
    for (std::uint32_t bits = nonzero.columns(block)[k]; bits != 0; bits &= bits - 1) {
      const std::size_t b = block * kWord + static_cast<std::size_t>(__builtin_ctz(bits));
      column.rows[column.count] = static_cast<std::uint32_t>(b);
      column.values[column.count++] = x.row(b)[k];
    }
  }
}

// For input k and one chunk of outputs n:
//   dw[k][n] = sum over b of x[b][k] dz[b][n], which Adam consumes in registers;
//   dx[b][k] = sum over n of w[k][n] dz[b][n], with the weight before the update, by 16 lanes that
//   `partial` keeps from chunk to chunk. Only where x[b][k] is not zero: elsewhere ReLU or
//   dropout stop it.
template <std::size_t Vecs, bool kInputGradient>
HWY_INLINE void BackwardChunk(const Adam& adam, const InputColumn& column,
                              const float* HWY_RESTRICT dz, std::size_t dz_stride,
                              float* HWY_RESTRICT weight, float* HWY_RESTRICT first,
                              float* HWY_RESTRICT second, float* HWY_RESTRICT partial) {
  Vec gradient[Vecs];
  Vec w[Vecs];
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) {
    gradient[i] = Zero();
    if constexpr (kInputGradient) w[i] = Load(weight + i * kLanes);
  }
  for (std::size_t j = 0; j < column.count; ++j) {
    const float* row = dz + column.rows[j] * dz_stride;
    const Vec x = Splat(column.values[j]);
    Group dot;
    if constexpr (kInputGradient) dot = LoadGroup(partial + j * kGroup);
    UNMASK_UNROLL
    for (std::size_t i = 0; i < Vecs; ++i) {
      const Vec d = Load(row + i * kLanes);
      gradient[i] = hn::MulAdd(x, d, gradient[i]);
      if constexpr (kInputGradient) {
        dot.v[i % kGroupVecs] = hn::MulAdd(w[i], d, dot.v[i % kGroupVecs]);
      }
    }
    if constexpr (kInputGradient) StoreGroup(dot, partial + j * kGroup);
  }
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) {
    const std::size_t at = i * kLanes;
    Update(adam, gradient[i], weight + at, first + at, second + at);
  }
}

// Backward for one panel of outputs, whose gradients `dz` are complete: W's part of the panel is
// updated, and its share added to `dx` (nullptr: x are features, which want none). Inputs go one by
// one, so that their weights and moments are read once, in order.
template <bool kInputGradient>
HWY_INLINE void BackwardPanel(const Adam& adam, Linear& layer, const Rows& x,
                              const NonzeroBits& nonzero, std::size_t rows, std::size_t first,
                              const Rows& dz, Rows* dx, ColumnScratch& scratch) {
  constexpr std::size_t kVecs = kManyRegisters ? 8 : std::max<std::size_t>(4, kGroupVecs);
  const std::size_t width = layer.PanelWidth(first);
  Trained& weight = layer.weight;
  InputColumn column{0, scratch.rows.data(), scratch.values.data()};
  for (std::size_t k = 0; k < layer.in; ++k) {
    GatherColumn(x, nonzero, rows, k, column);
    if (kInputGradient) std::fill_n(scratch.partial.data(), column.count * kGroup, 0.0F);
    const std::size_t offset = layer.PanelOffset(first) + k * width;
    ForEachChunk<kVecs>(0, width, [&](std::size_t at, auto vecs) HWY_ATTR {
      BackwardChunk<vecs(), kInputGradient>(
          adam, column, dz.row(0) + first + at, dz.stride(), weight.value.data() + offset + at,
          weight.first.data() + offset + at, weight.second.data() + offset + at,
          scratch.partial.data());
    });
    if constexpr (kInputGradient) {
      for (std::size_t j = 0; j < column.count; j += 4) {
        SumFourGroups(scratch.partial.data() + j * kGroup, scratch.sums.data() + j);
      }
      for (std::size_t j = 0; j < column.count; ++j) dx->row(column.rows[j])[k] += scratch.sums[j];
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace unmask
HWY_AFTER_NAMESPACE();

#endif  // UNMASK_CORE_LINEAR_INL_H_

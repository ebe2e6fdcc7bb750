// The classifiers: few outputs, so that lanes run along their inputs.
#if defined(UNMASK_CORE_CLASSIFIER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNMASK_CORE_CLASSIFIER_INL_H_
#undef UNMASK_CORE_CLASSIFIER_INL_H_
#else
#define UNMASK_CORE_CLASSIFIER_INL_H_
#endif

#include "worker/core_engine/adam-inl.h"
#include "worker/core_engine/linear-inl.h"
#include "worker/core_engine/sums-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unmask {
namespace HWY_NAMESPACE {

// The products of one vector with four rows, in 16 lanes each.
HWY_INLINE void DotFour(const float* HWY_RESTRICT w, const float* HWY_RESTRICT x,
                        std::size_t x_stride, std::size_t padded, float* HWY_RESTRICT lanes) {
  Group sum[4] = {ZeroGroup(), ZeroGroup(), ZeroGroup(), ZeroGroup()};
  for (std::size_t at = 0; at < padded; at += kGroup) {
    UNMASK_UNROLL
    for (std::size_t i = 0; i < kGroupVecs; ++i) {
      const std::size_t j = at + i * kLanes;
      const Vec each = LoadOnce(w + j);
      UNMASK_UNROLL
      for (std::size_t b = 0; b < 4; ++b) {
        sum[b].v[i] = hn::MulAdd(each, Load(x + b * x_stride + j), sum[b].v[i]);
      }
    }
  }
  UNMASK_UNROLL
  for (std::size_t b = 0; b < 4; ++b) StoreGroup(sum[b], lanes + b * kGroup);
}

// logits[b][c] = w[c] . x[b] + bias[c]
HWY_INLINE void ForwardClassifier(const Classifier& layer, const Rows& x, std::size_t rows,
                                  Rows& logits) {
  HWY_ALIGN float lanes[4 * kGroup];
  for (std::size_t c = 0; c < layer.out; ++c) {
    const float* w = layer.weight.value.row(c);
    const float bias = layer.bias.value.row(0)[c];
    std::size_t b = 0;
    for (; b + 4 <= rows; b += 4) {
      float sums[4] = {bias, bias, bias, bias};
      DotFour(w, x.row(b), x.stride(), x.padded(), lanes);
      AddSumsOfFourGroups(lanes, sums);
      for (std::size_t i = 0; i < 4; ++i) logits.row(b + i)[c] = sums[i];
    }
    for (; b < rows; ++b) logits.row(b)[c] = Dot(w, x.row(b), x.padded()) + bias;
  }
}

// dx[b] += sum over c of d[b][c] w[c], with d the logits' gradients: two rows at a time where there
// are two.
HWY_INLINE void AddClassifierGradient(const Classifier& layer, const Rows& d, std::size_t rows,
                                      Rows& dx) {
  const Rows& w = layer.weight.value;
  for (std::size_t c = 0; c < layer.out; c += kWord) {
    const std::uint64_t all = ~std::uint64_t{0} >> (kWord - std::min(kWord, layer.out - c));
    ForEachChunk<kUpdateVecs>(0, dx.padded(), [&](std::size_t at, auto vecs) HWY_ATTR {
      std::size_t b = 0;
      for (; b + 2 <= rows; b += 2) {
        float* z = dx.row(b) + at;
        AddProductsOfTwo<vecs()>(d.row(b) + c, d.stride(), all, w.row(c) + at, w.stride(), z,
                                 dx.stride(), z, dx.stride());
      }
      for (; b < rows; ++b) {
        float* z = dx.row(b) + at;
        AddProducts<vecs()>(d.row(b) + c, all, w.row(c) + at, w.stride(), z, z);
      }
    });
  }
}

// dw[c] = sum over b of d[b][c] x[b], some vectors of it.
template <std::size_t Vecs>
HWY_INLINE void UpdateClass(const Adam& adam, const Rows& x, const Rows& d, std::size_t rows,
                            std::size_t c, std::size_t at, Trained& weight) {
  Vec sum[Vecs];
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) sum[i] = Zero();
  for (std::size_t b = 0; b < rows; ++b) {
    const Vec factor = Splat(d.row(b)[c]);
    const float* row = x.row(b) + at;
    UNMASK_UNROLL
    for (std::size_t i = 0; i < Vecs; ++i) {
      sum[i] = hn::MulAdd(factor, Load(row + i * kLanes), sum[i]);
    }
  }
  Update(adam, sum, weight.value.row(c) + at, weight.first.row(c) + at, weight.second.row(c) + at);
}

HWY_INLINE void UpdateClassifier(const Adam& adam, const Rows& x, const Rows& d, std::size_t rows,
                                 Classifier& layer) {
  for (std::size_t c = 0; c < layer.out; ++c) {
    ForEachChunk<kUpdateVecs>(0, x.padded(), [&](std::size_t at, auto vecs) HWY_ATTR {
      UpdateClass<vecs()>(adam, x, d, rows, c, at, layer.weight);
    });
  }
  UpdateBySumOfRows(adam, d, rows, 0, d.padded(), layer.bias);
}

}  // namespace HWY_NAMESPACE
}  // namespace unmask
HWY_AFTER_NAMESPACE();

#endif  // UNMASK_CORE_CLASSIFIER_INL_H_

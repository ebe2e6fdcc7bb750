// The classifiers: few outputs, so that lanes run along their inputs.
#if defined(UNMASK_CORE_CLASSIFIER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNMASK_CORE_CLASSIFIER_INL_H_
#undef UNMASK_CORE_CLASSIFIER_INL_H_
#else
#define UNMASK_CORE_CLASSIFIER_INL_H_
#endif

#include "worker/core_engine/adam-inl.h"
#include "worker/core_engine/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unmask {
namespace HWY_NAMESPACE {

// logits[b][c] = w[c] . x[b] + bias[c]
HWY_INLINE void ForwardClassifier(const Classifier& layer, const Rows& x, std::size_t rows,
                                  Rows& logits) {
  for (std::size_t b = 0; b < rows; ++b) {
    for (std::size_t c = 0; c < layer.out; ++c) {
      logits.row(b)[c] =
          Dot(layer.weight.value.row(c), x.row(b), x.padded()) + layer.bias.value.row(0)[c];
    }
  }
}

// dx[b] += sum over c of d[b][c] w[c], with d the logits' gradients.
HWY_INLINE void AddClassifierGradient(const Classifier& layer, const Rows& d, std::size_t rows,
                                      Rows& dx) {
  for (std::size_t b = 0; b < rows; ++b) {
    for (std::size_t at = 0; at < dx.padded(); at += kLanes) {
      Vec sum = Load(dx.row(b) + at);
      for (std::size_t c = 0; c < layer.out; ++c) {
        sum = hn::MulAdd(Splat(d.row(b)[c]), Load(layer.weight.value.row(c) + at), sum);
      }
      Store(sum, dx.row(b) + at);
    }
  }
}

// dw[c] = sum over b of d[b][c] x[b]
HWY_INLINE void UpdateClassifier(const Adam& adam, const Rows& x, const Rows& d, std::size_t rows,
                                 Classifier& layer) {
  Trained& weight = layer.weight;
  for (std::size_t c = 0; c < layer.out; ++c) {
    for (std::size_t at = 0; at < x.padded(); at += kLanes) {
      Vec sum = Zero();
      for (std::size_t b = 0; b < rows; ++b) {
        sum = hn::MulAdd(Splat(d.row(b)[c]), Load(x.row(b) + at), sum);
      }
      Update(adam, sum, weight.value.row(c) + at, weight.first.row(c) + at,
             weight.second.row(c) + at);
    }
  }
  UpdateBySumOfRows(adam, d, rows, 0, d.padded(), layer.bias);
}

}  // namespace HWY_NAMESPACE
}  // namespace unmask
HWY_AFTER_NAMESPACE();

#endif  // UNMASK_CORE_CLASSIFIER_INL_H_

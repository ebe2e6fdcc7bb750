#if defined(UNMASK_CORE_CROSS_ENTROPY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNMASK_CORE_CROSS_ENTROPY_INL_H_
#undef UNMASK_CORE_CROSS_ENTROPY_INL_H_
#else
#define UNMASK_CORE_CROSS_ENTROPY_INL_H_
#endif

#include "worker/core_engine/math-inl.h"
#include "worker/core_engine/sums-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unmask {
namespace HWY_NAMESPACE {

// Of one clip: returns log sum exp(x) - x[label], and sets gradient[c] to
// scale (softmax(x)[c] - [c = label]). Padding: exp is taken as 0 there.
HWY_INLINE float ClipCrossEntropy(const float* HWY_RESTRICT logits, std::size_t classes,
                                  std::size_t label, float scale, float* HWY_RESTRICT gradient) {
  float greatest = logits[0];
  for (std::size_t c = 1; c < classes; ++c) greatest = std::max(greatest, logits[c]);
  Group sum = ZeroGroup();
  for (std::size_t at = 0; at < PadToGroup(classes); at += kLanes) {
    const Vec exp = Exp(hn::Sub(Load(logits + at), Splat(greatest)));
    const std::size_t left = at < classes ? classes - at : 0;
    const Vec real = hn::IfThenElseZero(hn::FirstN(Floats(), left), exp);
    const std::size_t i = at / kLanes % kGroupVecs;
    sum.v[i] = hn::Add(sum.v[i], real);
    Store(real, gradient + at);
  }
  const float total = SumOf(sum);
  for (std::size_t at = 0; at < PadToGroup(classes); at += kLanes) {
    Store(hn::Mul(Load(gradient + at), Splat(scale / total)), gradient + at);
  }
  gradient[label] -= scale;
  return hn::GetLane(Log(Splat(total))) + greatest - logits[label];
}

// Mean over the batch of the cross-entropy; `gradient` becomes that of weight times it.
HWY_INLINE float CrossEntropy(const Rows& logits, const std::vector<std::size_t>& labels,
                              float weight, Rows& gradient) {
  const auto rows = static_cast<float>(labels.size());
  float sum = 0;
  for (std::size_t b = 0; b < labels.size(); ++b) {
    sum +=
        ClipCrossEntropy(logits.row(b), logits.width(), labels[b], weight / rows, gradient.row(b));
  }
  return sum / rows;
}

// The same with a share of each clip's own instead of one in as many as they are.
HWY_INLINE float CrossEntropyByShares(const Rows& logits, const std::vector<std::size_t>& labels,
                                      const std::vector<float>& shares, float weight,
                                      Rows& gradient) {
  float sum = 0;
  for (std::size_t b = 0; b < labels.size(); ++b) {
    sum += shares[b] * ClipCrossEntropy(logits.row(b), logits.width(), labels[b],
                                        weight * shares[b], gradient.row(b));
  }
  return sum;
}

}  // namespace HWY_NAMESPACE
}  // namespace unmask
HWY_AFTER_NAMESPACE();

#endif  // UNMASK_CORE_CROSS_ENTROPY_INL_H_

// The core engine's kernels, each alone, at the widths of `steps, 256 wide`: 512 features, adapter
// and streams 256 wide, batches of 32. Compiled for several instruction sets like step.cc; the
// machine's best is taken.
#include "bench/kernels/core_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/kernels/core_kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "worker/core_engine/batch_norm-inl.h"
#include "worker/core_engine/cross_entropy-inl.h"
#include "worker/core_engine/hsic-inl.h"
#include "worker/core_engine/linear-inl.h"
#include "worker/core_engine/nonzero-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unmask {
namespace HWY_NAMESPACE {

// Products alone, from registers: what the processor does at most, by independent sums.
float PeakProducts(std::size_t rounds) {
  Vec sum[12];  // with two more for the constants no set's registers are too few
  UNMASK_UNROLL
  for (std::size_t i = 0; i < 12; ++i) sum[i] = Splat(static_cast<float>(i));
  const Vec factor = Splat(0.999F);
  const Vec term = Splat(1e-3F);
  for (std::size_t n = 0; n < rounds; ++n) {
    UNMASK_UNROLL
    for (std::size_t i = 0; i < 12; ++i) sum[i] = hn::MulAdd(sum[i], factor, term);
  }
  Vec total = Zero();
  UNMASK_UNROLL
  for (std::size_t i = 0; i < 12; ++i) total = hn::Add(total, sum[i]);
  return hn::GetLane(total);
}

std::size_t Lanes() { return kLanes; }

void Mark(const Rows& x, std::size_t rows, bool whole, Nonzeros& nonzeros) {
  MarkRowsAndColumns(x, rows, whole, nonzeros);
}

void ForwardPanels(const Linear& layer, const Rows& x, const Nonzeros& nonzeros, std::size_t rows,
                   Rows& z) {
  for (std::size_t first = 0; first < z.padded(); first += kPanel) {
    ForwardPanel(layer, x, nonzeros, rows, first, std::min(kPanel, z.padded() - first), z);
  }
}

void BackwardPanels(const AdamStep& step, Linear& layer, const Rows& x, Nonzeros& nonzeros,
                    std::size_t rows, const Rows& dz, FloatBuffer& partial, bool input_gradient) {
  const Adam adam(step);
  for (std::size_t first = 0; first < dz.padded(); first += kPanel) {
    const std::size_t width = std::min(kPanel, dz.padded() - first);
    if (input_gradient) {
      BackwardPanel<true>(adam, layer, x, nonzeros, rows, first, width, dz, partial);
    } else {
      BackwardPanel<false>(adam, layer, x, nonzeros, rows, first, width, dz, partial);
    }
  }
}

void UpdateAll(const AdamStep& step, const Rows& gradient, Trained& weight, std::size_t rows) {
  const Adam adam(step);
  constexpr std::size_t kVecs = 8;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t at = 0; at < gradient.padded(); at += kVecs * kLanes) {
      Vec each[kVecs];
      UNMASK_UNROLL
      for (std::size_t j = 0; j < kVecs; ++j) each[j] = Load(gradient.row(0) + at + j * kLanes);
      Update(adam, each, weight.value.row(i) + at, weight.first.row(i) + at,
             weight.second.row(i) + at);
    }
  }
}

float Independence(const Settings::Loss& loss, std::size_t rows, Workspace& work) {
  return IndependenceLoss(loss, rows, work);
}

float Entropy(const Rows& logits, const std::vector<std::size_t>& labels, Rows& gradient) {
  return CrossEntropy(logits, labels, 1.0F, gradient);
}

}  // namespace HWY_NAMESPACE
}  // namespace unmask
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unmask {

HWY_EXPORT(PeakProducts);
HWY_EXPORT(Lanes);
HWY_EXPORT(Mark);
HWY_EXPORT(ForwardPanels);
HWY_EXPORT(BackwardPanels);
HWY_EXPORT(UpdateAll);
HWY_EXPORT(Independence);
HWY_EXPORT(Entropy);

float CorePeakProducts(std::size_t rounds) { return HWY_DYNAMIC_DISPATCH(PeakProducts)(rounds); }

std::size_t CoreLanes() { return HWY_DYNAMIC_DISPATCH(Lanes)(); }

void CoreMark(const Rows& x, std::size_t rows, bool whole, Nonzeros& nonzeros) {
  HWY_DYNAMIC_DISPATCH(Mark)(x, rows, whole, nonzeros);
}

void CoreForward(const Linear& layer, const Rows& x, const Nonzeros& nonzeros, std::size_t rows,
                 Rows& z) {
  HWY_DYNAMIC_DISPATCH(ForwardPanels)(layer, x, nonzeros, rows, z);
}

void CoreBackward(const AdamStep& step, Linear& layer, const Rows& x, Nonzeros& nonzeros,
                  std::size_t rows, const Rows& dz, FloatBuffer& partial, bool input_gradient) {
  HWY_DYNAMIC_DISPATCH(BackwardPanels)(step, layer, x, nonzeros, rows, dz, partial, input_gradient);
}

void CoreAdam(const AdamStep& step, const Rows& gradient, Trained& weight, std::size_t rows) {
  HWY_DYNAMIC_DISPATCH(UpdateAll)(step, gradient, weight, rows);
}

float CoreIndependence(const Settings::Loss& loss, std::size_t rows, Workspace& work) {
  return HWY_DYNAMIC_DISPATCH(Independence)(loss, rows, work);
}

float CoreCrossEntropy(const Rows& logits, const std::vector<std::size_t>& labels, Rows& gradient) {
  return HWY_DYNAMIC_DISPATCH(Entropy)(logits, labels, gradient);
}

}  // namespace unmask
#endif  // HWY_ONCE

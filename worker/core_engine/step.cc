#include "worker/core_engine/step.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/core_engine/step.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "worker/core_engine/batch_norm-inl.h"
#include "worker/core_engine/classifier-inl.h"
#include "worker/core_engine/cross_entropy-inl.h"
#include "worker/core_engine/flush_denormals.h"
#include "worker/core_engine/hsic-inl.h"
#include "worker/core_engine/linear-inl.h"
#include "worker/core_engine/nonzero-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unmask {
namespace HWY_NAMESPACE {

// Vectors of columns that BatchNorm takes at once.
inline constexpr std::size_t kNormVecs = kManyRegisters ? 4 : kGroupVecs;

// Calls panel(first column, columns).
template <typename F>
HWY_INLINE void ForEachPanel(std::size_t columns, F panel) {
  for (std::size_t first = 0; first < columns; first += kPanel) {
    panel(first, std::min(kPanel, columns - first));
  }
}

// Linear, BatchNorm, ReLU and Dropout of `x`, one panel after the other.
void ForwardBlock(Block& layer, const Rows& x, const Nonzeros& nonzeros, std::size_t rows,
                  const std::vector<float>& mask, BlockRows& block) {
  ForEachPanel(block.normal.padded(), [&](std::size_t first, std::size_t width) HWY_ATTR {
    ForwardPanel(layer.linear, x, nonzeros, rows, first, width, block.normal);
    ForEachChunk<kNormVecs>(first, width, [&](std::size_t at, auto vecs) HWY_ATTR {
      NormalizeColumns<vecs()>(layer.norm, mask.data(), rows, at, block);
    });
  });
}

void InferBlock(const Block& layer, const Rows& x, const Nonzeros& nonzeros, std::size_t rows,
                BlockRows& block) {
  ForEachPanel(block.normal.padded(), [&](std::size_t first, std::size_t width) HWY_ATTR {
    ForwardPanel(layer.linear, x, nonzeros, rows, first, width, block.normal);
    for (std::size_t at = first; at < first + width; at += kLanes) {
      NormalizeColumnsByRunning(layer.norm, rows, at, block);
    }
  });
}

// From the block's output gradient to its parameters and, where asked, to the gradients of
// `nonzeros`.
template <bool kInputGradient>
void BackwardBlock(const Adam& adam, float kept, Block& layer, const Rows& x, Nonzeros& nonzeros,
                   std::size_t rows, BlockRows& block, FloatBuffer& partial) {
  ForEachPanel(block.gradient.padded(), [&](std::size_t first, std::size_t width) HWY_ATTR {
    ForEachChunk<kNormVecs>(first, width, [&](std::size_t at, auto vecs) HWY_ATTR {
      BackwardNormColumns<vecs()>(adam, kept, layer.norm, rows, at, block);
    });
    UpdateBySumOfRows(adam, block.gradient, rows, first, width, layer.linear.bias);
    BackwardPanel<kInputGradient>(adam, layer.linear, x, nonzeros, rows, first, width,
                                  block.gradient, partial);
  });
}

// CE_first + beta CE_second + alpha HSIC; a model with one head has the first term alone. Leaves
// the gradients of logits and of streams.
float Loss(const Settings::Loss& loss, const Batch& batch, Workspace& work) {
  float total = 0;
  for (std::size_t i = 0; i < work.heads.size(); ++i) {
    HeadRows& head = work.heads[i];
    const float weight = i == 0 ? 1.0F : static_cast<float>(loss.beta);
    total += weight * (batch.shares.empty()
                           ? CrossEntropy(head.logits, batch.labels[i], weight, head.gradient)
                           : CrossEntropyByShares(head.logits, batch.labels[i], batch.shares[i],
                                                  weight, head.gradient));
  }
  if (work.heads.size() == 2 && loss.alpha != 0) {
    return total + static_cast<float>(loss.alpha) * IndependenceLoss(loss, batch.rows, work);
  }
  for (HeadRows& head : work.heads) head.block.gradient.Clear(batch.rows);
  return total;
}

void Forward(const Batch& batch, CoreModel& model, Workspace& work) {
  const std::size_t rows = batch.rows;
  MarkRowsAndColumns(work.features, rows, /*whole=*/false, work.features_nonzero);
  ForwardBlock(model.adapter, work.features, work.features_nonzero, rows, batch.masks->adapter,
               work.adapter);
  MarkRowsAndColumns(work.adapter.output, rows, /*whole=*/true, work.adapter.nonzero);
  for (std::size_t i = 0; i < model.heads.size(); ++i) {
    HeadRows& head = work.heads[i];
    ForwardBlock(model.heads[i].block, work.adapter.output, work.adapter.nonzero, rows,
                 batch.masks->streams[i], head.block);
    ForwardClassifier(model.heads[i].classifier, head.block.output, rows, head.logits);
  }
}

// Every layer is updated as soon as its gradients are known.
void Backward(const Adam& adam, const Batch& batch, CoreModel& model, Workspace& work) {
  const std::size_t rows = batch.rows;
  Nonzeros& adapter_nonzero = work.adapter.nonzero;
  std::fill_n(adapter_nonzero.gradients(), adapter_nonzero.starts().back(), 0.0F);
  for (std::size_t i = 0; i < model.heads.size(); ++i) {
    Head& head = model.heads[i];
    HeadRows& at = work.heads[i];
    AddClassifierGradient(head.classifier, at.gradient, rows, at.block.gradient);
    UpdateClassifier(adam, at.block.output, at.gradient, rows, head.classifier);
    BackwardBlock<true>(adam, batch.kept, head.block, work.adapter.output, adapter_nonzero, rows,
                        at.block, work.partial);
  }
  ScatterGradients(adapter_nonzero, work.adapter.gradient);
  BackwardBlock<false>(adam, batch.kept, model.adapter, work.features, work.features_nonzero, rows,
                       work.adapter, work.partial);
}

float TrainStepOnTarget(const Settings::Loss& loss, const AdamStep& adam, const Batch& batch,
                        CoreModel& model, Workspace& work) {
  Forward(batch, model, work);
  const float total = Loss(loss, batch, work);
  Backward(Adam(adam), batch, model, work);
  return total;
}

void InferOnTarget(const CoreModel& model, std::size_t rows, Workspace& work) {
  MarkRows(work.features, rows, work.features_nonzero);
  InferBlock(model.adapter, work.features, work.features_nonzero, rows, work.adapter);
  MarkRows(work.adapter.output, rows, work.adapter.nonzero);
  for (std::size_t i = 0; i < model.heads.size(); ++i) {
    HeadRows& head = work.heads[i];
    InferBlock(model.heads[i].block, work.adapter.output, work.adapter.nonzero, rows, head.block);
    ForwardClassifier(model.heads[i].classifier, head.block.output, rows, head.logits);
  }
}

void ExpOnTarget(const FloatBuffer& x, FloatBuffer& y) {
  for (std::size_t at = 0; at < x.size(); at += kLanes) {
    Store(Exp(Load(x.data() + at)), y.data() + at);
  }
}

void LogOnTarget(const FloatBuffer& x, FloatBuffer& y) {
  for (std::size_t at = 0; at < x.size(); at += kLanes) {
    Store(Log(Load(x.data() + at)), y.data() + at);
  }
}

void RootOnTarget(const FloatBuffer& x, FloatBuffer& y) {
  for (std::size_t at = 0; at < x.size(); at += kLanes) {
    const Vec one[1] = {Load(x.data() + at)};
    Store(HaveRoots(one) ? Root(one[0]) : hn::Sqrt(one[0]), y.data() + at);
  }
}

// (1 + e)^2 - (1 + 2 e) is e^2 exactly, and 0 where the product was rounded.
bool FusesOnTarget() {
  const float e = 1.0F / 8192.0F;
  const Vec x = Splat(1 + e);
  return hn::GetLane(hn::MulSub(x, x, Splat(1 + 2 * e))) != 0;
}

}  // namespace HWY_NAMESPACE
}  // namespace unmask
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unmask {

HWY_EXPORT(TrainStepOnTarget);
HWY_EXPORT(InferOnTarget);
HWY_EXPORT(ExpOnTarget);
HWY_EXPORT(LogOnTarget);
HWY_EXPORT(RootOnTarget);
HWY_EXPORT(FusesOnTarget);

float TrainStep(const Settings::Loss& loss, const AdamStep& adam, const Batch& batch,
                CoreModel& model, Workspace& work) {
  const FlushDenormals flush;
  return HWY_DYNAMIC_DISPATCH(TrainStepOnTarget)(loss, adam, batch, model, work);
}

void Infer(const CoreModel& model, std::size_t rows, Workspace& work) {
  const FlushDenormals flush;
  HWY_DYNAMIC_DISPATCH(InferOnTarget)(model, rows, work);
}

void ExpOf(const FloatBuffer& x, FloatBuffer& y) { HWY_DYNAMIC_DISPATCH(ExpOnTarget)(x, y); }

void LogOf(const FloatBuffer& x, FloatBuffer& y) { HWY_DYNAMIC_DISPATCH(LogOnTarget)(x, y); }

void RootOf(const FloatBuffer& x, FloatBuffer& y) { HWY_DYNAMIC_DISPATCH(RootOnTarget)(x, y); }

bool HasFusedMultiplyAdd() { return HWY_DYNAMIC_DISPATCH(FusesOnTarget)(); }

}  // namespace unmask
#endif  // HWY_ONCE

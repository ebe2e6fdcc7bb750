#include "worker/core_engine/step.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/core_engine/step.cc"
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

// Linear, BatchNorm, ReLU and Dropout of `x`, one panel after the other.
void ForwardBlock(Block& layer, const Rows& x, const NonzeroBits& nonzero, std::size_t rows,
                  const std::vector<float>& mask, BlockRows& block) {
  for (std::size_t first = 0; first < layer.linear.padded(); first += kPanel) {
    ForwardPanel(layer.linear, x, nonzero, rows, first, block.normal);
    const std::size_t end = first + layer.linear.PanelWidth(first);
    for (std::size_t at = first; at < end; at += kLanes) {
      NormalizeColumns(layer.norm, mask.data(), rows, at, block);
    }
  }
  MarkNonzero(block.output, rows, block.nonzero);
}

void InferBlock(const Block& layer, const Rows& x, const NonzeroBits& nonzero, std::size_t rows,
                BlockRows& block) {
  for (std::size_t first = 0; first < layer.linear.padded(); first += kPanel) {
    ForwardPanel(layer.linear, x, nonzero, rows, first, block.normal);
    const std::size_t end = first + layer.linear.PanelWidth(first);
    for (std::size_t at = first; at < end; at += kLanes) {
      NormalizeColumnsByRunning(layer.norm, rows, at, block);
    }
  }
  MarkNonzero(block.output, rows, block.nonzero);
}

void ForwardClassifier(const Linear& layer, std::size_t rows, HeadRows& head) {
  for (std::size_t first = 0; first < layer.padded(); first += kPanel) {
    ForwardPanel(layer, head.block.output, head.block.nonzero, rows, first, head.logits);
  }
}

// From the block's output gradient to its parameters, and to `dx` unless that is nullptr.
void BackwardBlock(const Adam& adam, Block& layer, const Rows& x, const NonzeroBits& nonzero,
                   std::size_t rows, BlockRows& block, Rows* dx, ColumnScratch& scratch) {
  for (std::size_t first = 0; first < layer.linear.padded(); first += kPanel) {
    const std::size_t width = layer.linear.PanelWidth(first);
    for (std::size_t at = first; at < first + width; at += kLanes) {
      BackwardNormColumns(adam, layer.norm, rows, at, block);
    }
    UpdateBySumOfRows(adam, block.gradient, rows, first, width, layer.linear.bias);
    if (dx != nullptr) {
      BackwardPanel<true>(adam, layer.linear, x, nonzero, rows, first, block.gradient, dx, scratch);
    } else {
      BackwardPanel<false>(adam, layer.linear, x, nonzero, rows, first, block.gradient, dx,
                           scratch);
    }
  }
}

void BackwardClassifier(const Adam& adam, Linear& layer, std::size_t rows, HeadRows& head,
                        ColumnScratch& scratch) {
  UpdateBySumOfRows(adam, head.gradient, rows, 0, layer.padded(), layer.bias);
  for (std::size_t first = 0; first < layer.padded(); first += kPanel) {
    BackwardPanel<true>(adam, layer, head.block.output, head.block.nonzero, rows, first,
                        head.gradient, &head.block.gradient, scratch);
  }
}

// CE_first + beta CE_second + alpha HSIC; a model with one head has the first term alone. Leaves
// the gradients of logits and of streams.
float Loss(const Settings::Loss& loss, const Batch& batch, Workspace& work) {
  float total = 0;
  for (std::size_t i = 0; i < work.heads.size(); ++i) {
    HeadRows& head = work.heads[i];
    const float weight = i == 0 ? 1.0F : static_cast<float>(loss.beta);
    total += weight * CrossEntropy(head.logits, batch.labels[i], weight, head.gradient);
  }
  if (work.heads.size() == 2 && loss.alpha != 0) {
    return total + static_cast<float>(loss.alpha) * IndependenceLoss(loss, batch.rows, work);
  }
  for (HeadRows& head : work.heads) head.block.gradient.Clear(batch.rows);
  return total;
}

float TrainStepOnTarget(const Settings::Loss& loss, const AdamStep& adam_step, const Batch& batch,
                        CoreModel& model, Workspace& work) {
  const std::size_t rows = batch.rows;
  MarkNonzero(work.features, rows, work.features_nonzero);
  ForwardBlock(model.adapter, work.features, work.features_nonzero, rows, batch.masks->adapter,
               work.adapter);
  for (std::size_t i = 0; i < model.heads.size(); ++i) {
    ForwardBlock(model.heads[i].block, work.adapter.output, work.adapter.nonzero, rows,
                 batch.masks->streams[i], work.heads[i].block);
    ForwardClassifier(model.heads[i].classifier, rows, work.heads[i]);
  }
  const float total = Loss(loss, batch, work);
  const Adam adam(adam_step);
  work.adapter.gradient.Clear(rows);
  for (std::size_t i = 0; i < model.heads.size(); ++i) {
    BackwardClassifier(adam, model.heads[i].classifier, rows, work.heads[i], work.column);
    BackwardBlock(adam, model.heads[i].block, work.adapter.output, work.adapter.nonzero, rows,
                  work.heads[i].block, &work.adapter.gradient, work.column);
  }
  BackwardBlock(adam, model.adapter, work.features, work.features_nonzero, rows, work.adapter,
                nullptr, work.column);
  return total;
}

void InferOnTarget(const CoreModel& model, std::size_t rows, Workspace& work) {
  MarkNonzero(work.features, rows, work.features_nonzero);
  InferBlock(model.adapter, work.features, work.features_nonzero, rows, work.adapter);
  for (std::size_t i = 0; i < model.heads.size(); ++i) {
    InferBlock(model.heads[i].block, work.adapter.output, work.adapter.nonzero, rows,
               work.heads[i].block);
    ForwardClassifier(model.heads[i].classifier, rows, work.heads[i]);
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
HWY_EXPORT(FusesOnTarget);

float TrainStep(const Settings::Loss& loss, const AdamStep& adam, const Batch& batch,
                CoreModel& model, Workspace& work) {
  return HWY_DYNAMIC_DISPATCH(TrainStepOnTarget)(loss, adam, batch, model, work);
}

void Infer(const CoreModel& model, std::size_t rows, Workspace& work) {
  HWY_DYNAMIC_DISPATCH(InferOnTarget)(model, rows, work);
}

void ExpOf(const FloatBuffer& x, FloatBuffer& y) { HWY_DYNAMIC_DISPATCH(ExpOnTarget)(x, y); }

void LogOf(const FloatBuffer& x, FloatBuffer& y) { HWY_DYNAMIC_DISPATCH(LogOnTarget)(x, y); }

bool HasFusedMultiplyAdd() { return HWY_DYNAMIC_DISPATCH(FusesOnTarget)(); }

}  // namespace unmask
#endif  // HWY_ONCE

#include "worker/clip_engine/clip_engine.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/config/names.h"
#include "worker/clip_engine/class_texts.h"
#include "worker/reference_engine/adam.h"
#include "worker/reference_engine/class_weight_tensors.h"
#include "worker/reference_engine/evaluation_blocks.h"
#include "worker/reference_engine/feature_stage.h"
#include "worker/reference_engine/prepare_numerics.h"
#include "worker/reference_engine/torch_errors.h"

namespace unmask {
namespace {

// What is learnt: a head's context each; nothing at zero-shot.
ModelTensors Contexts(c10::Device device, const ModelShape& shape) {
  ModelTensors tensors(device);
  if (shape.prompt->context == 0) return tensors;
  for (const ModelShape::Head& head : shape.heads) {
    tensors.AddParameter(std::string(Name(head.task)) + ".context",
                         {shape.prompt->context, shape.prompt->width});
  }
  return tensors;
}

at::Tensor UnitRows(const at::Tensor& rows) { return rows / rows.norm(2, {1}, /*keepdim=*/true); }

class ClipEngine final : public Engine {
 public:
  ClipEngine(c10::Device device, const Settings& settings, const ModelShape& shape,
             const FoldData& fold)
      : fold_(fold),
        texts_(device, shape, fold),
        tensors_(Contexts(device, shape)),
        adam_(tensors_.parameters(), settings.train),
        class_weights_(ClassWeightTensors(fold, device)) {}

  StepOutcome Step(std::int64_t view, std::span<const std::int64_t> clips,
                   const DropoutMasks&) override {
    return WithStandardErrors([&] { return TryStep(view, clips); });
  }

  Evaluation Evaluate(std::span<const std::int64_t> clips) override {
    return WithStandardErrors([&] { return TryEvaluate(clips); });
  }

  NamedTensors Weights() const override { return tensors_.Weights(); }
  NamedTensors Moments() const override { return adam_.Moments(tensors_.parameter_names()); }
  void SetWeights(const NamedTensors& weights) override {
    tensors_.SetWeights(weights);
    features_.clear();
  }
  void SetMoments(const NamedTensors& moments, std::int64_t steps) override {
    adam_.Set(tensors_.parameter_names(), moments, steps);
  }

 private:
  StepOutcome TryStep(std::int64_t view, std::span<const std::int64_t> clips);
  Evaluation TryEvaluate(std::span<const std::int64_t> clips);
  at::Tensor Loss(const std::vector<at::Tensor>& logits, std::span<const std::int64_t> clips) const;
  std::vector<at::Tensor> Logits(const at::Tensor& images,
                                 const std::vector<at::Tensor>& features) const;
  const std::vector<at::Tensor>& Features();

  const FoldData& fold_;
  ClassTexts texts_;
  ModelTensors tensors_;
  Adam adam_;
  std::vector<std::optional<at::Tensor>> class_weights_;
  std::vector<at::Tensor> features_;  // of the texts under the present weights; empty: not known
};

// The sum of the tasks' cross-entropies, which share nothing that is learnt.
at::Tensor ClipEngine::Loss(const std::vector<at::Tensor>& logits,
                            std::span<const std::int64_t> clips) const {
  at::Tensor loss = at::zeros({}, at::device(tensors_.device()).dtype(at::kFloat));
  for (std::size_t head = 0; head < logits.size(); ++head) {
    std::vector<std::int64_t> labels;
    labels.reserve(clips.size());
    for (const std::int64_t clip : clips) {
      labels.push_back(fold_.tasks[head].labels[static_cast<std::size_t>(clip)]);
    }
    loss = loss + at::cross_entropy_loss(logits[head],
                                         at::tensor(labels, at::kLong).to(tensors_.device()),
                                         class_weights_[head]);
  }
  return loss;
}

std::vector<at::Tensor> ClipEngine::Logits(const at::Tensor& images,
                                           const std::vector<at::Tensor>& features) const {
  std::vector<at::Tensor> logits;
  logits.reserve(features.size());
  for (const at::Tensor& texts : features) {
    logits.push_back(texts_.scale() * at::linear(images, UnitRows(texts)));
  }
  return logits;
}

// Under the present weights, without gradients.
const std::vector<at::Tensor>& ClipEngine::Features() {
  const at::NoGradGuard no_grad;
  if (features_.empty()) features_ = texts_.Features(tensors_.parameters());
  return features_;
}

StepOutcome ClipEngine::TryStep(std::int64_t view, std::span<const std::int64_t> clips) {
  const at::Tensor images = UnitRows(InputRows(fold_, view, clips, tensors_.device()));
  std::vector<at::Tensor>& parameters = tensors_.parameters();
  for (at::Tensor& parameter : parameters) parameter.mutable_grad().reset();
  const auto logits = Logits(images, parameters.empty() ? Features() : texts_.Features(parameters));
  const at::Tensor loss = Loss(logits, clips);
  if (!parameters.empty()) {
    loss.backward();
    adam_.Update(parameters);
    features_.clear();
  }
  StepOutcome outcome{loss.item<float>(), {}};
  for (const at::Tensor& head : logits) {
    outcome.logits.push_back(ToFloatTensor(head.detach()).values);
  }
  return outcome;
}

Evaluation ClipEngine::TryEvaluate(std::span<const std::int64_t> clips) {
  const at::NoGradGuard no_grad;
  Evaluation evaluation{std::vector<std::vector<float>>(fold_.tasks.size()), {}};
  ForEachBlock(clips, [&](std::span<const std::int64_t> part) {
    const at::Tensor rows = FilledBlock(InputRows(fold_, kPlainView, part, tensors_.device()));
    const auto logits = Logits(UnitRows(rows), Features());  // those of no clip are not numbers
    for (std::size_t head = 0; head < logits.size(); ++head) {
      AppendRows(logits[head], part.size(), evaluation.logits[head]);
    }
  });
  return evaluation;
}

}  // namespace

std::unique_ptr<Engine> MakeClipEngine(c10::Device device, const Settings& settings,
                                       const ModelShape& shape, const FoldData& fold) {
  PrepareNumerics(device);
  return WithStandardErrors(
      [&] { return std::make_unique<ClipEngine>(device, settings, shape, fold); });
}

}  // namespace unmask

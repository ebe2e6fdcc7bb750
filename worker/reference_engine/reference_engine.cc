#include "worker/reference_engine/reference_engine.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "worker/reference_engine/adam.h"
#include "worker/reference_engine/class_weight_tensors.h"
#include "worker/reference_engine/evaluation_blocks.h"
#include "worker/reference_engine/feature_stage.h"
#include "worker/reference_engine/hsic_loss.h"
#include "worker/reference_engine/prepare_numerics.h"
#include "worker/reference_engine/reference_model.h"
#include "worker/reference_engine/torch_errors.h"

namespace unmask {
namespace {

at::Tensor IndexTensor(std::span<const std::int64_t> indices, at::Device device) {
  return at::from_blob(const_cast<std::int64_t*>(indices.data()),
                       {static_cast<std::int64_t>(indices.size())}, at::kLong)
      .to(device);
}

}  // namespace

struct ReferenceEngine::State {
  State(at::Device given_device, const Settings& given, const ModelShape& given_shape,
        const FoldData& fold, std::unique_ptr<FeatureStage> given_stage)
      : device(given_device),
        settings(given),
        shape(given_shape),
        stage(std::move(given_stage)),
        model(shape, device),
        tensors(AllTensors(model, *stage)),
        adam(tensors.parameters(), settings.train),
        class_weights(ClassWeightTensors(fold, device)) {
    for (const TaskLabels& task : fold.tasks) {
      labels.push_back(IndexTensor(task.labels, device).clone());
    }
  }

  static ModelTensors AllTensors(const ReferenceModel& model, const FeatureStage& stage) {
    ModelTensors all = model.tensors();
    all.Append(stage.tensors());
    return all;
  }

  // CE_first + beta CE_second + alpha HSIC; a single-task model has the first term alone.
  at::Tensor Loss(const ReferenceModel::Outputs& outputs, const at::Tensor& rows) const {
    const auto cross_entropy = [&](std::size_t head) {
      return at::cross_entropy_loss(outputs.logits[head], labels[head].index_select(0, rows),
                                    class_weights[head]);
    };
    at::Tensor loss = cross_entropy(0);
    if (outputs.logits.size() < 2) return loss;
    loss = loss + settings.loss.beta * cross_entropy(1);
    if (settings.loss.alpha == 0) return loss;
    return loss +
           settings.loss.alpha * HsicLoss(outputs.streams[0], outputs.streams[1], settings.loss);
  }

  at::Device device;
  Settings settings;
  ModelShape shape;
  std::unique_ptr<FeatureStage> stage;
  ReferenceModel model;
  ModelTensors tensors;  // the model's and the stage's
  Adam adam;
  std::vector<at::Tensor> labels;  // [heads], each [clips]
  std::vector<std::optional<at::Tensor>> class_weights;
};

ReferenceEngine::ReferenceEngine(const Settings& settings, const ModelShape& shape,
                                 const FoldData& fold, c10::Device device)
    : ReferenceEngine(settings, shape, fold, MakeGivenFeatures(fold, device), device) {}

ReferenceEngine::ReferenceEngine(const Settings& settings, const ModelShape& shape,
                                 const FoldData& fold, std::unique_ptr<FeatureStage> stage,
                                 c10::Device device)
    : state_(std::make_unique<State>(device, settings, shape, fold, std::move(stage))) {}

ReferenceEngine::~ReferenceEngine() = default;

StepOutcome ReferenceEngine::Step(std::int64_t view, std::span<const std::int64_t> clips,
                                  const DropoutMasks& masks) {
  return WithStandardErrors([&] {
    StepOutcome outcome = Backward(view, clips, masks);
    Update();
    return outcome;
  });
}

StepOutcome ReferenceEngine::Backward(std::int64_t view, std::span<const std::int64_t> clips,
                                      const DropoutMasks& masks) {
  for (at::Tensor& parameter : state_->tensors.parameters()) parameter.mutable_grad().reset();
  const at::Tensor rows = IndexTensor(clips, state_->device);
  const auto outputs = state_->model.Forward(state_->stage->Train(view, clips), &masks);
  const at::Tensor loss = state_->Loss(outputs, rows);
  loss.backward();
  state_->stage->EndBackward();
  StepOutcome outcome{loss.item<float>(), {}};
  for (const at::Tensor& logits : outputs.logits) {
    outcome.logits.push_back(ToFloatTensor(logits).values);
  }
  return outcome;
}

void ReferenceEngine::Update() { state_->adam.Update(state_->tensors.parameters()); }

Evaluation ReferenceEngine::Evaluate(std::span<const std::int64_t> clips) {
  return WithStandardErrors([&] { return EvaluateInBlocks(clips); });
}

Evaluation ReferenceEngine::EvaluateInBlocks(std::span<const std::int64_t> clips) {
  const at::NoGradGuard no_grad;
  const std::size_t heads = state_->shape.heads.size();
  Evaluation evaluation{std::vector<std::vector<float>>(heads),
                        std::vector<std::vector<float>>(heads)};
  ForEachBlock(clips, [&](std::span<const std::int64_t> part) {
    const at::Tensor features = FilledBlock(state_->stage->Evaluate(part));
    const auto outputs = state_->model.Forward(features, nullptr);
    for (std::size_t i = 0; i < heads; ++i) {
      AppendRows(outputs.logits[i], part.size(), evaluation.logits[i]);
      AppendRows(outputs.streams[i], part.size(), evaluation.streams[i]);
    }
  });
  return evaluation;
}

NamedTensors ReferenceEngine::Weights() const { return state_->tensors.Weights(); }

NamedTensors ReferenceEngine::Moments() const {
  return state_->adam.Moments(state_->tensors.parameter_names());
}

NamedTensors ReferenceEngine::Gradients() const { return state_->tensors.Gradients(); }

void ReferenceEngine::SetWeights(const NamedTensors& weights) {
  state_->tensors.SetWeights(weights);
}

void ReferenceEngine::SetMoments(const NamedTensors& moments, std::int64_t steps) {
  state_->adam.Set(state_->tensors.parameter_names(), moments, steps);
}

int ReferenceEngine::members() const { return state_->stage->members(); }

double ReferenceEngine::SumOverMembers(double mine) { return state_->stage->SumOverMembers(mine); }

std::unique_ptr<Engine> MakeReferenceEngine(c10::Device device, const Settings& settings,
                                            const ModelShape& shape, const FoldData& fold) {
  PrepareNumerics(device);
  return WithStandardErrors(
      [&] { return std::make_unique<ReferenceEngine>(settings, shape, fold, device); });
}

}  // namespace unmask

#include "worker/reference_engine/reference_engine.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "common/base/check.h"
#include "worker/reference_engine/adam.h"
#include "worker/reference_engine/hsic_loss.h"
#include "worker/reference_engine/reference_model.h"
#include "worker/reference_engine/torch_errors.h"

namespace unmask {
namespace {

constexpr std::int64_t kBlockRows = 64;  // of an evaluation

at::Tensor IndexTensor(std::span<const std::int64_t> indices) {
  return at::from_blob(const_cast<std::int64_t*>(indices.data()),
                       {static_cast<std::int64_t>(indices.size())}, at::kLong);
}

}  // namespace

struct ReferenceEngine::State {
  State(const Settings& given, const ModelShape& given_shape, const FoldData& fold)
      : settings(given),
        shape(given_shape),
        model(shape),
        adam(model.parameters(), settings.train),
        width(fold.width),
        inputs(fold.inputs) {
    for (const TaskLabels& task : fold.tasks) labels.push_back(IndexTensor(task.labels).clone());
  }

  // [rows, width]; rows after the clips' are zero.
  at::Tensor InputsOf(std::int64_t view, std::span<const std::int64_t> clips,
                      std::int64_t rows) const {
    at::Tensor block = at::zeros({rows, width}, at::kFloat);
    auto* row = block.mutable_data_ptr<float>();
    const auto columns = static_cast<std::size_t>(width);
    for (const std::int64_t clip : clips) {
      inputs->Copy(view, clip, {row, columns});
      row += columns;
    }
    return block;
  }

  // CE_first + beta CE_second + alpha HSIC; a single-task model has the first term alone.
  at::Tensor Loss(const ReferenceModel::Outputs& outputs, const at::Tensor& rows) const {
    at::Tensor loss = at::cross_entropy_loss(outputs.logits[0], labels[0].index_select(0, rows));
    if (outputs.logits.size() < 2) return loss;
    loss = loss + settings.loss.beta *
                      at::cross_entropy_loss(outputs.logits[1], labels[1].index_select(0, rows));
    if (settings.loss.alpha == 0) return loss;
    return loss +
           settings.loss.alpha * HsicLoss(outputs.streams[0], outputs.streams[1], settings.loss);
  }

  Settings settings;
  ModelShape shape;
  ReferenceModel model;
  Adam adam;
  std::int64_t width;
  std::shared_ptr<const Inputs> inputs;
  std::vector<at::Tensor> labels;  // [heads], each [clips]
};

ReferenceEngine::ReferenceEngine(const Settings& settings, const ModelShape& shape,
                                 const FoldData& fold)
    : state_(std::make_unique<State>(settings, shape, fold)) {}

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
  for (at::Tensor& parameter : state_->model.parameters()) parameter.mutable_grad().reset();
  const at::Tensor rows = IndexTensor(clips);
  const auto count = static_cast<std::int64_t>(clips.size());
  const auto outputs = state_->model.Forward(state_->InputsOf(view, clips, count), &masks);
  const at::Tensor loss = state_->Loss(outputs, rows);
  loss.backward();
  StepOutcome outcome{loss.item<float>(), {}};
  for (const at::Tensor& logits : outputs.logits) {
    outcome.logits.push_back(ToFloatTensor(logits).values);
  }
  return outcome;
}

void ReferenceEngine::Update() { state_->adam.Update(state_->model.parameters()); }

Evaluation ReferenceEngine::Evaluate(std::span<const std::int64_t> clips) {
  return WithStandardErrors([&] { return EvaluateInBlocks(clips); });
}

Evaluation ReferenceEngine::EvaluateInBlocks(std::span<const std::int64_t> clips) {
  const at::NoGradGuard no_grad;
  const std::size_t heads = state_->shape.heads.size();
  Evaluation evaluation{std::vector<std::vector<float>>(heads),
                        std::vector<std::vector<float>>(heads)};
  for (; !clips.empty(); clips = clips.subspan(std::min<std::size_t>(clips.size(), kBlockRows))) {
    const auto part = clips.first(std::min<std::size_t>(clips.size(), kBlockRows));
    const auto count = static_cast<std::int64_t>(part.size());
    const auto outputs =
        state_->model.Forward(state_->InputsOf(kPlainView, part, kBlockRows), nullptr);
    const auto append = [&](const at::Tensor& from, std::vector<float>& to) {
      const auto values = ToFloatTensor(from.narrow(0, 0, count)).values;
      to.insert(to.end(), values.begin(), values.end());
    };
    for (std::size_t i = 0; i < heads; ++i) {
      append(outputs.logits[i], evaluation.logits[i]);
      append(outputs.streams[i], evaluation.streams[i]);
    }
  }
  return evaluation;
}

NamedTensors ReferenceEngine::Weights() const { return state_->model.Weights(); }

NamedTensors ReferenceEngine::Moments() const {
  return state_->adam.Moments(state_->model.parameter_names());
}

NamedTensors ReferenceEngine::Gradients() const {
  NamedTensors gradients;
  for (std::size_t i = 0; i < state_->model.parameters().size(); ++i) {
    gradients[state_->model.parameter_names()[i]] =
        ToFloatTensor(state_->model.parameters()[i].grad());
  }
  return gradients;
}

void ReferenceEngine::SetWeights(const NamedTensors& weights) { state_->model.SetWeights(weights); }

void ReferenceEngine::SetMoments(const NamedTensors& moments, std::int64_t steps) {
  state_->adam.Set(state_->model.parameter_names(), moments, steps);
}

std::unique_ptr<Engine> MakeReferenceEngine(const Settings& settings, const ModelShape& shape,
                                            const FoldData& fold) {
  at::set_num_threads(1);
  return WithStandardErrors(
      [&] { return std::make_unique<ReferenceEngine>(settings, shape, fold); });
}

}  // namespace unmask

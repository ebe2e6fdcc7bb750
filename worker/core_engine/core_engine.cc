#include "worker/core_engine/core_engine.h"

#include <algorithm>

#include "common/base/check.h"
#include "worker/core_engine/step.h"
#include "worker/model/class_weights.h"

namespace unmask {
namespace {

constexpr std::size_t kBlockRows = 32;  // of an evaluation

class CoreEngine final : public Engine {
 public:
  CoreEngine(const Settings& settings, const ModelShape& shape, const FoldData& fold)
      : settings_(settings), fold_(fold), model_(shape), work_(shape) {
    UNMASK_CHECK(fold.width == shape.features && fold.tasks.size() == shape.heads.size());
  }

  StepOutcome Step(std::int64_t view, std::span<const std::int64_t> clips,
                   const DropoutMasks& masks) override;
  Evaluation Evaluate(std::span<const std::int64_t> clips) override;

  NamedTensors Weights() const override { return model_.Weights(); }
  NamedTensors Moments() const override { return model_.Moments(); }
  void SetWeights(const NamedTensors& weights) override { model_.SetWeights(weights); }
  void SetMoments(const NamedTensors& moments, std::int64_t steps) override {
    model_.SetMoments(moments);
    steps_ = steps;
  }

 private:
  void LoadFeatures(std::int64_t view, std::span<const std::int64_t> clips);
  void CheckMasks(std::size_t rows, const DropoutMasks& masks) const;

  Settings settings_;
  const FoldData& fold_;
  CoreModel model_;
  Workspace work_;
  std::int64_t steps_ = 0;  // that the moments have seen
};

// Appends the rows' real columns.
void Append(const Rows& from, std::size_t rows, std::vector<float>& to) {
  for (std::size_t i = 0; i < rows; ++i) {
    to.insert(to.end(), from.row(i), from.row(i) + from.width());
  }
}

void CoreEngine::LoadFeatures(std::int64_t view, std::span<const std::int64_t> clips) {
  work_.Reserve(clips.size());
  const auto width = static_cast<std::size_t>(fold_.width);
  for (std::size_t i = 0; i < clips.size(); ++i) {
    fold_.inputs->Copy(view, clips[i], {work_.features.row(i), width});
  }
}

void CoreEngine::CheckMasks(std::size_t rows, const DropoutMasks& masks) const {
  UNMASK_CHECK(masks.adapter.size() == rows * model_.adapter.linear.out);
  UNMASK_CHECK(masks.streams.size() == model_.heads.size());
  for (std::size_t i = 0; i < model_.heads.size(); ++i) {
    UNMASK_CHECK(masks.streams[i].size() == rows * model_.heads[i].block.linear.out);
  }
}

StepOutcome CoreEngine::Step(std::int64_t view, std::span<const std::int64_t> clips,
                             const DropoutMasks& masks) {
  UNMASK_CHECK(clips.size() >= 2);  // BatchNorm
  CheckMasks(clips.size(), masks);
  LoadFeatures(view, clips);
  Batch batch{clips.size(), {}, &masks, KeptScale(settings_.train.dropout)};
  for (const TaskLabels& task : fold_.tasks) {
    auto& labels = batch.labels.emplace_back();
    for (const std::int64_t clip : clips) {
      labels.push_back(static_cast<std::size_t>(task.labels[static_cast<std::size_t>(clip)]));
    }
    if (!task.class_weights.empty()) batch.shares.push_back(SharesOf(task, clips));
  }
  ++steps_;
  StepOutcome outcome;
  outcome.loss = TrainStep(settings_.loss, AdamStep(settings_.train, steps_), batch, model_, work_);
  for (const HeadRows& head : work_.heads) {
    Append(head.logits, clips.size(), outcome.logits.emplace_back());
  }
  return outcome;
}

// Rows do not see one another here; blocks only bound the memory.
Evaluation CoreEngine::Evaluate(std::span<const std::int64_t> clips) {
  Evaluation evaluation;
  evaluation.logits.resize(work_.heads.size());
  evaluation.streams.resize(work_.heads.size());
  for (; !clips.empty(); clips = clips.subspan(std::min(clips.size(), kBlockRows))) {
    const auto part = clips.first(std::min(clips.size(), kBlockRows));
    LoadFeatures(kPlainView, part);
    Infer(model_, part.size(), work_);
    for (std::size_t i = 0; i < work_.heads.size(); ++i) {
      Append(work_.heads[i].logits, part.size(), evaluation.logits[i]);
      Append(work_.heads[i].block.output, part.size(), evaluation.streams[i]);
    }
  }
  return evaluation;
}

}  // namespace

std::unique_ptr<Engine> MakeCoreEngine(const Settings& settings, const ModelShape& shape,
                                       const FoldData& fold) {
  return std::make_unique<CoreEngine>(settings, shape, fold);
}

std::string CoreEngineName() { return HasFusedMultiplyAdd() ? "core-4" : "core-4-unfused"; }

}  // namespace unmask

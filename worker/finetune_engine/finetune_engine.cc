#include "worker/finetune_engine/finetune_engine.h"

#include <ATen/ATen.h>

#include "worker/finetune_engine/backbone_stage.h"
#include "worker/reference_engine/prepare_numerics.h"
#include "worker/reference_engine/reference_engine.h"
#include "worker/reference_engine/torch_errors.h"

namespace unmask {
namespace {

// The reference engine with a backbone before it, and those who train it together.
class FinetuneEngine final : public Engine {
 public:
  FinetuneEngine(const Settings& settings, const ModelShape& shape, const FoldData& fold,
                 std::unique_ptr<Gang> gang, at::Device device)
      : device_(device),
        gang_(std::move(gang)),
        model_(settings, shape, fold, std::make_unique<BackboneStage>(fold, gang_.get(), device),
               device) {}

  StepOutcome Step(std::int64_t view, std::span<const std::int64_t> clips,
                   const DropoutMasks& masks) override {
    return model_.Step(view, clips, masks);
  }
  Evaluation Evaluate(std::span<const std::int64_t> clips) override {
    return model_.Evaluate(clips);
  }
  NamedTensors Weights() const override { return model_.Weights(); }
  NamedTensors Moments() const override { return model_.Moments(); }
  void SetWeights(const NamedTensors& weights) override { model_.SetWeights(weights); }
  void SetMoments(const NamedTensors& moments, std::int64_t steps) override {
    model_.SetMoments(moments, steps);
  }
  int members() const override { return gang_ ? gang_->size() : 1; }
  double SumOverMembers(double mine) override {
    if (!gang_) return mine;
    const at::Tensor sum = at::full({1}, mine, at::device(device_).dtype(at::kDouble));
    gang_->Sum({sum});
    return sum.item<double>();
  }

 private:
  const at::Device device_;
  std::unique_ptr<Gang> gang_;
  ReferenceEngine model_;
};

}  // namespace

std::unique_ptr<Engine> MakeFinetuneEngine(c10::Device device, const Settings& settings,
                                           const ModelShape& shape, const FoldData& fold) {
  return MakeFinetuneEngine(device, settings, shape, fold,
                            fold.gang == nullptr ? nullptr : MeetGang(*fold.gang, device));
}

std::unique_ptr<Engine> MakeFinetuneEngine(c10::Device device, const Settings& settings,
                                           const ModelShape& shape, const FoldData& fold,
                                           std::unique_ptr<Gang> gang) {
  PrepareNumerics(device);
  return WithStandardErrors([&] {
    return std::make_unique<FinetuneEngine>(settings, shape, fold, std::move(gang), device);
  });
}

}  // namespace unmask

// The engine on libtorch's autograd: readable, and what others are tested against.
#pragma once

#include <c10/core/Device.h>

#include <memory>

#include "worker/model/engine.h"

namespace unmask {

class FeatureStage;

class ReferenceEngine final : public Engine {
 public:
  // All that it computes is on `device`.
  ReferenceEngine(const Settings& settings, const ModelShape& shape, const FoldData& fold,
                  c10::Device device = c10::kCPU);
  // With features from elsewhere (feature_stage.h), trained or not, on the same device.
  ReferenceEngine(const Settings& settings, const ModelShape& shape, const FoldData& fold,
                  std::unique_ptr<FeatureStage> stage, c10::Device device = c10::kCPU);
  ~ReferenceEngine() override;

  StepOutcome Step(std::int64_t view, std::span<const std::int64_t> clips,
                   const DropoutMasks& masks) override;
  Evaluation Evaluate(std::span<const std::int64_t> clips) override;
  NamedTensors Weights() const override;
  NamedTensors Moments() const override;
  void SetWeights(const NamedTensors& weights) override;
  void SetMoments(const NamedTensors& moments, std::int64_t steps) override;
  int members() const override;
  double SumOverMembers(double mine) override;

  // The two halves of Step(): gradients of the loss (BatchNorm's buffers move), then Adam.
  StepOutcome Backward(std::int64_t view, std::span<const std::int64_t> clips,
                       const DropoutMasks& masks);
  void Update();
  NamedTensors Gradients() const;  // of the last Backward(), by parameter

 private:
  Evaluation EvaluateInBlocks(std::span<const std::int64_t> clips);

  struct State;  // libtorch's part
  std::unique_ptr<State> state_;
};

// `fold` must outlive the engine. One thread makes and uses it: no threads of libtorch's own beside
// it. What libtorch throws for want of memory leaves here as std::bad_alloc. Weights are all zero
// until SetWeights().
std::unique_ptr<Engine> MakeReferenceEngine(c10::Device device, const Settings& settings,
                                            const ModelShape& shape, const FoldData& fold);

}  // namespace unmask

// A backbone that is trained, as a stage of the reference engine. Includes ATen: only for the files
// that do already.
#pragma once

#include "worker/backbone/tuned.h"
#include "worker/finetune_engine/trainable_backbone.h"
#include "worker/gang/gang.h"
#include "worker/reference_engine/feature_stage.h"

namespace unmask {

class BackboneStage final : public FeatureStage {
 public:
  // `fold` must outlive the stage; `gang`, which sums on the device, may be null.
  BackboneStage(const FoldData& fold, std::unique_ptr<Gang> gang, at::Device device = at::kCPU);

  at::Tensor Train(std::int64_t view, std::span<const std::int64_t> clips) override;
  void EndBackward() override;
  at::Tensor Evaluate(std::span<const std::int64_t> clips) override;
  const ModelTensors& tensors() const override { return tensors_; }
  int members() const override { return gang_ ? gang_->size() : 1; }
  double SumOverMembers(double mine) override;

 private:
  struct Share {  // of a batch: the rows of this member
    std::int64_t from = 0;
    std::int64_t count = 0;
    std::int64_t batch = 0;
  };
  Share ShareOf(std::int64_t batch) const;
  at::Tensor Forward(const at::Tensor& inputs, const BatchNormFunction& batch_norm) const;
  at::Tensor Zeros(std::int64_t rows, std::int64_t width) const;
  at::Tensor Gathered(const at::Tensor& own, const Share& share) const;

  const FoldData& fold_;
  const TunedBackbone& backbone_;
  std::unique_ptr<Gang> gang_;  // before the graph of `own_`, which sums in it
  ModelTensors tensors_;
  TorchWeights weights_;  // by role: handles of `tensors_`
  // Of the last Train() in a gang.
  Share share_;
  at::Tensor own_;       // [share, features], with this member's graph
  at::Tensor gathered_;  // [batch, features]: where the loss goes back to
};

}  // namespace unmask

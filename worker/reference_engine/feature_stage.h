// What stands before the adapter: features as they are given, or a backbone that is trained with
// the rest (worker/finetune_engine). Includes ATen: only for the files that do already.
#pragma once

#include <memory>
#include <span>

#include "worker/model/fold.h"
#include "worker/reference_engine/model_tensors.h"

namespace unmask {

class FeatureStage {
 public:
  virtual ~FeatureStage() = default;

  // [clips, features] in training mode; what autograd leaves in them is for EndBackward().
  virtual at::Tensor Train(std::int64_t view, std::span<const std::int64_t> clips) = 0;
  // After the loss went back to what Train() returned: the gradients of tensors() are complete.
  virtual void EndBackward() = 0;
  // [clips, features] of the plain view, in evaluation mode, without gradients. A clip's numbers do
  // not depend on the others.
  virtual at::Tensor Evaluate(std::span<const std::int64_t> clips) = 0;

  virtual const ModelTensors& tensors() const = 0;
  // Of the gang that trains it (Engine::members, Engine::SumOverMembers).
  virtual int members() const { return 1; }
  virtual double SumOverMembers(double mine) { return mine; }
};

// Inputs that are features already; nothing is trained. The features will be on the device.
std::unique_ptr<FeatureStage> MakeGivenFeatures(const FoldData& fold, at::Device device);

// [clips, fold's width] of a view, on the device.
at::Tensor InputRows(const FoldData& fold, std::int64_t view, std::span<const std::int64_t> clips,
                     at::Device device);

}  // namespace unmask

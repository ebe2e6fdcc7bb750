#include "worker/finetune_engine/backbone_stage.h"

#include <ATen/ATen.h>

#include "common/base/check.h"
#include "worker/finetune_engine/batch_norm.h"
#include "worker/model/model_shape.h"

namespace unmask {

BackboneStage::BackboneStage(const FoldData& fold, std::unique_ptr<Gang> gang, at::Device device)
    : fold_(fold), backbone_(*fold.backbone), gang_(std::move(gang)), tensors_(device) {
  UNMASK_CHECK(fold.width == std::int64_t{3} * backbone_.image.height * backbone_.image.width);
  for (const auto& [name, tensor] : backbone_.weights) {
    weights_[name.substr(kBackbonePrefix.size())] = IsBuffer(name)
                                                        ? tensors_.AddBuffer(name, tensor.shape)
                                                        : tensors_.AddParameter(name, tensor.shape);
  }
}

at::Tensor BackboneStage::Train(std::int64_t view, std::span<const std::int64_t> clips) {
  share_ = ShareOf(static_cast<std::int64_t>(clips.size()));
  const auto own =
      clips.subspan(static_cast<std::size_t>(share_.from), static_cast<std::size_t>(share_.count));
  const at::Tensor inputs = InputRows(fold_, view, own, tensors_.device());
  if (gang_ == nullptr) return Forward(inputs, NormByBatch);
  own_ = Forward(inputs, [&](const at::Tensor& x, const NormTensors& norm) {
    return NormByGang(x, norm, share_.batch, *gang_);
  });
  gathered_ = Gathered(own_.detach(), share_).requires_grad_();
  return gathered_;
}

// Every member has the whole loss, so its slope by a member's own features is whole too; only what
// the backbone makes of it is each member's part.
void BackboneStage::EndBackward() {
  if (gang_ == nullptr) return;
  own_.backward(gathered_.grad().narrow(0, share_.from, share_.count));
  own_.reset();
  gathered_.reset();
  std::vector<at::Tensor> gradients;
  gradients.reserve(tensors_.parameters().size());
  for (const at::Tensor& parameter : tensors_.parameters()) gradients.push_back(parameter.grad());
  gang_->Sum(std::move(gradients));
}

// One picture at a time, so that its bits depend on nothing else.
at::Tensor BackboneStage::Evaluate(std::span<const std::int64_t> clips) {
  const Share share = ShareOf(static_cast<std::int64_t>(clips.size()));
  std::vector<at::Tensor> rows;
  rows.reserve(static_cast<std::size_t>(share.count));
  for (std::int64_t i = share.from; i < share.from + share.count; ++i) {
    const auto clip = clips.subspan(static_cast<std::size_t>(i), 1);
    rows.push_back(Forward(InputRows(fold_, kPlainView, clip, tensors_.device()), NormByBuffers));
  }
  const std::int64_t width = FeatureWidth(backbone_.config, backbone_.feature);
  const at::Tensor own = rows.empty() ? Zeros(0, width) : at::cat(rows);
  return gang_ == nullptr ? own : Gathered(own, share);
}

double BackboneStage::SumOverMembers(double mine) {
  if (!gang_) return mine;
  const at::Tensor sum = at::full({1}, mine, at::device(tensors_.device()).dtype(at::kDouble));
  gang_->Sum({sum});
  return sum.item<double>();
}

BackboneStage::Share BackboneStage::ShareOf(std::int64_t batch) const {
  if (gang_ == nullptr) return {0, batch, batch};
  const std::int64_t from = batch * gang_->rank() / gang_->size();
  return {from, batch * (gang_->rank() + 1) / gang_->size() - from, batch};
}

at::Tensor BackboneStage::Forward(const at::Tensor& inputs,
                                  const BatchNormFunction& batch_norm) const {
  const at::Tensor images =
      inputs.view({inputs.size(0), 3, backbone_.image.height, backbone_.image.width});
  if (const auto* resnet = std::get_if<ResnetConfig>(&backbone_.config.model)) {
    return TrainableResnet(*resnet, weights_, images, batch_norm);
  }
  return TrainableTransformer(std::get<TransformerConfig>(backbone_.config.model), weights_,
                              backbone_.feature, images);
}

at::Tensor BackboneStage::Zeros(std::int64_t rows, std::int64_t width) const {
  return at::zeros({rows, width}, at::device(tensors_.device()).dtype(at::kFloat));
}

// The sum of rows that all but one member leave zero.
at::Tensor BackboneStage::Gathered(const at::Tensor& own, const Share& share) const {
  at::Tensor all = Zeros(share.batch, own.size(1));
  all.narrow(0, share.from, share.count).copy_(own);
  gang_->Sum({all});
  return all;
}

}  // namespace unmask

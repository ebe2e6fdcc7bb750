#include "worker/reference_engine/reference_model.h"

#include <ATen/ATen.h>

#include "common/base/check.h"
#include "common/config/names.h"
#include "worker/model/constants.h"

namespace unmask {

ReferenceModel::ReferenceModel(const ModelShape& shape, at::Device device) : tensors_(device) {
  adapter_ = MakeBlock("adapter", shape.features, shape.adapter);
  for (const ModelShape::Head& head : shape.heads) {
    const std::string name(Name(head.task));
    heads_.push_back({MakeBlock(name, shape.adapter, shape.stream),
                      MakeLinear(name + ".classifier", shape.stream, head.classes)});
  }
}

ReferenceModel::Linear ReferenceModel::MakeLinear(const std::string& name, std::int64_t in,
                                                  std::int64_t out) {
  return {tensors_.AddParameter(name + ".weight", {out, in}),
          tensors_.AddParameter(name + ".bias", {out})};
}

ReferenceModel::Block ReferenceModel::MakeBlock(const std::string& name, std::int64_t in,
                                                std::int64_t out) {
  return {MakeLinear(name + ".linear", in, out),
          tensors_.AddParameter(name + ".norm.weight", {out}),
          tensors_.AddParameter(name + ".norm.bias", {out}),
          tensors_.AddBuffer(name + ".norm.running_mean", {out}),
          tensors_.AddBuffer(name + ".norm.running_var", {out})};
}

at::Tensor ReferenceModel::Apply(const Block& block, const at::Tensor& input,
                                 const std::vector<float>* mask) {
  const at::Tensor linear = at::linear(input, block.linear.weight, block.linear.bias);
  at::Tensor active = at::batch_norm(linear, block.norm_weight, block.norm_bias, block.running_mean,
                                     block.running_var, /*training=*/mask != nullptr,
                                     kBatchNormMomentum, kBatchNormEpsilon,
                                     /*cudnn_enabled=*/false)
                          .relu();
  if (mask == nullptr) return active;
  UNMASK_CHECK(static_cast<std::int64_t>(mask->size()) == active.numel());
  return active * at::from_blob(const_cast<float*>(mask->data()), active.sizes(), at::kFloat)
                      .to(active.device());
}

ReferenceModel::Outputs ReferenceModel::Forward(const at::Tensor& features,
                                                const DropoutMasks* masks) {
  Outputs outputs;
  const at::Tensor shared = Apply(adapter_, features, masks ? &masks->adapter : nullptr);
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    const Head& head = heads_[i];
    outputs.streams.push_back(Apply(head.block, shared, masks ? &masks->streams.at(i) : nullptr));
    outputs.logits.push_back(
        at::linear(outputs.streams.back(), head.classifier.weight, head.classifier.bias));
  }
  return outputs;
}

}  // namespace unmask

#include "worker/reference_engine/reference_model.h"

#include <ATen/ATen.h>

#include <cstring>

#include "common/base/check.h"
#include "common/config/names.h"

namespace unmask {
namespace {

constexpr double kNormMomentum = 0.1;
constexpr double kNormEpsilon = 1e-5;

}  // namespace

FloatTensor ToFloatTensor(const at::Tensor& tensor) {
  const at::Tensor whole = tensor.contiguous();
  const float* data = whole.const_data_ptr<float>();
  return {whole.sizes().vec(), std::vector<float>(data, data + whole.numel())};
}

void CopyInto(const FloatTensor& from, at::Tensor& to) {
  UNMASK_CHECK(to.sizes().vec() == from.shape && to.is_contiguous());
  std::memcpy(to.mutable_data_ptr<float>(), from.values.data(), from.values.size() * sizeof(float));
}

ReferenceModel::ReferenceModel(const ModelShape& shape) {
  adapter_ = MakeBlock("adapter", shape.features, shape.adapter);
  for (const ModelShape::Head& head : shape.heads) {
    const std::string name(Name(head.task));
    heads_.push_back({MakeBlock(name, shape.adapter, shape.stream),
                      MakeLinear(name + ".classifier", shape.stream, head.classes)});
  }
}

at::Tensor ReferenceModel::Parameter(const std::string& name, at::IntArrayRef shape) {
  parameter_names_.push_back(name);
  parameters_.push_back(at::zeros(shape, at::kFloat).requires_grad_());
  return parameters_.back();
}

at::Tensor ReferenceModel::Buffer(const std::string& name, at::IntArrayRef shape) {
  buffers_.emplace_back(name, at::zeros(shape, at::kFloat));
  return buffers_.back().second;
}

ReferenceModel::Linear ReferenceModel::MakeLinear(const std::string& name, std::int64_t in,
                                                  std::int64_t out) {
  return {Parameter(name + ".weight", {out, in}), Parameter(name + ".bias", {out})};
}

ReferenceModel::Block ReferenceModel::MakeBlock(const std::string& name, std::int64_t in,
                                                std::int64_t out) {
  return {MakeLinear(name + ".linear", in, out), Parameter(name + ".norm.weight", {out}),
          Parameter(name + ".norm.bias", {out}), Buffer(name + ".norm.running_mean", {out}),
          Buffer(name + ".norm.running_var", {out})};
}

at::Tensor ReferenceModel::Apply(const Block& block, const at::Tensor& input,
                                 const std::vector<float>* mask) {
  const at::Tensor linear = at::linear(input, block.linear.weight, block.linear.bias);
  at::Tensor active =
      at::batch_norm(linear, block.norm_weight, block.norm_bias, block.running_mean,
                     block.running_var, /*training=*/mask != nullptr, kNormMomentum, kNormEpsilon,
                     /*cudnn_enabled=*/false)
          .relu();
  if (mask == nullptr) return active;
  UNMASK_CHECK(static_cast<std::int64_t>(mask->size()) == active.numel());
  return active * at::from_blob(const_cast<float*>(mask->data()), active.sizes(), at::kFloat);
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

NamedTensors ReferenceModel::Weights() const {
  NamedTensors weights;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    weights[parameter_names_[i]] = ToFloatTensor(parameters_[i]);
  }
  for (const auto& [name, buffer] : buffers_) weights[name] = ToFloatTensor(buffer);
  return weights;
}

void ReferenceModel::SetWeights(const NamedTensors& weights) {
  UNMASK_CHECK(weights.size() == parameters_.size() + buffers_.size());
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    CopyInto(weights.at(parameter_names_[i]), parameters_[i]);
  }
  for (auto& [name, buffer] : buffers_) CopyInto(weights.at(name), buffer);
}

}  // namespace unmask

#include "worker/lanes_engine/lane_model.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cstring>
#include <limits>

#include "common/base/check.h"
#include "worker/lanes_engine/lane_adam.h"
#include "worker/lanes_engine/lane_kernels.h"

namespace unmask {
namespace {

std::size_t Index(LaneState state) { return static_cast<std::size_t>(state); }

at::Tensor ToHost(const at::Tensor& tensor) { return tensor.to(at::kCPU).contiguous(); }

}  // namespace

LaneInputs::LaneInputs(const LaneLayout& layout, std::int64_t lanes,
                       const at::TensorOptions& where) {
  const auto make = [&](at::IntArrayRef shape, at::ScalarType type) {
    return at::zeros(shape, where.dtype(type));
  };
  features = make({lanes, layout.rows, layout.features}, at::kFloat);
  adapter_mask = make({lanes, layout.rows, layout.adapter_width}, at::kByte);
  const auto heads = static_cast<std::int64_t>(layout.heads.size());
  for (std::int64_t i = 0; i < heads; ++i) {
    stream_masks.push_back(make({lanes, layout.rows, layout.stream_width}, at::kByte));
  }
  labels = make({heads, lanes, layout.rows}, at::kLong);
  control = make({lanes, static_cast<std::int64_t>(kControlColumns)}, at::kFloat);
}

LaneModel::LaneModel(const LaneLayout& layout, std::int64_t lanes, at::Device device,
                     StepRecorder record)
    : layout_(layout),
      lanes_(lanes),
      device_(device),
      record_(std::move(record)),
      inputs_(layout, lanes, at::TensorOptions(device)) {
  const auto zeros = [&](std::int64_t floats) {
    return at::zeros({lanes, floats}, at::TensorOptions(at::kFloat).device(device));
  };
  for (const LaneState state : {LaneState::kParameters, LaneState::kFirst, LaneState::kSecond}) {
    state_[Index(state)] = zeros(layout.parameter_floats);
  }
  state_[Index(LaneState::kBuffers)] = zeros(layout.buffer_floats);
  gradients_ = zeros(layout.parameter_floats);
  for (const LaneLayout::Head& head : layout.heads) {
    at::Tensor none = at::zeros({head.classifier.out}, at::kFloat);
    none.narrow(0, head.classes, head.classifier.out - head.classes)
        .fill_(-std::numeric_limits<float>::infinity());
    no_class_.push_back(none.to(device));
  }
}

std::vector<float> LaneModel::Read(std::int64_t lane, LaneState state) const {
  const at::Tensor row = ToHost(state_[Index(state)][lane]);
  const float* data = row.const_data_ptr<float>();
  return {data, data + row.numel()};
}

std::vector<float> LaneModel::Stream(std::size_t head, std::int64_t lane) const {
  const at::Tensor rows = ToHost(outputs_.streams[head][lane]);
  const float* data = rows.const_data_ptr<float>();
  return {data, data + rows.numel()};
}

void LaneModel::Write(std::int64_t lane, LaneState state, std::span<const float> row) {
  at::Tensor to = state_[Index(state)][lane];
  const auto floats = static_cast<std::int64_t>(row.size());
  UNMASK_CHECK(to.numel() == floats);
  to.copy_(at::from_blob(const_cast<float*>(row.data()), {floats}, at::kFloat));
}

at::Tensor LaneModel::View(LaneState state, std::int64_t begin, std::int64_t out,
                           std::int64_t in) const {
  const at::Tensor& all = state_[Index(state)];
  return all.as_strided({lanes_, out, in}, {all.size(1), in, 1}, begin);
}

at::Tensor LaneModel::Matrix(const LaneLayout::Linear& linear) const {
  return View(LaneState::kParameters, linear.weight, linear.out, linear.in);
}

at::Tensor LaneModel::Row(LaneState state, std::int64_t begin, std::int64_t width) const {
  return View(state, begin, 1, width);
}

at::Tensor LaneModel::Gradient(std::int64_t begin, std::int64_t out, std::int64_t in) const {
  return gradients_.as_strided({lanes_, out, in}, {gradients_.size(1), in, 1}, begin);
}

at::Tensor LaneModel::Column(Control column) const {
  return inputs_.control.narrow(1, static_cast<std::int64_t>(column), 1).unsqueeze(2);
}

// On the CPU the host's tensors are read where they are.
void LaneModel::Upload(const LaneInputs& inputs) {
  if (device_.is_cpu()) {
    inputs_ = inputs;
  } else {
    const auto upload = [](const at::Tensor& from, at::Tensor& to) {
      to.copy_(from, /*non_blocking=*/true);
    };
    upload(inputs.features, inputs_.features);
    upload(inputs.adapter_mask, inputs_.adapter_mask);
    for (std::size_t i = 0; i < inputs_.stream_masks.size(); ++i) {
      upload(inputs.stream_masks[i], inputs_.stream_masks[i]);
    }
    upload(inputs.labels, inputs_.labels);
    upload(inputs.control, inputs_.control);
  }
}

// As if no lane had anything to do, so that what a recorder does with the step changes nothing.
void LaneModel::BeIdle() {
  if (device_.is_cpu()) inputs_ = LaneInputs(layout_, lanes_, device_);  // not the host's own
  inputs_.control.zero_();
}

LaneModel::Recorded& LaneModel::RecordedStep(HsicKinds kinds) {
  Recorded& recorded = recorded_[(kinds.paper ? 1U : 0U) + (kinds.matrix ? 2U : 0U)];
  if (!recorded.again) {
    BeIdle();
    recorded.again = record_([this, kinds, &recorded] { recorded.outputs = Compute(kinds); });
  }
  return recorded;
}

void LaneModel::Step(const LaneInputs& inputs, HsicKinds kinds) {
  const at::NoGradGuard no_grad;
  Recorded& step = RecordedStep(kinds);
  Upload(inputs);
  step.again();
  Download(step.outputs);
}

// Into the same memory every time, which a device writes to without a stop of its own for each; the
// last copy waits for all of them.
void LaneModel::Download(const LaneOutputs& outputs) {
  const auto room = [&](const at::Tensor& like) {
    return at::empty_like(like, at::TensorOptions(at::kCPU).pinned_memory(!device_.is_cpu()));
  };
  if (outputs_.logits.empty()) {
    outputs_.loss = room(outputs.loss.view({lanes_}));
    for (const at::Tensor& logits : outputs.logits) outputs_.logits.push_back(room(logits));
  }
  for (std::size_t i = 0; i < outputs.logits.size(); ++i) {
    outputs_.logits[i].copy_(outputs.logits[i], /*non_blocking=*/true);
  }
  outputs_.streams = outputs.streams;
  outputs_.loss.copy_(outputs.loss.view({lanes_}));
}

LaneNorm LaneModel::NormOf(const LaneLayout::Block& block) const {
  const std::int64_t width = block.linear.out;
  return {Row(LaneState::kParameters, block.norm_weight, width),
          Row(LaneState::kParameters, block.norm_bias, width),
          Gradient(block.norm_weight, 1, width),
          Gradient(block.norm_bias, 1, width),
          Row(LaneState::kBuffers, block.running_mean, width),
          Row(LaneState::kBuffers, block.running_var, width)};
}

// Linear, BatchNorm1d over the lane's clips (or by its running statistics), ReLU, Dropout.
LaneModel::Passed LaneModel::Forward(const LaneLayout::Block& block, const at::Tensor& input,
                                     const at::Tensor& mask) {
  const at::Tensor bias = Row(LaneState::kParameters, block.linear.bias, block.linear.out);
  const at::Tensor linear = at::baddbmm(bias, input, Matrix(block.linear).transpose(1, 2));
  LaneNorm norm = NormOf(block);
  if (device_.is_cuda()) return {input, NormaliseOnCuda(norm, linear, mask, inputs_.control)};
  const at::Tensor inverse_rows = Column(Control::kInverseRows);
  const at::Tensor batch_mean = (linear * valid_).sum(1, /*keepdim=*/true) * inverse_rows;
  const at::Tensor centred = (linear - at::where(trains_, batch_mean, norm.running_mean)) * valid_;
  const at::Tensor batch_var = (centred * centred).sum(1, true) * inverse_rows;
  Passed passed;
  passed.input = input;
  passed.normed.inverse_deviation =
      (at::where(trains_, batch_var, norm.running_var) + kLaneNormEpsilon).sqrt().reciprocal();
  passed.normed.normalised = centred * passed.normed.inverse_deviation;
  passed.normed.active = at::addcmul(norm.shift, passed.normed.normalised, norm.scale)
                             .relu()
                             .mul_(mask * Column(Control::kKept));
  norm.running_mean.lerp_(batch_mean, Column(Control::kMomentum));
  norm.running_var.lerp_(batch_var * Column(Control::kVarianceFactor), Column(Control::kMomentum));
  return passed;
}

at::Tensor LaneModel::BackwardLinear(const LaneLayout::Linear& linear, const at::Tensor& input,
                                     const at::Tensor& gradient, bool input_wanted) {
  at::Tensor weight = Gradient(linear.weight, linear.out, linear.in);
  at::bmm_out(weight, gradient.transpose(1, 2), input);
  Gradient(linear.bias, 1, linear.out).copy_(gradient.sum(1, /*keepdim=*/true));
  return input_wanted ? gradient.bmm(Matrix(linear)) : at::Tensor();
}

// d(linear) = w inv (d - (sum d + x sum(d x)) / n) over the clips, x normalised.
at::Tensor LaneModel::Backward(const LaneLayout::Block& block, const Passed& passed,
                               at::Tensor gradient, bool input_wanted) {
  LaneNorm norm = NormOf(block);
  if (device_.is_cuda()) {
    gradient = NormaliseBackOnCuda(norm, passed.normed, gradient, inputs_.control);
    return BackwardLinear(block.linear, passed.input, gradient, input_wanted);
  }
  gradient = at::threshold_backward(gradient, passed.normed.active, 0).mul_(Column(Control::kKept));
  const at::Tensor by_bias = gradient.sum(1, /*keepdim=*/true);
  const at::Tensor by_weight = (gradient * passed.normed.normalised).sum(1, true);
  norm.shift_gradient.copy_(by_bias);
  norm.scale_gradient.copy_(by_weight);
  const at::Tensor scale = norm.scale * passed.normed.inverse_deviation;
  const at::Tensor means =
      at::addcmul(by_bias, passed.normed.normalised, by_weight) * Column(Control::kInverseRows);
  return BackwardLinear(block.linear, passed.input, (gradient - means) * scale * valid_,
                        input_wanted);
}

at::Tensor LaneModel::CrossEntropy(std::size_t head, const at::Tensor& logits,
                                   at::Tensor& gradient) const {
  const at::Tensor log_p = at::log_softmax(logits, 2);
  const auto labels = inputs_.labels[static_cast<std::int64_t>(head)].unsqueeze(2);
  const at::Tensor is_label = labels == at::arange(logits.size(2), labels.options());
  const at::Tensor share = valid_ * Column(Control::kInverseRows);
  gradient = (log_p.exp() - is_label.to(at::kFloat)) * (share * Column(Control::kTrains));
  return -(at::where(is_label, log_p, 0.0) * share).sum({1, 2}, /*keepdim=*/true);
}

// One sequence of operations for one set of kinds: what differs between steps is in `inputs_`.
LaneOutputs LaneModel::Compute(HsicKinds kinds) {
  const at::Tensor numbers = at::arange(layout_.rows, inputs_.control.options()).view({1, -1, 1});
  valid_ = (numbers < Column(Control::kRows)).to(at::kFloat);
  trains_ = Column(Control::kTrains) != 0;
  const Passed shared = Forward(layout_.adapter, inputs_.features, inputs_.adapter_mask);
  std::vector<Passed> streams;
  streams.reserve(layout_.heads.size());
  for (std::size_t i = 0; i < layout_.heads.size(); ++i) {
    streams.push_back(
        Forward(layout_.heads[i].block, shared.normed.active, inputs_.stream_masks[i]));
  }
  std::vector<at::Tensor> gradients;
  LaneOutputs outputs = Loss(streams, kinds, gradients);
  at::Tensor by_shared;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const at::Tensor part =
        Backward(layout_.heads[i].block, streams[i], gradients[i], /*input_wanted=*/true);
    by_shared = i == 0 ? part : by_shared + part;
  }
  Backward(layout_.adapter, shared, by_shared, /*input_wanted=*/false);
  Adam();
  return outputs;
}

// CE_first + beta CE_second + alpha HSIC of every lane; `gradients` become those by the streams.
LaneOutputs LaneModel::Loss(const std::vector<Passed>& streams, HsicKinds kinds,
                            std::vector<at::Tensor>& gradients) {
  LaneOutputs outputs;
  at::Tensor& loss = outputs.loss;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const LaneLayout::Linear& classifier = layout_.heads[i].classifier;
    const at::Tensor& stream = streams[i].normed.active;
    const at::Tensor bias = Row(LaneState::kParameters, classifier.bias, classifier.out);
    outputs.logits.push_back(
        at::baddbmm(bias, stream, Matrix(classifier).transpose(1, 2)).add_(no_class_[i]));
    outputs.streams.push_back(stream);
    at::Tensor by_logits;
    at::Tensor part = CrossEntropy(i, outputs.logits[i], by_logits);
    if (i > 0) {
      part.mul_(Column(Control::kBeta));
      by_logits.mul_(Column(Control::kBeta));
    }
    loss = i == 0 ? part : loss + part;
    gradients.push_back(BackwardLinear(classifier, stream, by_logits, /*input_wanted=*/true));
  }
  if (kinds == HsicKinds{}) return outputs;
  const auto control = [this](Control column) { return Column(column); };
  const LaneHsic hsic =
      HsicOfLanes(streams[0].normed.active, streams[1].normed.active, valid_, control, kinds);
  gradients[0].add_(hsic.first_gradient);
  gradients[1].add_(hsic.second_gradient);
  loss = loss + Column(Control::kAlpha) * hsic.loss;
  return outputs;
}

void LaneModel::Adam() {
  const LaneAdam all{state_[Index(LaneState::kParameters)], state_[Index(LaneState::kFirst)],
                     state_[Index(LaneState::kSecond)], gradients_, inputs_.control};
  device_.is_cuda() ? MoveOnCuda(all) : Move(all);
}

}  // namespace unmask

#include <ATen/ATen.h>

#include <limits>

#include "common/random/philox_fill.h"
#include "worker/lanes_engine/lane_adam.h"
#include "worker/lanes_engine/lane_step.h"

namespace unmask {
namespace {

class Operations {
 public:
  explicit Operations(const LaneTensors& lanes)
      : lanes_(lanes), valid_(lanes.Valid()), trains_(Column(Control::kTrains) != 0) {}

  LaneOutputs Step(HsicKinds kinds);

 private:
  // A Block in training mode remembers what its way back needs.
  struct Passed {
    at::Tensor input;
    at::Tensor normalised;         // [lanes, rows, width]; 0 in a row that is no clip
    at::Tensor inverse_deviation;  // [lanes, 1, width]
    at::Tensor active;             // [lanes, rows, width]
  };

  Passed Forward(const LaneLayout::Block& block, const at::Tensor& input, const at::Tensor& mask);
  // The gradient by the block's input; by its parameters into the lanes' gradients.
  at::Tensor Backward(const LaneLayout::Block& block, const Passed& passed, at::Tensor gradient,
                      bool input_wanted);
  at::Tensor BackwardLinear(const LaneLayout::Linear& linear, const at::Tensor& input,
                            const at::Tensor& gradient, bool input_wanted);
  // The lanes' cross-entropy [lanes, 1, 1]; `gradient` becomes its derivative by the logits.
  at::Tensor CrossEntropy(std::size_t head, const at::Tensor& logits, at::Tensor& gradient) const;
  LaneOutputs Loss(const std::vector<Passed>& streams, HsicKinds kinds,
                   std::vector<at::Tensor>& gradients);

  at::Tensor Column(Control column) const { return lanes_.Column(column); }
  at::Tensor Matrix(const LaneLayout::Linear& linear) const;  // [lanes, out, in]
  at::Tensor Row(LaneState state, std::int64_t begin, std::int64_t width) const;  // [lanes, 1, ..]
  at::Tensor Gradient(std::int64_t begin, std::int64_t out, std::int64_t in) const;

  // [lanes, rows, layer's width]: 0 or 1. `layer`: the adapter, then the streams.
  at::Tensor Mask(std::size_t layer, const LaneLayout::Block& block) const;

  const LaneTensors& lanes_;
  const at::Tensor valid_;   // [lanes, rows, 1]
  const at::Tensor trains_;  // [lanes, 1, 1] bool
};

// A part of every lane's row: [lanes, out, in].
at::Tensor PartOf(const at::Tensor& rows, std::int64_t begin, std::int64_t out, std::int64_t in) {
  return rows.as_strided({rows.size(0), out, in}, {rows.size(1), in, 1}, begin);
}

at::Tensor Operations::Matrix(const LaneLayout::Linear& linear) const {
  return PartOf(lanes_[LaneState::kParameters], linear.weight, linear.out, linear.in);
}

at::Tensor Operations::Row(LaneState state, std::int64_t begin, std::int64_t width) const {
  return PartOf(lanes_[state], begin, 1, width);
}

at::Tensor Operations::Gradient(std::int64_t begin, std::int64_t out, std::int64_t in) const {
  return PartOf(lanes_.gradients, begin, out, in);
}

// Linear, BatchNorm1d over the lane's clips (or by its running statistics), ReLU, Dropout.
Operations::Passed Operations::Forward(const LaneLayout::Block& block, const at::Tensor& input,
                                       const at::Tensor& mask) {
  const std::int64_t width = block.linear.out;
  const at::Tensor bias = Row(LaneState::kParameters, block.linear.bias, width);
  const at::Tensor scale = Row(LaneState::kParameters, block.norm_weight, width);
  const at::Tensor shift = Row(LaneState::kParameters, block.norm_bias, width);
  at::Tensor running_mean = Row(LaneState::kBuffers, block.running_mean, width);
  at::Tensor running_var = Row(LaneState::kBuffers, block.running_var, width);
  const at::Tensor linear = at::baddbmm(bias, input, Matrix(block.linear).transpose(1, 2));
  const at::Tensor inverse_rows = Column(Control::kInverseRows);
  const at::Tensor batch_mean = (linear * valid_).sum(1, /*keepdim=*/true) * inverse_rows;
  const at::Tensor centred = (linear - at::where(trains_, batch_mean, running_mean)) * valid_;
  const at::Tensor batch_var = (centred * centred).sum(1, true) * inverse_rows;
  Passed passed;
  passed.input = input;
  passed.inverse_deviation =
      (at::where(trains_, batch_var, running_var) + kLaneNormEpsilon).sqrt().reciprocal();
  passed.normalised = centred * passed.inverse_deviation;
  passed.active =
      at::addcmul(shift, passed.normalised, scale).relu().mul_(mask * Column(Control::kKept));
  running_mean.lerp_(batch_mean, Column(Control::kMomentum));
  running_var.lerp_(batch_var * Column(Control::kVarianceFactor), Column(Control::kMomentum));
  return passed;
}

at::Tensor Operations::Mask(std::size_t layer, const LaneLayout::Block& block) const {
  const auto width = static_cast<std::size_t>(block.width);
  at::Tensor masks = at::zeros({lanes_.lanes, lanes_.layout.rows, block.linear.out}, at::kFloat);
  std::vector<float> mask;
  for (std::int64_t lane = 0; lane < lanes_.lanes; ++lane) {
    const LaneDropout& from = lanes_.inputs.DropoutOf(lane);
    const auto clips = static_cast<std::size_t>(
        lanes_.inputs.control[lane][static_cast<std::int64_t>(Control::kRows)].item<float>());
    mask.assign(clips * width, 1.0F);
    if (from.least > 0) {
      const auto& key = from.keys[layer];
      FillMask({key[0], key[1]}, from.epoch, from.step, from.least, 1.0F, mask);
    }
    at::Tensor rows = masks[lane].narrow(0, 0, static_cast<std::int64_t>(clips));
    rows.narrow(1, 0, block.width)
        .copy_(at::from_blob(mask.data(), {rows.size(0), block.width}, at::kFloat));
  }
  return masks;
}

at::Tensor Operations::BackwardLinear(const LaneLayout::Linear& linear, const at::Tensor& input,
                                      const at::Tensor& gradient, bool input_wanted) {
  at::Tensor weight = Gradient(linear.weight, linear.out, linear.in);
  at::bmm_out(weight, gradient.transpose(1, 2), input);
  Gradient(linear.bias, 1, linear.out).copy_(gradient.sum(1, /*keepdim=*/true));
  return input_wanted ? gradient.bmm(Matrix(linear)) : at::Tensor();
}

// d(linear) = w inv (d - (sum d + x sum(d x)) / n) over the clips, x normalised.
at::Tensor Operations::Backward(const LaneLayout::Block& block, const Passed& passed,
                                at::Tensor gradient, bool input_wanted) {
  const std::int64_t width = block.linear.out;
  gradient = at::threshold_backward(gradient, passed.active, 0).mul_(Column(Control::kKept));
  const at::Tensor by_bias = gradient.sum(1, /*keepdim=*/true);
  const at::Tensor by_weight = (gradient * passed.normalised).sum(1, true);
  Gradient(block.norm_bias, 1, width).copy_(by_bias);
  Gradient(block.norm_weight, 1, width).copy_(by_weight);
  const at::Tensor scale =
      Row(LaneState::kParameters, block.norm_weight, width) * passed.inverse_deviation;
  const at::Tensor means =
      at::addcmul(by_bias, passed.normalised, by_weight) * Column(Control::kInverseRows);
  return BackwardLinear(block.linear, passed.input, (gradient - means) * scale * valid_,
                        input_wanted);
}

at::Tensor Operations::CrossEntropy(std::size_t head, const at::Tensor& logits,
                                    at::Tensor& gradient) const {
  const at::Tensor log_p = at::log_softmax(logits, 2);
  const auto labels = lanes_.inputs.labels[static_cast<std::int64_t>(head)].unsqueeze(2);
  const at::Tensor is_label = labels == at::arange(logits.size(2), labels.options());
  const at::Tensor share = lanes_.inputs.shares[static_cast<std::int64_t>(head)].unsqueeze(2);
  gradient = (log_p.exp() - is_label.to(at::kFloat)) * (share * Column(Control::kTrains));
  return -(at::where(is_label, log_p, 0.0) * share).sum({1, 2}, /*keepdim=*/true);
}

LaneOutputs Operations::Step(HsicKinds kinds) {
  const LaneLayout& layout = lanes_.layout;
  const Passed shared = Forward(layout.adapter, lanes_.inputs.features, Mask(0, layout.adapter));
  std::vector<Passed> streams;
  streams.reserve(layout.heads.size());
  for (std::size_t i = 0; i < layout.heads.size(); ++i) {
    streams.push_back(
        Forward(layout.heads[i].block, shared.active, Mask(i + 1, layout.heads[i].block)));
  }
  std::vector<at::Tensor> gradients;
  LaneOutputs outputs = Loss(streams, kinds, gradients);
  at::Tensor by_shared;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const at::Tensor part =
        Backward(layout.heads[i].block, streams[i], gradients[i], /*input_wanted=*/true);
    by_shared = i == 0 ? part : by_shared + part;
  }
  Backward(layout.adapter, shared, by_shared, /*input_wanted=*/false);
  Move({lanes_[LaneState::kParameters], lanes_[LaneState::kFirst], lanes_[LaneState::kSecond],
        lanes_.gradients, lanes_.inputs.control});
  return outputs;
}

// CE_first + beta CE_second + alpha HSIC of every lane; `gradients` become those by the streams.
LaneOutputs Operations::Loss(const std::vector<Passed>& streams, HsicKinds kinds,
                             std::vector<at::Tensor>& gradients) {
  LaneOutputs outputs;
  at::Tensor loss;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const LaneLayout::Head& head = lanes_.layout.heads[i];
    const at::Tensor& stream = streams[i].active;
    const at::Tensor bias = Row(LaneState::kParameters, head.classifier.bias, head.classifier.out);
    at::Tensor logits = at::baddbmm(bias, stream, Matrix(head.classifier).transpose(1, 2));
    logits.narrow(2, head.classes, head.classifier.out - head.classes)
        .fill_(-std::numeric_limits<float>::infinity());  // padding is no class
    at::Tensor by_logits;
    at::Tensor part = CrossEntropy(i, logits, by_logits);
    if (i > 0) {
      part.mul_(Column(Control::kBeta));
      by_logits.mul_(Column(Control::kBeta));
    }
    loss = i == 0 ? part : loss + part;
    gradients.push_back(BackwardLinear(head.classifier, stream, by_logits, /*input_wanted=*/true));
    outputs.logits.push_back(std::move(logits));
    outputs.streams.push_back(stream);
  }
  if (kinds != HsicKinds{}) {
    const auto control = [this](Control column) { return Column(column); };
    const LaneHsic hsic = HsicOfLanes(streams[0].active, streams[1].active, valid_, control, kinds);
    gradients[0].add_(hsic.first_gradient);
    gradients[1].add_(hsic.second_gradient);
    loss = loss + Column(Control::kAlpha) * hsic.loss;
  }
  outputs.loss = loss.view({lanes_.lanes});
  return outputs;
}

}  // namespace

LaneOutputs StepByOperations(const LaneTensors& lanes, HsicKinds kinds) {
  return Operations(lanes).Step(kinds);
}

}  // namespace unmask

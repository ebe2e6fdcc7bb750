#include "worker/lanes_engine/lane_model.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/base/check.h"

namespace unmask {

// By page-locked memory, which libtorch keeps for the next time.
std::vector<float> ToHost(const at::Tensor& row) {
  at::Tensor host = row;
  if (row.is_cuda()) {
    host = at::empty_like(row, at::TensorOptions(at::kCPU).pinned_memory(true));
    host.copy_(row);
  }
  const float* data = host.const_data_ptr<float>();
  return {data, data + host.numel()};
}

LaneModel::LaneModel(const LaneLayout& layout, std::int64_t lanes, at::Device device,
                     StepRecorder record, LaneStepper step)
    : device_(device),
      record_(std::move(record)),
      step_(std::move(step)),
      tensors_(layout, lanes, device) {}

at::Tensor LaneModel::Copy(std::int64_t lane, LaneState state) const {
  return tensors_[state][lane].clone();
}

std::vector<float> LaneModel::Stream(std::size_t head, std::int64_t lane) const {
  return ToHost(outputs_.streams[head][lane]);
}

void LaneModel::Write(std::int64_t lane, LaneState state, std::span<const float> row) {
  at::Tensor to = tensors_[state][lane];
  const auto floats = static_cast<std::int64_t>(row.size());
  UNMASK_CHECK(to.numel() == floats);
  to.copy_(at::from_blob(const_cast<float*>(row.data()), {floats}, at::kFloat));
}

// On the CPU the host's tensors are read where they are.
void LaneModel::Upload(const LaneInputs& inputs) {
  LaneInputs& mine = tensors_.inputs;
  if (device_.is_cpu()) {
    mine = inputs;
  } else {
    mine.all.copy_(inputs.all, /*non_blocking=*/true);
  }
}

// As if no lane had anything to do, so that what a recorder does with the step changes nothing.
void LaneModel::BeIdle() {
  if (device_.is_cpu()) {  // not the host's own
    tensors_.inputs = LaneInputs(tensors_.layout, tensors_.lanes, device_);
  }
  tensors_.inputs.control.zero_();
}

LaneModel::Recorded& LaneModel::RecordedStep(HsicKinds kinds) {
  if (device_.is_cuda()) kinds.paper = false;  // the kernels ask each lane: it is the same step
  Recorded& recorded = recorded_[(kinds.paper ? 1U : 0U) + (kinds.matrix ? 2U : 0U)];
  if (!recorded.again) {
    BeIdle();
    recorded.again =
        record_([this, kinds, &recorded] { recorded.outputs = step_(tensors_, kinds); });
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

// From a device into page-locked memory, the same every time; waits for the step.
void LaneModel::Download(const LaneOutputs& outputs) {
  if (device_.is_cpu()) {
    outputs_ = outputs;
    return;
  }
  if (outputs_.logits.empty()) {
    outputs_ = LaneOutputs(tensors_.layout, tensors_.lanes,
                           at::TensorOptions(at::kCPU).pinned_memory(true));
  }
  outputs_.streams = outputs.streams;
  outputs_.all.copy_(outputs.all);
}

}  // namespace unmask

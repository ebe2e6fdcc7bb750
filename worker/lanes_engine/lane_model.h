// The models of all lanes as batched tensors, and their steps: what one reads goes to the device,
// what it says comes back (lane_step.h: what happens between). Includes ATen: only for the files
// that do already. Not for several threads at a time.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "worker/lanes_engine/lane_step.h"
#include "worker/lanes_engine/step_recorder.h"

namespace unmask {

// Waits for the device.
std::vector<float> ToHost(const at::Tensor& row);

class LaneModel {
 public:
  LaneModel(const LaneLayout& layout, std::int64_t lanes, at::Device device, StepRecorder record,
            LaneStepper step);
  LaneModel(const LaneModel&) = delete;  // recorded steps know where it lies
  LaneModel& operator=(const LaneModel&) = delete;

  // `inputs`: on the host. The first step of some kinds is recorded, further ones do that again.
  void Step(const LaneInputs& inputs, HsicKinds kinds);
  // Of the last step: loss and logits on the host, streams where the model is.
  const LaneOutputs& outputs() const { return outputs_; }
  std::vector<float> Stream(std::size_t head, std::int64_t lane) const;  // of outputs()

  // As it is now, where the model is.
  at::Tensor Copy(std::int64_t lane, LaneState state) const;
  void Write(std::int64_t lane, LaneState state, std::span<const float> row);

 private:
  struct Recorded {
    LaneStep again;       // empty until there was such a step
    LaneOutputs outputs;  // where the model is, at the places that the recorded step writes to
  };

  Recorded& RecordedStep(HsicKinds kinds);
  void BeIdle();
  void Upload(const LaneInputs& inputs);
  void Download(const LaneOutputs& outputs);  // into `outputs_`

  at::Device device_;
  StepRecorder record_;
  LaneStepper step_;
  LaneTensors tensors_;  // their inputs at addresses that stay (on the CPU: Step's own)
  std::array<Recorded, 4> recorded_;  // by kinds
  LaneOutputs outputs_;
};

}  // namespace unmask

// The models of all lanes as batched tensors: one step of every lane at once, forward and backward
// by hand, Adam after it. Every operation is one of lanes by themselves (elementwise, or a matrix
// product a lane), so a lane's numbers do not depend on the others'. Includes ATen: only for the
// files that do already. Not for several threads at a time.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/TensorOptions.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "worker/lanes_engine/lane_control.h"
#include "worker/lanes_engine/lane_hsic.h"
#include "worker/lanes_engine/lane_kernels.h"
#include "worker/lanes_engine/lane_layout.h"
#include "worker/lanes_engine/step_recorder.h"

namespace unmask {

// What a step reads, lane by lane.
struct LaneInputs {
  // Zero; `where`: a device, page-locked memory.
  LaneInputs(const LaneLayout& layout, std::int64_t lanes, const at::TensorOptions& where);

  at::Tensor features;                   // [lanes, rows, features] float
  at::Tensor adapter_mask;               // [lanes, rows, adapter] uint8: 1 keeps
  std::vector<at::Tensor> stream_masks;  // [heads], each [lanes, rows, stream] uint8
  at::Tensor labels;                     // [heads, lanes, rows] int64
  at::Tensor control;                    // [lanes, kControlColumns] float
};

// What a step says.
struct LaneOutputs {
  at::Tensor loss;                  // [lanes] float (as a step computes it: [lanes, 1, 1])
  std::vector<at::Tensor> logits;   // [heads], each [lanes, rows, padded classes]
  std::vector<at::Tensor> streams;  // [heads], each [lanes, rows, stream]
};

// A lane's rows of state.
enum class LaneState : std::uint8_t { kParameters, kFirst, kSecond, kBuffers };

class LaneModel {
 public:
  LaneModel(const LaneLayout& layout, std::int64_t lanes, at::Device device, StepRecorder record);
  LaneModel(const LaneModel&) = delete;  // recorded steps know where it lies
  LaneModel& operator=(const LaneModel&) = delete;

  // `inputs`: on the host. The first step of some kinds is recorded, further ones do that again.
  void Step(const LaneInputs& inputs, HsicKinds kinds);
  // Of the last step: loss and logits on the host, streams where the model is.
  const LaneOutputs& outputs() const { return outputs_; }
  std::vector<float> Stream(std::size_t head, std::int64_t lane) const;  // of outputs()

  std::vector<float> Read(std::int64_t lane, LaneState state) const;
  void Write(std::int64_t lane, LaneState state, std::span<const float> row);

 private:
  // A Block in training mode remembers what its way back needs.
  struct Passed {
    at::Tensor input;
    LaneNormed normed;
  };

  struct Recorded {
    LaneStep again;       // empty until there was such a step
    LaneOutputs outputs;  // where the model is, at the places that the recorded step writes to
  };

  Recorded& RecordedStep(HsicKinds kinds);
  void BeIdle();
  void Upload(const LaneInputs& inputs);
  void Download(const LaneOutputs& outputs);  // into `outputs_`
  LaneOutputs Compute(HsicKinds kinds);       // from `inputs_`
  Passed Forward(const LaneLayout::Block& block, const at::Tensor& input, const at::Tensor& mask);
  // The gradient by the block's input; by its parameters into gradients_.
  at::Tensor Backward(const LaneLayout::Block& block, const Passed& passed, at::Tensor gradient,
                      bool input_wanted);
  at::Tensor BackwardLinear(const LaneLayout::Linear& linear, const at::Tensor& input,
                            const at::Tensor& gradient, bool input_wanted);
  // The lanes' cross-entropy [lanes, 1, 1]; `gradient` becomes its derivative by the logits.
  at::Tensor CrossEntropy(std::size_t head, const at::Tensor& logits, at::Tensor& gradient) const;
  LaneOutputs Loss(const std::vector<Passed>& streams, HsicKinds kinds,
                   std::vector<at::Tensor>& gradients);
  void Adam();

  at::Tensor Column(Control column) const;  // [lanes, 1, 1]
  LaneNorm NormOf(const LaneLayout::Block& block) const;
  at::Tensor View(LaneState state, std::int64_t begin, std::int64_t out, std::int64_t in) const;
  at::Tensor Matrix(const LaneLayout::Linear& linear) const;  // [lanes, out, in]
  at::Tensor Row(LaneState state, std::int64_t begin, std::int64_t width) const;  // [lanes, 1, ..]
  at::Tensor Gradient(std::int64_t begin, std::int64_t out, std::int64_t in) const;

  LaneLayout layout_;
  std::int64_t lanes_;
  at::Device device_;
  StepRecorder record_;
  std::array<at::Tensor, 4> state_;  // by LaneState: [lanes, floats]
  at::Tensor gradients_;             // [lanes, parameter floats]
  LaneInputs inputs_;  // on the device, at addresses that stay (on the CPU: Step's own)
  at::Tensor valid_;   // [lanes, rows, 1]: 1 for a row that is a clip
  at::Tensor trains_;  // [lanes, 1, 1] bool
  std::vector<at::Tensor> no_class_;  // [heads], each [classes, padded]: -infinity for padding
  std::array<Recorded, 4> recorded_;  // by kinds
  LaneOutputs outputs_;
};

}  // namespace unmask

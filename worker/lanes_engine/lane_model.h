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
#include "worker/lanes_engine/lane_layout.h"

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

// What a step says, until the next one.
struct LaneOutputs {
  at::Tensor loss;                  // [lanes] float, on the host
  std::vector<at::Tensor> logits;   // [heads], each [lanes, rows, padded classes], on the host
  std::vector<at::Tensor> streams;  // [heads], each [lanes, rows, stream], where the model is
};

// A lane's rows of state.
enum class LaneState : std::uint8_t { kParameters, kFirst, kSecond, kBuffers };

class LaneModel {
 public:
  LaneModel(const LaneLayout& layout, std::int64_t lanes, at::Device device);

  // `inputs`: on the host.
  void Step(const LaneInputs& inputs, HsicKinds kinds);
  const LaneOutputs& outputs() const { return outputs_; }
  std::vector<float> Stream(std::size_t head, std::int64_t lane) const;  // of outputs()

  std::vector<float> Read(std::int64_t lane, LaneState state) const;
  void Write(std::int64_t lane, LaneState state, std::span<const float> row);

 private:
  // A Block in training mode remembers what its way back needs.
  struct Passed {
    at::Tensor input, normalised, inverse_deviation, active;
  };

  void Upload(const LaneInputs& inputs);
  Passed Forward(const LaneLayout::Block& block, const at::Tensor& input, const at::Tensor& mask);
  // The gradient by the block's input; by its parameters into gradients_.
  at::Tensor Backward(const LaneLayout::Block& block, const Passed& passed, at::Tensor gradient,
                      bool input_wanted);
  at::Tensor BackwardLinear(const LaneLayout::Linear& linear, const at::Tensor& input,
                            const at::Tensor& gradient, bool input_wanted);
  // The lanes' cross-entropy [lanes, 1, 1]; `gradient` becomes its derivative by the logits.
  at::Tensor CrossEntropy(std::size_t head, const at::Tensor& logits, at::Tensor& gradient) const;
  at::Tensor Loss(const std::vector<Passed>& streams, HsicKinds kinds,
                  std::vector<at::Tensor>& gradients);
  void Adam();

  at::Tensor Column(Control column) const;  // [lanes, 1, 1]
  at::Tensor View(LaneState state, std::int64_t begin, std::int64_t out, std::int64_t in) const;
  at::Tensor Matrix(const LaneLayout::Linear& linear) const;  // [lanes, out, in]
  at::Tensor Row(LaneState state, std::int64_t begin, std::int64_t width) const;  // [lanes, 1, ..]
  at::Tensor Gradient(std::int64_t begin, std::int64_t out, std::int64_t in) const;

  LaneLayout layout_;
  std::int64_t lanes_;
  at::Device device_;
  std::array<at::Tensor, 4> state_;  // by LaneState: [lanes, floats]
  at::Tensor gradients_;             // [lanes, parameter floats]
  LaneInputs inputs_;  // on the device, at addresses that stay (on the CPU: Step's own)
  at::Tensor valid_;   // [lanes, rows, 1]: 1 for a row that is a clip
  at::Tensor trains_;  // [lanes, 1, 1] bool
  std::vector<at::Tensor> no_class_;  // [heads], each [classes, padded]: -infinity for padding
  LaneOutputs outputs_;
};

}  // namespace unmask

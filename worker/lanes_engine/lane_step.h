// One step of all lanes, forward and backward by hand, Adam after it. Every operation is one of
// lanes by themselves, so a lane's numbers do not depend on the others'. Includes ATen: only for
// the files that do already.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/TensorOptions.h>

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "worker/lanes_engine/lane_hsic.h"
#include "worker/lanes_engine/lane_layout.h"

namespace unmask {

// What a step reads, lane by lane.
struct LaneInputs {
  // Zero; `where`: a device, page-locked memory.
  LaneInputs(const LaneLayout& layout, std::int64_t lanes, const at::TensorOptions& where);
  LaneDropout& DropoutOf(std::int64_t lane) const;  // where the tensor lies

  at::Tensor features;  // [lanes, rows, features] float
  at::Tensor labels;    // [heads, lanes, rows] int64
  at::Tensor shares;    // [heads, lanes, rows] float: of the mean cross-entropy; 0 where none
  at::Tensor control;   // [lanes, kControlColumns] float
  at::Tensor dropout;   // [lanes] LaneDropout, as int32

  at::Tensor all;  // the memory of all of them, which travels at once
};

// What a step says.
struct LaneOutputs {
  LaneOutputs() = default;
  // Room for loss and logits.
  LaneOutputs(const LaneLayout& layout, std::int64_t lanes, const at::TensorOptions& where);

  at::Tensor loss;                  // [lanes] float
  std::vector<at::Tensor> logits;   // [heads], each [lanes, rows, padded classes]
  std::vector<at::Tensor> streams;  // [heads], each [lanes, rows, stream]

  at::Tensor all;  // the memory of loss and logits; not defined: each has its own
};

// A lane's rows of state.
enum class LaneState : std::uint8_t { kParameters, kFirst, kSecond, kBuffers };

// What a step works on, all on one device.
struct LaneTensors {
  LaneTensors(const LaneLayout& layout, std::int64_t lanes, at::Device device);  // all zero

  at::Tensor& operator[](LaneState which) { return state[static_cast<std::size_t>(which)]; }
  const at::Tensor& operator[](LaneState which) const {
    return state[static_cast<std::size_t>(which)];
  }
  at::Tensor Column(Control column) const;  // [lanes, 1, 1]
  at::Tensor Valid() const;                 // [lanes, rows, 1]: 1 for a row that is a clip, else 0

  LaneLayout layout;
  std::int64_t lanes;
  std::array<at::Tensor, 4> state;  // by LaneState: [lanes, floats]
  at::Tensor gradients;             // [lanes, parameter floats]
  LaneInputs inputs;
};

// A step of all lanes: the same operations on the same memory whenever the kinds are the same,
// since what differs between steps is in `inputs`. The outputs lie where the lanes do.
// There are two, which have to agree: libtorch's operations on CPUs, and kernels of our own on CUDA
// devices (lane_kernels.h). The same tests hold both against `reference`.
using LaneStepper = std::function<LaneOutputs(const LaneTensors& lanes, HsicKinds kinds)>;

LaneOutputs StepByOperations(const LaneTensors& lanes, HsicKinds kinds);

LaneStepper StepperFor(at::Device device);

}  // namespace unmask

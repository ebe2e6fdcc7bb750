#include <ATen/ATen.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "worker/lanes_engine/lane_arguments.h"
#include "worker/lanes_engine/lane_kernels.h"

namespace unmask {
namespace {

constexpr unsigned kRowsOfBlock = 4;  // a warp each
constexpr unsigned kClassifyThreads = 128;
constexpr unsigned kRestThreads = 256;
constexpr unsigned kRestBlocks = 4;  // of a lane

constexpr unsigned Parts(std::int64_t whole, unsigned part) {
  return (static_cast<unsigned>(whole) + part - 1) / part;
}

float* Data(const at::Tensor& tensor) { return tensor.mutable_data_ptr<float>(); }
const float* Read(const at::Tensor& tensor) { return tensor.const_data_ptr<float>(); }

static_assert(kPaperHsic == static_cast<int>(HsicKind::kPaper));

// One step. Which kernels, and their grids, depend on the layout and the kinds alone; scratch
// memory is libtorch's, in a capture the graph's own.
class KernelStep {
 public:
  KernelStep(const LaneTensors& lanes, const LaneLauncher& launcher)
      : lanes_(lanes),
        launcher_(launcher),
        row_tiles_(Parts(lanes.layout.rows, kGroup * kMostGroups)),
        groups_(Parts(Parts(lanes.layout.rows, kGroup), row_tiles_)),
        rows_{Data(lanes[LaneState::kParameters]), Data(lanes[LaneState::kFirst]),
              Data(lanes[LaneState::kSecond]),     Data(lanes.gradients),
              Data(lanes[LaneState::kBuffers]),    Read(lanes.inputs.control),
              &lanes.inputs.DropoutOf(0),          lanes.layout.parameter_floats,
              lanes.layout.buffer_floats,          static_cast<int>(lanes.layout.rows)} {
    UNMASK_CHECK(lanes.layout.heads.size() <= std::size(LaneBlocks{}.at));
    adapter_ = Blocks({&lanes.layout.adapter}, 0);
    std::vector<const LaneLayout::Block*> streams;
    streams.reserve(lanes.layout.heads.size());
    for (const LaneLayout::Head& head : lanes.layout.heads) streams.push_back(&head.block);
    streams_ = Blocks(streams, 1);
  }

  LaneOutputs Do(HsicKinds kinds) const;

 private:
  // [blocks, lanes, rows, width], all that the way back needs.
  struct Passed {
    at::Tensor normalised, inverse_deviation, active;
  };

  // `layer`: the first of them.
  static LaneBlocks Blocks(const std::vector<const LaneLayout::Block*>& from, std::size_t layer);
  LaneClassifiers Classifiers(const std::vector<at::Tensor>& logits,
                              const std::vector<at::Tensor>& by_logits) const;
  at::Tensor Room(const std::vector<std::int64_t>& shape) const {
    return at::empty(shape, lanes_.gradients.options());
  }
  at::Tensor Batch(int blocks, int width) const {
    return Room({blocks, lanes_.lanes, lanes_.layout.rows, width});
  }
  // A lane is a row of the grid. `arguments`: of exactly the types that the kernel has.
  template <typename... Arguments>
  void Launch(LaneKernel kernel, std::array<unsigned, 2> x_and_z, std::array<unsigned, 2> block,
              Arguments... arguments) const {
    std::array<void*, sizeof...(Arguments)> pointers{static_cast<void*>(&arguments)...};
    const auto [x, z] = x_and_z;
    launcher_({kernel, groups_, {x, static_cast<unsigned>(lanes_.lanes), z}, block, pointers});
  }

  Passed Forward(const LaneBlocks& blocks, const at::Tensor& input) const;
  at::Tensor NormaliseBack(const LaneBlocks& blocks, const Passed& passed,
                           const at::Tensor& by_active) const;
  void MoveWeights(const LaneBlocks& blocks, const at::Tensor& by_linear,
                   const at::Tensor& input) const;
  void MoveRest() const;
  // The gradient by the streams.
  at::Tensor Loss(const at::Tensor& active, HsicKinds kinds, LaneOutputs& outputs) const;

  const LaneTensors& lanes_;
  const LaneLauncher& launcher_;
  unsigned row_tiles_;
  unsigned groups_;
  LaneRows rows_;
  LaneBlocks adapter_{}, streams_{};
};

LaneBlocks KernelStep::Blocks(const std::vector<const LaneLayout::Block*>& from,
                              std::size_t layer) {
  LaneBlocks blocks{};
  for (std::size_t i = 0; i < from.size(); ++i) {
    const LaneLayout::Block& block = *from[i];
    blocks.at[i] = {
        block.linear.weight, block.linear.bias, block.norm_weight,          block.norm_bias,
        block.running_mean,  block.running_var, static_cast<int>(layer + i)};
    blocks.in = static_cast<int>(block.linear.in);
    blocks.out = static_cast<int>(block.linear.out);
    blocks.width = static_cast<int>(block.width);
  }
  UNMASK_CHECK(blocks.in % kTerms == 0 && blocks.out % kTerms == 0);
  blocks.count = static_cast<int>(from.size());
  return blocks;
}

KernelStep::Passed KernelStep::Forward(const LaneBlocks& blocks, const at::Tensor& input) const {
  const auto count = static_cast<unsigned>(blocks.count);
  const at::Tensor linear = Batch(blocks.count, blocks.out);
  Launch(LaneKernel::kForward, {Parts(blocks.out, kTile), count * row_tiles_}, {kTileThreads, 1},
         rows_, blocks, Read(input), Data(linear));
  Passed passed{Batch(blocks.count, blocks.out), Room({blocks.count, lanes_.lanes, blocks.out}),
                Batch(blocks.count, blocks.out)};
  Launch(LaneKernel::kNormalise, {Parts(blocks.out, kNormColumns), count},
         {kNormColumns, kNormParts}, rows_, blocks, Read(linear), Data(passed.normalised),
         Data(passed.inverse_deviation), Data(passed.active));
  return passed;
}

at::Tensor KernelStep::NormaliseBack(const LaneBlocks& blocks, const Passed& passed,
                                     const at::Tensor& by_active) const {
  at::Tensor by_linear = Batch(blocks.count, blocks.out);
  Launch(LaneKernel::kNormaliseBack,
         {Parts(blocks.out, kNormColumns), static_cast<unsigned>(blocks.count)},
         {kNormColumns, kNormParts}, rows_, blocks, Read(passed.normalised),
         Read(passed.inverse_deviation), Read(passed.active), Read(by_active), Data(by_linear));
  return by_linear;
}

void KernelStep::MoveWeights(const LaneBlocks& blocks, const at::Tensor& by_linear,
                             const at::Tensor& input) const {
  const unsigned outputs = static_cast<unsigned>(blocks.count) * Parts(blocks.out, kTile);
  Launch(LaneKernel::kMoveWeights, {Parts(blocks.in, kTile), outputs}, {kTileThreads, 1}, rows_,
         blocks, Read(by_linear), Read(input));
}

// What lies behind a block's weight, up to the next block's or the end.
void KernelStep::MoveRest() const {
  const LaneLayout& layout = lanes_.layout;
  std::vector<std::int64_t> weights = {layout.adapter.linear.weight};
  std::vector<std::int64_t> rests = {layout.adapter.linear.bias};
  for (const LaneLayout::Head& head : layout.heads) {
    weights.push_back(head.block.linear.weight);
    rests.push_back(head.block.linear.bias);
  }
  weights.push_back(layout.parameter_floats);
  LaneParts parts{};
  UNMASK_CHECK(rests.size() <= std::size(parts.begin));
  for (std::size_t i = 0; i < rests.size(); ++i) {
    UNMASK_CHECK(rests[i] < weights[i + 1]);
    parts.begin[i] = rests[i];
    parts.fours[i] = (weights[i + 1] - rests[i]) / 4;  // whole cache lines (lane_layout.h)
  }
  parts.count = static_cast<int>(rests.size());
  Launch(LaneKernel::kMoveRest, {kRestBlocks, 1}, {kRestThreads, 1}, rows_, parts);
}

LaneClassifiers KernelStep::Classifiers(const std::vector<at::Tensor>& logits,
                                        const std::vector<at::Tensor>& by_logits) const {
  LaneClassifiers classifiers{};
  classifiers.count = streams_.count;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const LaneLayout::Head& head = lanes_.layout.heads[i];
    const at::Tensor labels = lanes_.inputs.labels[static_cast<std::int64_t>(i)];
    const at::Tensor shares = lanes_.inputs.shares[static_cast<std::int64_t>(i)];
    classifiers.at[i] = {head.classifier.weight,
                         head.classifier.bias,
                         labels.const_data_ptr<std::int64_t>(),
                         Read(shares),
                         Data(logits[i]),
                         Data(by_logits[i]),
                         static_cast<int>(head.classes),
                         static_cast<int>(head.classifier.out)};
  }
  return classifiers;
}

at::Tensor KernelStep::Loss(const at::Tensor& active, HsicKinds kinds, LaneOutputs& outputs) const {
  std::vector<at::Tensor> by_logits;
  for (std::size_t i = 0; i < lanes_.layout.heads.size(); ++i) {
    by_logits.push_back(at::empty_like(outputs.logits[i]));
    outputs.streams.push_back(active[static_cast<std::int64_t>(i)]);
  }
  const LaneClassifiers heads = Classifiers(outputs.logits, by_logits);
  const at::Tensor losses = Room({lanes_.lanes, lanes_.layout.rows});
  const at::Tensor pulls =
      Room({lanes_.lanes, lanes_.layout.rows, sizeof(LanePull) / sizeof(float)});
  auto* pull = reinterpret_cast<LanePull*>(Data(pulls));
  Launch(LaneKernel::kClassify, {Parts(lanes_.layout.rows, kRowsOfBlock), 1}, {kWarp, kRowsOfBlock},
         rows_, heads, streams_.out, Read(active), pull, Data(losses));
  at::Tensor by_active = at::empty_like(active);
  Launch(LaneKernel::kClassifyBack,
         {Parts(streams_.out, kClassifyThreads), static_cast<unsigned>(heads.count)},
         {kClassifyThreads, 1}, rows_, heads, streams_.out, Read(active),
         static_cast<const LanePull*>(pull), Read(losses), Data(by_active), Data(outputs.loss));
  if (kinds.matrix) {
    const auto control = [this](Control column) { return lanes_.Column(column); };
    const LaneHsic hsic = HsicOfLanes(outputs.streams[0], outputs.streams[1], lanes_.Valid(),
                                      control, {.paper = false, .matrix = true});
    by_active[0].add_(hsic.first_gradient);
    by_active[1].add_(hsic.second_gradient);
    outputs.loss.add_((lanes_.Column(Control::kAlpha) * hsic.loss).view({lanes_.lanes}));
  }
  return by_active;
}

// Weights move last: the way back to their inputs reads them as they were.
LaneOutputs KernelStep::Do(HsicKinds kinds) const {
  const at::Tensor& features = lanes_.inputs.features;
  const Passed shared = Forward(adapter_, features);
  const Passed streams = Forward(streams_, shared.active);
  LaneOutputs outputs(lanes_.layout, lanes_.lanes, lanes_.gradients.options());
  const at::Tensor by_streams =
      NormaliseBack(streams_, streams, Loss(streams.active, kinds, outputs));
  const at::Tensor by_shared = Batch(1, streams_.in);
  Launch(LaneKernel::kBack, {Parts(streams_.in, kTile), row_tiles_}, {kTileThreads, 1}, rows_,
         streams_, Read(by_streams), Data(by_shared));
  MoveWeights(streams_, by_streams, shared.active);
  MoveWeights(adapter_, NormaliseBack(adapter_, shared, by_shared), features);
  MoveRest();
  return outputs;
}

}  // namespace

LaneStepper StepByKernels(LaneLauncher launcher) {
  return [launcher = std::move(launcher)](const LaneTensors& lanes, HsicKinds kinds) {
    return KernelStep(lanes, launcher).Do(kinds);
  };
}

LaneStepper StepperFor(at::Device device) {
  return device.is_cpu() ? LaneStepper(StepByOperations) : StepByKernels(LaunchOnCuda);
}

}  // namespace unmask

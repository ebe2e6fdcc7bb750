#include "worker/lanes_engine/lane_step.h"

#include <ATen/ATen.h>

#include <functional>
#include <numeric>

#include "common/base/check.h"

namespace unmask {
namespace {

struct Piece {
  at::Tensor* tensor;
  std::vector<std::int64_t> shape;
  at::ScalarType type;

  std::int64_t bytes() const {
    const auto size = static_cast<std::int64_t>(c10::elementSize(type));
    return std::accumulate(shape.begin(), shape.end(), size, std::multiplies<>());
  }
};

// One after the other in the memory that is returned, each aligned for any use.
at::Tensor Carve(const std::vector<Piece>& pieces, const at::TensorOptions& where) {
  constexpr std::int64_t kAlignment = 256;
  std::vector<std::int64_t> begins;
  std::int64_t end = 0;
  for (const Piece& piece : pieces) {
    begins.push_back(end);
    end += (piece.bytes() + kAlignment - 1) / kAlignment * kAlignment;
  }
  at::Tensor all = at::empty({end}, where.dtype(at::kByte));
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    *pieces[i].tensor = all.narrow(0, begins[i], pieces[i].bytes())
                            .view(pieces[i].type)
                            .view(at::IntArrayRef(pieces[i].shape));
  }
  return all;
}

}  // namespace

LaneInputs::LaneInputs(const LaneLayout& layout, std::int64_t lanes,
                       const at::TensorOptions& where) {
  static_assert(sizeof(LaneDropout) % sizeof(std::int32_t) == 0);
  const auto heads = static_cast<std::int64_t>(layout.heads.size());
  UNMASK_CHECK(heads < static_cast<std::int64_t>(std::size(LaneDropout{}.keys)));
  all = Carve({{&features, {lanes, layout.rows, layout.features}, at::kFloat},
               {&labels, {heads, lanes, layout.rows}, at::kLong},
               {&shares, {heads, lanes, layout.rows}, at::kFloat},
               {&control, {lanes, static_cast<std::int64_t>(kControlColumns)}, at::kFloat},
               {&dropout, {lanes, sizeof(LaneDropout) / sizeof(std::int32_t)}, at::kInt}},
              where);
  all.zero_();
}

LaneDropout& LaneInputs::DropoutOf(std::int64_t lane) const {
  return reinterpret_cast<LaneDropout*>(dropout.mutable_data_ptr<std::int32_t>())[lane];
}

LaneOutputs::LaneOutputs(const LaneLayout& layout, std::int64_t lanes,
                         const at::TensorOptions& where)
    : logits(layout.heads.size()) {
  std::vector<Piece> pieces = {{&loss, {lanes}, at::kFloat}};
  for (std::size_t i = 0; i < logits.size(); ++i) {
    pieces.push_back(
        {&logits[i], {lanes, layout.rows, layout.heads[i].classifier.out}, at::kFloat});
  }
  all = Carve(pieces, where);
}

LaneTensors::LaneTensors(const LaneLayout& given_layout, std::int64_t given_lanes,
                         at::Device device)
    : layout(given_layout), lanes(given_lanes), inputs(layout, lanes, at::TensorOptions(device)) {
  const auto zeros = [&](std::int64_t floats) {
    return at::zeros({lanes, floats}, at::TensorOptions(at::kFloat).device(device));
  };
  for (const LaneState which : {LaneState::kParameters, LaneState::kFirst, LaneState::kSecond}) {
    (*this)[which] = zeros(layout.parameter_floats);
  }
  (*this)[LaneState::kBuffers] = zeros(layout.buffer_floats);
  gradients = zeros(layout.parameter_floats);
}

at::Tensor LaneTensors::Column(Control column) const {
  return inputs.control.narrow(1, static_cast<std::int64_t>(column), 1).unsqueeze(2);
}

at::Tensor LaneTensors::Valid() const {
  const at::Tensor numbers = at::arange(layout.rows, inputs.control.options()).view({1, -1, 1});
  return (numbers < Column(Control::kRows)).to(at::kFloat);
}

}  // namespace unmask

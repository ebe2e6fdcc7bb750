#include "worker/lanes_engine/lane_layout.h"

#include <algorithm>

#include "common/base/check.h"
#include "common/config/names.h"

namespace unmask {
namespace {

constexpr std::int64_t kLine = 16;  // floats in a cache line
constexpr std::int64_t kFour = 4;   // rows, and classes: four of either fill a line

std::int64_t RoundUp(std::int64_t value, std::int64_t to) { return (value + to - 1) / to * to; }

// A place for `floats` from the next cache line on.
std::int64_t Take(std::int64_t& end, std::int64_t floats) {
  const std::int64_t begin = end;
  end += RoundUp(floats, kLine);
  return begin;
}

// f(offset in the tensor, offset in the row, length) for each row of the tensor.
template <class F>
void ForEachRow(const LaneLayout::Place& place, F f) {
  const std::int64_t length = place.shape.back();
  const std::int64_t rows = place.shape.size() == 2 ? place.shape.front() : 1;
  for (std::int64_t i = 0; i < rows; ++i) f(i * length, place.begin + i * place.stride, length);
}

}  // namespace

LaneLayout::LaneLayout(const ModelShape& shape, std::int64_t given_rows)
    : rows(RoundUp(given_rows, kFour)),
      features(RoundUp(shape.features, kLine)),
      adapter_width(RoundUp(shape.adapter, kLine)),
      stream_width(RoundUp(shape.stream, kLine)) {
  adapter = AddBlock("adapter", shape.features, shape.adapter);
  for (const ModelShape::Head& head : shape.heads) {
    const std::string name(Name(head.task));
    const Block block = AddBlock(name, shape.adapter, shape.stream);
    heads.push_back(
        {block,
         AddLinear(name + ".classifier", shape.stream, head.classes, RoundUp(head.classes, kFour)),
         head.classes});
  }
  // Vectors of any instruction set fill a lane's row: no element is left to a loop of other bits.
  parameter_floats = RoundUp(parameter_floats, 4 * kLine);
  buffer_floats = RoundUp(buffer_floats, 4 * kLine);
}

LaneLayout::Linear LaneLayout::AddLinear(const std::string& name, std::int64_t in, std::int64_t out,
                                         std::int64_t padded_out) {
  Linear linear{RoundUp(in, kLine), padded_out, 0, 0};
  linear.weight = Take(parameter_floats, linear.out * linear.in);
  linear.bias = Take(parameter_floats, linear.out);
  parameters[name + ".weight"] = {{out, in}, linear.weight, linear.in};
  parameters[name + ".bias"] = {{out}, linear.bias, linear.out};
  return linear;
}

LaneLayout::Block LaneLayout::AddBlock(const std::string& name, std::int64_t in, std::int64_t out) {
  const std::int64_t width = RoundUp(out, kLine);
  Block block;
  block.width = out;
  block.linear = AddLinear(name + ".linear", in, out, width);
  block.norm_weight = Take(parameter_floats, width);
  block.norm_bias = Take(parameter_floats, width);
  block.running_mean = Take(buffer_floats, width);
  block.running_var = Take(buffer_floats, width);
  parameters[name + ".norm.weight"] = {{out}, block.norm_weight, width};
  parameters[name + ".norm.bias"] = {{out}, block.norm_bias, width};
  buffers[name + ".norm.running_mean"] = {{out}, block.running_mean, width};
  buffers[name + ".norm.running_var"] = {{out}, block.running_var, width};
  return block;
}

void CopyToRow(const LaneLayout::Places& places, const std::string& prefix,
               const NamedTensors& from, std::span<float> row) {
  for (const auto& [name, place] : places) {
    const FloatTensor& tensor = from.at(prefix + name);
    UNMASK_CHECK(tensor.shape == place.shape);
    ForEachRow(place, [&](std::int64_t at, std::int64_t to, std::int64_t length) {
      std::copy_n(tensor.values.begin() + at, length, row.begin() + to);
    });
  }
}

void CopyFromRow(const LaneLayout::Places& places, const std::string& prefix,
                 std::span<const float> row, NamedTensors& to) {
  for (const auto& [name, place] : places) {
    FloatTensor& tensor = to[prefix + name];
    tensor.shape = place.shape;
    ForEachRow(place, [&](std::int64_t, std::int64_t at, std::int64_t length) {
      tensor.values.insert(tensor.values.end(), row.begin() + at, row.begin() + at + length);
    });
  }
}

}  // namespace unmask

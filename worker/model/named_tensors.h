// Named float arrays: a model's weights, an optimiser's moments. What engines, checkpoints and
// tests hand to one another, without libtorch.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace unmask {

struct FloatTensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;  // row-major
  bool operator==(const FloatTensor&) const = default;
};

using NamedTensors = std::map<std::string, FloatTensor>;

}  // namespace unmask

// Tensors with random values, gathered for one safetensors file.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/tensors/safetensors.h"

namespace unmask {

class RandomTensors {
 public:
  using Shape = std::vector<std::int64_t>;

  explicit RandomTensors(std::int64_t seed) : seed_(seed) {}

  // Values uniform with this mean and standard deviation (uniform, since it needs no libm, whose
  // last bits differ): a function of seed, name and place.
  void Add(const std::string& name, Shape shape, double deviation, double mean = 0);

  // Filters [outputs, 3, side, side] that see contrast alone, neither colour nor brightness: random
  // blocks of 2 x 2 pixels, the same for the three channels, whose sum is 0.
  void AddContrastFilters(const std::string& name, int outputs, int side, double deviation);

  std::string Bytes() const;  // as a safetensors file

 private:
  void Keep(const std::string& name, Shape shape, std::vector<float> values);

  struct Tensor {
    Shape shape;
    std::vector<float> values;
  };
  std::int64_t seed_;
  std::map<std::string, Tensor> tensors_;
};

}  // namespace unmask

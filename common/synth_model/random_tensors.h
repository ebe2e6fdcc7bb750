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

  std::string Bytes() const;  // as a safetensors file

 private:
  struct Tensor {
    Shape shape;
    std::vector<float> values;
  };
  std::int64_t seed_;
  std::map<std::string, Tensor> tensors_;
};

}  // namespace unmask

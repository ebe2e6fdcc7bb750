// One job's parameters and optimiser state as the core engine's kernels want them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "worker/core_engine/layout.h"
#include "worker/model/model_shape.h"
#include "worker/model/named_tensors.h"

namespace unmask {

// A parameter and Adam's two moments, in equal layouts.
struct Trained {
  explicit Trained(std::size_t size = 0) : value(size), first(size), second(size) {}
  FloatBuffer value, first, second;
};

// The weight stands transposed, one row for each input, and cut into panels of up to 256 columns:
// a panel's rows follow one another in memory. So lanes run along outputs in the forward pass and
// in the update, and an input's whole row of a panel is in the first cache when it is used.
struct Linear {
  Linear(std::size_t inputs, std::size_t outputs)
      : in(inputs), out(outputs), weight(inputs * PadToGroup(outputs)), bias(PadToGroup(outputs)) {}

  std::size_t padded() const { return PadToGroup(out); }
  // Columns of the panel that begins at column `first`.
  std::size_t PanelWidth(std::size_t first) const { return std::min(kPanel, padded() - first); }
  std::size_t PanelOffset(std::size_t first) const { return first * in; }

  std::size_t in, out;
  Trained weight, bias;
};

struct Norm {
  explicit Norm(std::size_t width)
      : scale(PadToGroup(width)),
        shift(PadToGroup(width)),
        running_mean(PadToGroup(width)),
        running_var(PadToGroup(width)) {}
  Trained scale, shift;
  FloatBuffer running_mean, running_var;
};

// Linear, BatchNorm1d, ReLU, Dropout.
struct Block {
  Block(std::size_t in, std::size_t out) : linear(in, out), norm(out) {}
  Linear linear;
  Norm norm;
};

struct Head {
  Block block;
  Linear classifier;
};

struct CoreModel {
  explicit CoreModel(const ModelShape& shape);

  NamedTensors Weights() const;
  NamedTensors Moments() const;
  void SetWeights(const NamedTensors& weights);
  void SetMoments(const NamedTensors& moments);

  Block adapter;
  std::vector<Head> heads;

 private:
  std::vector<std::string> names_;  // of the heads
};

}  // namespace unmask

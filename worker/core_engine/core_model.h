// One job's parameters and optimiser state as the core engine's kernels want them.
#pragma once

#include <string>
#include <vector>

#include "worker/core_engine/layout.h"
#include "worker/model/model_shape.h"
#include "worker/model/named_tensors.h"

namespace unmask {

// A parameter and Adam's two moments, in equal layouts: a matrix, or a vector as a matrix of one
// row.
struct Trained {
  Trained(std::size_t rows, std::size_t width) : value(width), first(width), second(width) {
    for (Rows* each : {&value, &first, &second}) each->Reserve(rows);
  }
  Rows value, first, second;
};

// The same of a matrix in panels.
struct TrainedPanels {
  TrainedPanels(std::size_t rows, std::size_t width)
      : memory(3 * Apart(rows, width)),
        value(memory.data(), rows, width),
        first(memory.data() + Apart(rows, width), rows, width),
        second(memory.data() + 2 * Apart(rows, width), rows, width) {}
  FloatBuffer memory;
  Panels value, first, second;

 private:
  // From one to the next, in floats. Adam walks through all three at once, and a load has to wait
  // for an earlier store whose address ends in the same 12 bits: there they differ by 21 lines.
  static std::size_t Apart(std::size_t rows, std::size_t width) {
    constexpr std::size_t kAlias = 4096 / sizeof(float);
    return CeilDiv(Panels::Floats(rows, width), kAlias) * kAlias + 21 * kGroup;
  }
};

// The weight stands transposed, one row for each input, so that lanes run along outputs.
struct Linear {
  Linear(std::size_t inputs, std::size_t outputs)
      : in(inputs), out(outputs), weight(inputs, outputs), bias(1, outputs) {}
  std::size_t in, out;
  TrainedPanels weight;
  Trained bias;
};

// BatchNorm1d.
struct Norm {
  explicit Norm(std::size_t width)
      : scale(1, width), shift(1, width), running_mean(width), running_var(width) {
    running_mean.Reserve(1);
    running_var.Reserve(1);
  }
  Trained scale, shift;
  Rows running_mean, running_var;  // one row
};

// Linear, BatchNorm1d, ReLU, Dropout.
struct Block {
  Block(std::size_t in, std::size_t out) : linear(in, out), norm(out) {}
  Linear linear;
  Norm norm;
};

// A linear layer of few outputs: one row of the weight for each of them, lanes along inputs.
struct Classifier {
  Classifier(std::size_t inputs, std::size_t classes)
      : in(inputs), out(classes), weight(classes, inputs), bias(1, classes) {}
  std::size_t in, out;
  Trained weight, bias;
};

struct Head {
  Block block;
  Classifier classifier;
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

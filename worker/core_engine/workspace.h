// What lives for one step: activations, gradients and scratch, reused from step to step.
#pragma once

#include <cstdint>
#include <vector>

#include "worker/core_engine/layout.h"
#include "worker/model/model_shape.h"

namespace unmask {

// Inputs of a layer whose gradients are summed up together.
inline constexpr std::size_t kInputsAtATime = 8;

// Of one Linear, BatchNorm, ReLU, Dropout.
struct BlockRows {
  explicit BlockRows(std::size_t width)
      : normal(width),
        output(width),
        gradient(width),
        nonzero(width),
        inverse_deviation(PadToGroup(width)) {}
  void Reserve(std::size_t rows);

  Rows normal;  // what the Linear gave, then normalised to mean 0 and variance 1
  Rows output;
  Rows gradient;     // of the output, then of what the Linear gave
  Nonzeros nonzero;  // of the output
  FloatBuffer inverse_deviation;
};

struct HeadRows {
  HeadRows(std::size_t stream, std::size_t classes)
      : block(stream), logits(classes), gradient(classes) {}
  BlockRows block;
  Rows logits;
  Rows gradient;  // of the logits
};

// One stream's part of the independence term.
struct StreamRows {
  explicit StreamRows(std::size_t width) : unit(width) {}
  void Reserve(std::size_t rows);
  Rows unit;                         // rows of length 1; a zero row stays zero
  std::vector<float> inverse_norms;  // 0 for a zero row
  std::vector<float> squares;        // of the unit rows' lengths: 1 or 0, but for rounding
  Rows kernel;                       // [rows, rows]
  std::vector<float> kernel_sums;    // of its rows
};

struct Workspace {
  explicit Workspace(const ModelShape& shape);
  void Reserve(std::size_t rows);

  Rows features;
  Nonzeros features_nonzero;
  BlockRows adapter;
  std::vector<HeadRows> heads;
  std::vector<StreamRows> streams;  // one a head
  FloatBuffer kernel_row;           // [rows]
  FloatBuffer partial;              // [kInputsAtATime * rows][16]: sums of the backward pass

 private:
  std::size_t rows_ = 0;
};

}  // namespace unmask

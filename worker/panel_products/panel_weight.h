// Products of float32 on processors that have AVX2 and nothing wider. oneDNN's kernels for these
// sum the last rows of a product in another order than the others, by how many there are, so that a
// picture's bits would depend on its place.
#pragma once

#include <cstdint>
#include <vector>

namespace unmask {

// The weights of one input for 16 outputs, zeros where there is none.
struct alignas(64) PanelRow {
  float weight[16] = {};
};

// A linear layer's weight, packed once. Immutable: any thread may multiply by it.
class PanelWeight {
 public:
  // Whether this processor is such a one, or ONEDNN_MAX_CPU_ISA, which pins the numerics class,
  // makes it one.
  static bool Wanted();

  // `weight` is [outputs, inputs]; the processor must have AVX2 and FMA.
  PanelWeight(const float* weight, std::int64_t outputs, std::int64_t inputs);

  // out = x weight^T + bias: [rows, inputs] -> [rows, outputs]. `bias` may be null. Every output is
  // one sum over the inputs in an order that their number fixes: 256 at a time, one after another.
  void Multiply(const float* x, std::int64_t rows, const float* bias, float* out) const;

 private:
  void AddBlock(const float* x, std::int64_t first, std::int64_t end, std::int64_t o,
                std::int64_t from, float* out) const;

  std::int64_t outputs_, inputs_;
  std::vector<PanelRow> panels_;  // [ceil(outputs / 16)][inputs]
};

}  // namespace unmask

// Products of float32 by AMX's tiles, which multiply bfloat16 only, at ten times the rate. A
// float32 is the sum of three bfloat16, its parts, to the last bit; of their nine products six
// count, the others lie below a float32's rounding (as in Henry, Tang and Heinecke, "Leveraging the
// bfloat16 artificial intelligence datatype for higher-precision computations", ARITH 2019).
#pragma once

#include <cstdint>
#include <vector>

namespace unmask {

// 16 rows of 32 bfloat16.
struct alignas(64) Tile {
  std::uint16_t number[16][32];
};

// The parts of 32 rows at 32 inputs: the upper 16 rows and the lower ones.
struct TileStep {
  Tile high[2], middle[2], low[2];
};

// A linear layer's weight, split once; it takes half as much room again. Immutable: any thread may
// multiply by it.
class SplitWeight {
 public:
  // Whether this processor has tiles and lets this process use them, and ONEDNN_MAX_CPU_ISA, which
  // pins the numerics class, does not exclude them.
  static bool Available();
  // Whole blocks of 32 only, which real models consist of.
  static bool Takes(std::int64_t outputs, std::int64_t inputs);

  // `weight` is [outputs, inputs], a shape that is taken; tiles must be available.
  SplitWeight(const float* weight, std::int64_t outputs, std::int64_t inputs);

  // out = x weight^T + bias: [rows, inputs] -> [rows, outputs]. `bias` may be null. Every output is
  // one sum over the inputs in an order that the weight's shape fixes.
  void Multiply(const float* x, std::int64_t rows, const float* bias, float* out) const;

 private:
  std::int64_t outputs_, inputs_;
  std::vector<TileStep> steps_;  // [outputs / 32][inputs / 32]; of a pair of inputs a row
};

}  // namespace unmask
